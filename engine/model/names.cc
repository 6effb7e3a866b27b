#include "engine/model/names.h"

#include <algorithm>

namespace hpaplus {
namespace {

constexpr std::size_t kLabelMost = 63;
constexpr std::size_t kSubdomainMost = 253;

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsLetterOrDigit(char c) {
  return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z');
}

bool IsDnsPart(std::string_view text) {
  return !text.empty() && IsLowerOrDigit(text.front()) && IsLowerOrDigit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

}  // namespace

bool IsDnsLabel(std::string_view text) {
  return text.size() <= kLabelMost && IsDnsPart(text);
}

bool IsDnsSubdomain(std::string_view text) {
  if (text.size() > kSubdomainMost) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!IsDnsPart(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsLabelKey(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return !text.empty() && IsLabelValue(text);
  const std::string_view name = text.substr(slash + 1);
  return IsDnsSubdomain(text.substr(0, slash)) && !name.empty() && IsLabelValue(name);
}

bool IsLabelValue(std::string_view text) {
  if (text.empty()) return true;
  const auto allowed = [](char c) {
    return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.';
  };
  return text.size() <= kLabelMost && IsLetterOrDigit(text.front()) &&
         IsLetterOrDigit(text.back()) && std::ranges::all_of(text, allowed);
}

}  // namespace hpaplus
