#include "engine/model/problem_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace hpaplus {
namespace {

// Shortest digits; Go changes to exponents below 1e-4 and from 1e21 on, with at least two digits.
std::string NumberText(double number) {
  const double size = std::abs(number);
  const bool scientific = size != 0 && (size < 1e-4 || size >= 1e21);
  std::array<char, 64> buffer{};
  const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format).ptr;
  return {buffer.data(), end};
}

}  // namespace

std::string Quoted(std::string_view text) {
  constexpr std::string_view kPlain = "abfnrtv";
  constexpr std::string_view kControl = "\a\b\f\n\r\t\v";
  std::string quoted = "\"";
  for (const char c : text) {
    if (const auto known = kControl.find(c); known != std::string_view::npos) {
      quoted += {'\\', kPlain[known]};
    } else if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string ValueText(const nlohmann::ordered_json& value) {
  if (value.is_string()) return Quoted(value.get_ref<const std::string&>());
  if (value.is_number_float()) return NumberText(value.get<double>());
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

FieldProblem InvalidValue(std::string path, std::string_view value_text, std::string_view detail) {
  const std::string shown = value_text.empty() ? "" : fmt::format(" {}:", value_text);
  return {std::move(path), fmt::format("Invalid value:{} {}", shown, detail),
          ProblemKind::kInvalid};
}

}  // namespace hpaplus
