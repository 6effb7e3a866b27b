#include "engine/model/json_fields.h"

#include <cmath>

#include <fmt/core.h>

namespace hpaplus {

using simdjson::SUCCESS;

JsonField JsonField::Field(std::string_view key) const {
  std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  JsonField field(std::move(path), *problem_);
  if (!present()) return field;
  simdjson::dom::object object;
  simdjson::dom::element value;
  if (element_->get_object().get(object) != SUCCESS) {
    Fail("is not an object");
  } else if (object.at_key(key).get(value) == SUCCESS && !value.is_null()) {
    field.element_ = value;
  }
  return field;
}

std::string JsonField::Text(std::string_view absent) const {
  std::string_view text = absent;
  if (present() && element_->get_string().get(text) != SUCCESS) Fail("is not a string");
  return std::string(text);
}

std::int64_t JsonField::Integer(std::int64_t absent, std::int64_t least, std::int64_t most) const {
  if (!present()) return absent;
  std::int64_t number = 0;
  double real = 0;
  if (element_->get_int64().get(number) != SUCCESS) {
    // An API server takes 5.0 for an integer too.
    constexpr double kExact = 0x1p53;
    const bool whole = element_->get_double().get(real) == SUCCESS && std::abs(real) < kExact &&
                       std::trunc(real) == real;
    if (!whole) {
      Fail("is not an integer");
      return absent;
    }
    number = static_cast<std::int64_t>(real);
  }
  if (number < least || number > most) {
    Fail(fmt::format("is {} and not in {} to {}", number, least, most));
    return absent;
  }
  return number;
}

std::optional<std::int32_t> JsonField::Int32() const {
  using Limits = std::numeric_limits<std::int32_t>;
  if (!present()) return std::nullopt;
  return static_cast<std::int32_t>(Integer(0, Limits::min(), Limits::max()));
}

std::optional<Duration> JsonField::Period(Duration least, Duration most) const {
  if (!present()) return std::nullopt;
  const auto duration = ParseDuration(Text());
  if (!duration) {
    Fail("is not a duration such as 800ms or 1h30m");
    return std::nullopt;
  }
  if (*duration < least || *duration > most) {
    Fail(fmt::format("is {} and not in {} to {}", FormatDuration(*duration), FormatDuration(least),
                     FormatDuration(most)));
  }
  return *duration;
}

std::optional<std::string> JsonField::AmountText() const {
  if (!present()) return std::nullopt;
  std::string text = element_->is_string() ? Text() : Json();
  if (Quantity::Parse(text)) return text;
  Fail("is not a quantity such as 250m, 1.5 or 64Mi");
  return std::nullopt;
}

std::optional<Quantity> JsonField::Amount() const {
  const auto text = AmountText();
  if (!text) return std::nullopt;
  return Quantity::Parse(*text)->Canonical();
}

std::optional<Timestamp> JsonField::Time() const {
  if (!present()) return std::nullopt;
  const auto at = ParseRfc3339(Text());
  if (at) return *at;
  Fail("is not a time such as 2026-11-23T14:02:17Z");
  return std::nullopt;
}

std::optional<double> JsonField::Number() const {
  double number = 0;
  if (!present()) return std::nullopt;
  if (element_->get_double().get(number) == SUCCESS) return number;
  Fail("is not a number");
  return std::nullopt;
}

bool JsonField::Flag(bool absent) const {
  bool flag = absent;
  if (present() && element_->get_bool().get(flag) != SUCCESS) Fail("is not true or false");
  return flag;
}

std::string JsonField::Json() const {
  return present() ? simdjson::minify(*element_) : "null";
}

std::string JsonField::Required() const {
  std::string text = Text();
  if (text.empty()) Fail(present() ? "is empty" : "is missing");
  return text;
}

void JsonField::Fail(std::string_view what) const {
  if (!problem_->empty()) return;
  *problem_ = fmt::format("{} {}", path_.empty() ? "the document" : path_, what);
}

Status JsonDocument::Parse(std::string_view text, std::size_t most) {
  if (text.size() > most) {
    return Error{ErrorCode::kMalformedData, fmt::format("json: longer than {} MiB", most >> 20U)};
  }
  const auto error = parser_.parse(text.data(), text.size()).get(root_);
  if (error == SUCCESS) return Done{};
  return Error{ErrorCode::kMalformedData, fmt::format("json: {}", simdjson::error_message(error))};
}

}  // namespace hpaplus
