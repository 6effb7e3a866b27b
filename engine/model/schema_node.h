#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/model/schema.h"

namespace re2 {
class RE2;
}

namespace hpaplus {

/// One part of a schema, compiled. Internal to the schema: what schema.cc reads, schema_validate.cc
/// checks against.
struct Schema::Node {
  Node();
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] bool is_number() const { return type == "integer" || type == "number"; }

  std::string type;  // Empty: any.
  std::string format;
  bool int_or_string = false;
  bool nullable = false;
  bool preserve_unknown = false;
  bool embedded_resource = false;

  std::map<std::string, std::shared_ptr<const Node>> properties;
  std::shared_ptr<const Node> additional;  // additionalProperties; null: none are allowed.
  std::shared_ptr<const Node> items;
  std::vector<std::string> required;

  std::unique_ptr<const nlohmann::ordered_json> default_value;
  std::unique_ptr<const nlohmann::ordered_json> enumeration;  // An array.
  std::string pattern;
  std::unique_ptr<const re2::RE2> compiled_pattern;
  std::optional<double> minimum;
  std::optional<double> maximum;
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  std::optional<double> multiple_of;
  std::optional<std::int64_t> min_length;
  std::optional<std::int64_t> max_length;
  std::optional<std::int64_t> min_items;
  std::optional<std::int64_t> max_items;
  bool unique_items = false;
  std::optional<std::int64_t> min_properties;
  std::optional<std::int64_t> max_properties;
  std::string list_type;  // "set", "map", or empty.
  std::vector<std::string> list_keys;

  bool has_rules = false;   // Here or below.
  bool leaves_out = false;  // Keywords that nothing evaluates, here or below.
};

/// The problems of `value` and what is in it, in no particular order.
void ValidateNode(const Schema::Node& node, const nlohmann::ordered_json& value,
                  const std::string& path, std::vector<FieldProblem>& problems);

}  // namespace hpaplus
