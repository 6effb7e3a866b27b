#include "engine/shell/http_head.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace hpaplus {
namespace {

constexpr std::size_t kMostHeaders = 64;

Error Malformed(std::string what) {
  return {ErrorCode::kMalformedData, std::move(what)};
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsToken(std::string_view text) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    const char lower = Lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

// Visible characters, and between them what a header may have besides.
bool IsText(std::string_view text, bool blanks) {
  return std::ranges::all_of(text, [blanks](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte > 0x20 && byte != 0x7F) || (blanks && (c == ' ' || c == '\t'));
  });
}

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

bool SameIgnoringCase(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower, {}, Lower);
}

Status ReadRequestLine(std::string_view line, ParsedHead& parsed) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Malformed("no request line");
  const std::string_view version = line.substr(last + 1);
  std::string_view target = line.substr(first + 1, last - first - 1);
  parsed.head.method = line.substr(0, first);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Malformed("no version of HTTP/1");
  if (!IsToken(parsed.head.method)) return Malformed("no method");
  if (!target.starts_with('/') || !IsText(target, false)) return Malformed("no path");
  parsed.keep_alive = version == "HTTP/1.1";
  const std::size_t mark = std::min(target.find('?'), target.size());
  parsed.head.path = target.substr(0, mark);
  target.remove_prefix(std::min(mark + 1, target.size()));
  parsed.head.query = target;
  return Done{};
}

Status ReadHeader(std::string_view line, ParsedHead& parsed) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  if (colon == line.size() || !IsToken(line.substr(0, colon))) {
    return Malformed("a header without a name");
  }
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (!IsText(value, true)) return Malformed("a header with a control character");
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), Lower);
  if (parsed.head.headers.size() == kMostHeaders) return Malformed("too many headers");
  parsed.head.headers.emplace_back(std::move(name), value);
  return Done{};
}

Status ReadLength(ParsedHead& parsed) {
  bool known = false;
  for (const auto& [name, value] : parsed.head.headers) {
    if (name == "transfer-encoding") {
      return Error{ErrorCode::kInvalidArgument, "a body without Content-Length is not taken"};
    }
    if (name != "content-length") continue;
    std::size_t length = 0;
    const char* const end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, length);
    if (known || value.empty() || stopped != end || error != std::errc()) {
      return Malformed("a Content-Length that is none");
    }
    parsed.head.content_length = length;
    known = true;
  }
  return Done{};
}

}  // namespace

Result<std::optional<ParsedHead>> ParseHttpHead(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::optional<ParsedHead>();
  ParsedHead parsed;
  parsed.size = end + 4;
  std::string_view rest = bytes.substr(0, end + 2);
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end + 2);
    const Status read = first ? ReadRequestLine(line, parsed) : ReadHeader(line, parsed);
    if (!read) return read.error();
  }
  if (const Status read = ReadLength(parsed); !read) return read.error();
  const std::string_view connection = parsed.head.Header("connection");
  if (SameIgnoringCase(connection, "close")) parsed.keep_alive = false;
  parsed.expects_continue = SameIgnoringCase(parsed.head.Header("expect"), "100-continue");
  return std::optional<ParsedHead>(std::move(parsed));
}

}  // namespace hpaplus
