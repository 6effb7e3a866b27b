#include "engine/rehearse/yaml_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace hpaplus::rehearse {
namespace {

using Json = nlohmann::ordered_json;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Whether a text without quotes is the same text for every reader of YAML.
bool IsPlain(const std::string& text) {
  constexpr std::array<std::string_view, 9> kWords = {"true", "false", "null", "yes", "no",
                                                      "on",   "off",   "y",    "n"};
  const auto harmless = [](char c) {
    return IsLetter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
  };
  if (text.empty() || !IsLetter(text.front()) || !std::ranges::all_of(text, harmless)) return false;
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::count(kWords, std::string_view(lower)) == 0;
}

std::string Scalar(const Json& value) {
  if (value.is_string() && IsPlain(value.get_ref<const std::string&>())) return value;
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Write(const Json& value, const std::string& indent, bool first_inline, std::string& out);

void WriteBelow(const Json& value, const std::string& indent, std::string& out) {
  if (value.is_structured() && !value.empty()) {
    out += "\n";
    Write(value, indent, false, out);
  } else {
    out += " " + Scalar(value) + "\n";
  }
}

// With `first_inline` the first line's indent has been written already.
void Write(const Json& value, const std::string& indent, bool first_inline, std::string& out) {
  bool skips = first_inline;
  for (const auto& [key, item] : value.items()) {
    if (!std::exchange(skips, false)) out += indent;
    if (value.is_object()) {
      out += Scalar(Json(key)) + ":";
      // A list may stand as far left as its key.
      WriteBelow(item, item.is_array() ? indent : indent + "  ", out);
    } else if (item.is_structured() && !item.empty()) {
      out += "- ";
      Write(item, indent + "  ", true, out);
    } else {
      out += "- " + Scalar(item) + "\n";
    }
  }
}

}  // namespace

std::string YamlOf(std::string_view json) {
  const Json value = Json::parse(json);
  if (!value.is_structured() || value.empty()) return Scalar(value) + "\n";
  std::string out;
  Write(value, "", false, out);
  return out;
}

}  // namespace hpaplus::rehearse
