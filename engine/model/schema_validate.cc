#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "engine/model/problem_text.h"
#include "engine/model/schema_format.h"
#include "engine/model/schema_node.h"

// The sentences below are those of Kubernetes' API server, so that people and programs read the
// same complaint wherever an object is checked.

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;
using Node = Schema::Node;
using Problems = std::vector<FieldProblem>;

struct TypeName {
  std::string_view name;
  std::string_view format;
};

TypeName TypeOf(const Json& value) {
  if (value.is_string()) return {"string", ""};
  if (value.is_boolean()) return {"boolean", ""};
  if (value.is_number_integer()) return {"integer", "int64"};
  if (value.is_number_float()) return {"number", "float64"};
  if (value.is_array()) return {"array", ""};
  if (value.is_object()) return {"object", ""};
  return {"null", ""};
}

bool IsWholeNumber(const Json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return std::abs(number) < 0x1p53 && std::trunc(number) == number;
}

// A format that takes part in checking the type, as it stands in a complaint.
std::string CheckedFormat(const Node& node) {
  const bool known = node.type == "integer" ? node.format == "int32" || node.format == "int64"
                     : node.type == "number"
                         ? node.format == "float" || node.format == "double"
                         : node.type == "string" && IsCheckedFormat(node.format);
  return known ? node.format : "";
}

bool TypeFits(const Node& node, const Json& value) {
  if (node.int_or_string) return value.is_string() || value.is_number_integer();
  if (node.type == "integer") return IsWholeNumber(value);
  if (node.type == "number") return value.is_number();
  return node.type.empty() || node.type == TypeOf(value).name;
}

// False: nothing more can be said about the value.
bool CheckType(const Node& node, const Json& value, const std::string& path, Problems& problems) {
  if (value.is_null() && node.nullable) return false;
  if (TypeFits(node, value)) return true;
  const TypeName actual = TypeOf(value);
  const std::string format = CheckedFormat(node);
  const bool by_format =
      !format.empty() && !value.is_string() && !value.is_array() && !value.is_null();
  const std::string expected = by_format            ? format
                               : node.int_or_string ? "integer,string"
                                                    : node.type;
  const std::string_view shown = by_format ? actual.format : actual.name;
  problems.push_back(
      {path,
       fmt::format("Invalid value: \"{0}\": {1} in body must be of type {2}: \"{0}\"", shown, path,
                   expected),
       ProblemKind::kTypeInvalid});
  return false;
}

std::size_t CountCharacters(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

void CheckString(const Node& node, const std::string& text, const std::string& path,
                 Problems& problems) {
  const auto length = static_cast<std::int64_t>(CountCharacters(text));
  if (node.max_length && length > *node.max_length) {
    problems.push_back({path,
                        fmt::format("Too long: may not be more than {} byte{}", *node.max_length,
                                    *node.max_length == 1 ? "" : "s"),
                        ProblemKind::kTooLong});
  } else if (node.min_length && length < *node.min_length) {
    const auto detail =
        fmt::format("{} in body should be at least {} chars long", path, *node.min_length);
    problems.push_back(InvalidValue(path, Quoted(text), detail));
  } else if (node.compiled_pattern != nullptr &&
             !re2::RE2::PartialMatch(text, *node.compiled_pattern)) {
    const auto detail = fmt::format("{} in body should match '{}'", path, node.pattern);
    problems.push_back(InvalidValue(path, Quoted(text), detail));
  }
  if (node.type == "string" && IsCheckedFormat(node.format) && !HasFormat(text, node.format)) {
    problems.push_back({path,
                        fmt::format("Invalid value: {0}: {1} in body must be of type {2}: {0}",
                                    Quoted(text), path, node.format),
                        ProblemKind::kTypeInvalid});
  }
}

std::string BoundText(double bound) {
  return ValueText(Json(bound));
}

void CheckNumber(const Node& node, const Json& value, const std::string& path, Problems& problems) {
  const double number = value.get<double>();
  const auto complain = [&](const std::string& what) {
    problems.push_back(InvalidValue(path, ValueText(value), path + " in body should be " + what));
  };
  if (node.type == "integer" && node.format == "int32" &&
      (number > std::numeric_limits<std::int32_t>::max() ||
       number < std::numeric_limits<std::int32_t>::min())) {
    problems.push_back(InvalidValue(
        path, "\"\"",
        fmt::format("Checked value must be of type integer with format int32 in {}", path)));
  }
  if (node.multiple_of && std::fmod(number, *node.multiple_of) != 0) {
    complain("a multiple of " + BoundText(*node.multiple_of));
  }
  if (node.minimum &&
      (number < *node.minimum || (node.exclusive_minimum && number == *node.minimum))) {
    complain((node.exclusive_minimum ? "greater than " : "greater than or equal to ") +
             BoundText(*node.minimum));
  }
  if (node.maximum &&
      (number > *node.maximum || (node.exclusive_maximum && number == *node.maximum))) {
    complain((node.exclusive_maximum ? "less than " : "less than or equal to ") +
             BoundText(*node.maximum));
  }
}

FieldProblem TooMany(const std::string& path, std::size_t count, std::int64_t most) {
  return {
      path,
      fmt::format("Too many: {}: must have at most {} item{}", count, most, most == 1 ? "" : "s"),
      ProblemKind::kTooMany};
}

// The part of a list's element that must be unique; null: all of it.
Json KeyOf(const Node& node, const Json& item) {
  if (node.list_type != "map") return item;
  Json key = Json::object();
  for (const std::string& name : node.list_keys) {
    if (item.is_object() && item.contains(name)) key[name] = item[name];
  }
  return key;
}

void CheckDuplicates(const Node& node, const Json& value, const std::string& path,
                     Problems& problems) {
  std::set<std::string> seen;
  std::set<std::string> told;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string key = ValueText(KeyOf(node, value[i]));
    if (seen.insert(key).second || !told.insert(key).second) continue;
    problems.push_back(
        {fmt::format("{}[{}]", path, i), "Duplicate value: " + key, ProblemKind::kDuplicate});
  }
}

