#include "engine/core/selector_check.h"

#include <string_view>

#include "engine/model/label_selector.h"

namespace hpaplus {
namespace {

constexpr std::size_t kNameMost = 63;

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A label's name or value without anything unusual; some that are fine are not plain.
bool IsPlain(std::string_view text) {
  if (text.empty() || text.size() > kNameMost) return false;
  if (!IsAlphanumeric(text.front()) || !IsAlphanumeric(text.back())) return false;
  for (const char c : text) {
    if (!IsAlphanumeric(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

bool IsPlainSelector(std::string_view text) {
  while (true) {
    const std::string_view part = text.substr(0, text.find(','));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return false;
    if (!IsPlain(part.substr(0, equals)) || !IsPlain(part.substr(equals + 1))) return false;
    if (part.size() == text.size()) return true;
    text.remove_prefix(part.size() + 1);
  }
}

}  // namespace

bool IsUsableSelector(const std::optional<std::string>& selector) {
  if (!selector || selector->empty()) return false;
  return IsPlainSelector(*selector) || ParseSelector(*selector).has_value();
}

}  // namespace hpaplus
