#include "engine/model/quota_original.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace hpaplus {

std::map<std::string, std::optional<Amount>> ReadOriginal(const std::string& recorded) {
  std::map<std::string, std::optional<Amount>> out;
  std::string_view rest = recorded;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const std::size_t equals = item.rfind('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string_view text = item.substr(equals + 1);
    const std::string key(item.substr(0, equals));
    if (text == "none") {
      out[key] = std::nullopt;
      continue;
    }
    Amount amount = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, amount);
    if (parsed.ec == std::errc() && parsed.ptr == end && amount >= 0) out[key] = amount;
  }
  return out;
}

std::string RecordOriginal(const std::string& recorded, const QuotaSpec& spec,
                           const QuotaAmounts& hard) {
  auto original = ReadOriginal(recorded);
  for (const QuotaResource& one : spec.resources) {
    if (original.contains(one.name)) continue;
    const auto now = hard.find(one.name);
    original[one.name] = now == hard.end() ? std::nullopt : std::optional(now->second);
  }
  std::string out;
  for (const auto& [key, amount] : original) {
    out += (out.empty() ? "" : " ") + key + "=" + (amount ? std::to_string(*amount) : "none");
  }
  return out;
}

}  // namespace hpaplus