void CheckArray(const Node& node, const Json& value, const std::string& path, Problems& problems) {
  const auto size = static_cast<std::int64_t>(value.size());
  if (node.items != nullptr) {
    for (std::size_t i = 0; i < value.size(); ++i)
      ValidateNode(*node.items, value[i], fmt::format("{}[{}]", path, i), problems);
  }
  if (node.min_items && size < *node.min_items) {
    const auto detail =
        fmt::format("{} in body should have at least {} items", path, *node.min_items);
    problems.push_back(InvalidValue(path, std::to_string(size), detail));
  }
  if (node.max_items && size > *node.max_items) {
    problems.push_back(TooMany(path, value.size(), *node.max_items));
    return;  // Looking for duplicates in it may cost more than it is worth.
  }
  if (node.list_type == "set" || node.list_type == "map" || node.unique_items) {
    CheckDuplicates(node, value, path, problems);
  }
}

void CheckObject(const Node& node, const Json& value, const std::string& path, Problems& problems) {
  const std::string dot = path.empty() ? "" : path + ".";
  const auto size = static_cast<std::int64_t>(value.size());
  if (node.min_properties && size < *node.min_properties) {
    const auto detail =
        fmt::format("{} in body should have at least {} properties", path, *node.min_properties);
    problems.push_back(InvalidValue(path, std::to_string(size), detail));
  }
  if (node.max_properties && size > *node.max_properties) {
    problems.push_back(TooMany(path, value.size(), *node.max_properties));
  }
  for (const auto& [key, member] : value.items()) {
    const auto property = node.properties.find(key);
    if (property != node.properties.end()) {
      ValidateNode(*property->second, member, dot + key, problems);
    } else if (node.additional != nullptr) {
      ValidateNode(*node.additional, member, dot + key, problems);
    }
  }
  for (const std::string& name : node.required) {
    if (!value.contains(name)) {
      problems.push_back({dot + name, "Required value", ProblemKind::kRequired});
    }
  }
}

void CheckEnum(const Node& node, const Json& value, const std::string& path, Problems& problems) {
  if (node.enumeration == nullptr) return;
  std::string supported;
  for (const Json& allowed : *node.enumeration) {
    if (allowed == value) return;
    supported += (supported.empty() ? "" : ", ") +
                 Quoted(allowed.is_string() ? allowed.get<std::string>() : ValueText(allowed));
  }
  problems.push_back(
      {path,
       fmt::format("Unsupported value: {}: supported values: {}", ValueText(value), supported),
       ProblemKind::kNotSupported});
}

}  // namespace

void ValidateNode(const Node& node, const Json& value, const std::string& path,
                  Problems& problems) {
  const bool typed = CheckType(node, value, path, problems);
  CheckEnum(node, value, path, problems);
  if (!typed) return;
  if (value.is_string()) {
    CheckString(node, value.get_ref<const std::string&>(), path, problems);
  } else if (value.is_number()) {
    CheckNumber(node, value, path, problems);
  } else if (value.is_array()) {
    CheckArray(node, value, path, problems);
  } else if (value.is_object()) {
    CheckObject(node, value, path, problems);
  }
}

}  // namespace hpaplus
