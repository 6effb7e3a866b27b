#include "engine/embedded/continue_token.h"

#include <nlohmann/json.hpp>

#include "engine/embedded/json.h"

namespace hpaplus::embedded {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int kBitsPerDigit = 6;
constexpr int kBitsPerByte = 8;

std::string Encode(std::string_view bytes) {
  std::string text;
  unsigned pending = 0;
  int bits = 0;
  for (const char c : bytes) {
    pending = (pending << kBitsPerByte) | static_cast<unsigned char>(c);
    bits += kBitsPerByte;
    while (bits >= kBitsPerDigit) {
      bits -= kBitsPerDigit;
      text += kAlphabet[(pending >> bits) & 0x3FU];
    }
  }
  if (bits > 0) text += kAlphabet[(pending << (kBitsPerDigit - bits)) & 0x3FU];
  return text;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string bytes;
  unsigned pending = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    pending = (pending << kBitsPerDigit) | static_cast<unsigned>(digit);
    bits += kBitsPerDigit;
    if (bits < kBitsPerByte) continue;
    bits -= kBitsPerByte;
    bytes += static_cast<char>((pending >> bits) & 0xFFU);
  }
  return bytes;
}

}  // namespace

Result<ContinueToken> ContinueToken::Parse(std::string_view text) {
  const Error bad{ErrorCode::kInvalidArgument, "continue key is not valid"};
  constexpr std::size_t kLengthMax = 2048;
  if (text.size() > kLengthMax) return bad;
  const std::optional<std::string> bytes = Decode(text);
  if (!bytes) return bad;
  const Result<ParsedJson> parsed = ParseJson(*bytes);
  if (!parsed) return Error{bad.code, bad.message + ": " + parsed.error().message};
  const Json& json = *parsed->value;
  ContinueToken token;
  token.start = Text(json, "start");
  if (token.start.empty()) return bad;
  const std::int64_t version = Int(json, "rv", -1);
  if (version >= 0) token.version = static_cast<std::uint64_t>(version);
  return token;
}

std::string ContinueToken::ToString() const {
  const std::int64_t number = version ? static_cast<std::int64_t>(*version) : -1;
  return Encode(Dump(Json{{"rv", number}, {"start", start}}));
}

}  // namespace hpaplus::embedded
