#include "engine/model/rule_checks.h"

#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "engine/model/problem_text.h"
#include "engine/model/schema_format.h"

namespace hpaplus {

const RuleChecks::Json* RuleChecks::Find(const Json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(key);
  return found == object->end() || found->is_null() ? nullptr : &*found;
}

std::string RuleChecks::TextOf(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<Duration> RuleChecks::DurationOf(const Json* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return ReadLooseDuration(value->get_ref<const std::string&>());
}

std::optional<Quantity> RuleChecks::QuantityOf(const Json* value) {
  if (value == nullptr || !(value->is_string() || value->is_number_integer())) return std::nullopt;
  const auto quantity = Quantity::Parse(value->is_string() ? TextOf(value) : ValueText(*value));
  if (!quantity) return std::nullopt;
  return *quantity;
}

bool RuleChecks::IsWhole(const Json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

int RuleChecks::Count(const Json* object, std::initializer_list<const char*> keys) {
  int count = 0;
  for (const char* key : keys)
    count += Find(object, key) != nullptr ? 1 : 0;
  return count;
}

void RuleChecks::Refuse(std::string path, std::string_view message) {
  problems_.push_back(InvalidValue(std::move(path), "", message));
}

void RuleChecks::Refuse(const std::string& path, const Json& value, const std::string& message) {
  problems_.push_back(InvalidValue(path, ValueText(value), message));
}

void RuleChecks::RefuseFloat(const std::string& path, std::string_view rule) {
  const auto message =
      fmt::format("invalid data, expected int, got float64 evaluating rule: {}", rule);
  problems_.push_back(InvalidValue(path, "\"object\"", message));
}

void RuleChecks::CheckDuration(const Json* value, const std::string& path, const std::string& least,
                               const std::string& most) {
  const auto duration = DurationOf(value);
  if (!duration) return;
  if (*duration < *ParseDuration(least)) Refuse(path, *value, "must be at least " + least);
  if (*duration > *ParseDuration(most)) Refuse(path, *value, "must be at most " + most);
}

void RuleChecks::CheckQuantity(const Json* value, const std::string& path, const std::string& least,
                               const std::string& most) {
  const auto quantity = QuantityOf(value);
  if (!quantity) return;
  if (*quantity < *Quantity::Parse(least)) Refuse(path, *value, "must be at least " + least);
  if (*quantity > *Quantity::Parse(most)) Refuse(path, *value, "must be at most " + most);
}

}  // namespace hpaplus
