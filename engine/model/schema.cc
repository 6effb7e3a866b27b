#include "engine/model/schema.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "engine/model/schema_node.h"

namespace hpaplus {

using Json = nlohmann::ordered_json;
using Node = Schema::Node;

Schema::Node::Node() = default;
Schema::Node::~Node() = default;

namespace {

constexpr int kDepthMost = 64;

// Reads keywords of one schema object; the first that has the wrong type is remembered.
class Keywords {
 public:
  Keywords(const Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  void Read(const char* key, std::string& into) {
    if (const Json* value = Find(key, &Json::is_string)) into = value->get<std::string>();
  }
  void Read(const char* key, bool& into) {
    if (const Json* value = Find(key, &Json::is_boolean)) into = value->get<bool>();
  }
  void Read(const char* key, std::optional<double>& into) {
    if (const Json* value = Find(key, &Json::is_number)) into = value->get<double>();
  }
  void Read(const char* key, std::optional<std::int64_t>& into) {
    if (const Json* value = Find(key, &Json::is_number_integer)) into = value->get<std::int64_t>();
  }
  void Read(const char* key, std::vector<std::string>& into) {
    const Json* value = Find(key, &Json::is_array);
    if (value == nullptr) return;
    for (const Json& item : *value) {
      if (item.is_string()) {
        into.push_back(item.get<std::string>());
      } else {
        Fail(key);
      }
    }
  }

  // Null when it is absent, or, which is a problem, of another type.
  const Json* Find(const char* key, bool (Json::*is_type)() const noexcept) {
    const auto found = object_.find(key);
    if (found == object_.end()) return nullptr;
    if (((*found).*is_type)()) return &*found;
    Fail(key);
    return nullptr;
  }

  [[nodiscard]] bool Has(const char* key) const { return object_.contains(key); }
  [[nodiscard]] const std::string& problem() const { return problem_; }

  void Fail(std::string_view key) {
    if (problem_.empty()) problem_ = fmt::format("{}.{} has the wrong type", path_, key);
  }

 private:
  const Json& object_;
  const std::string path_;
  std::string problem_;
};

class Compiler {
 public:
  std::shared_ptr<const Node> Compile(const Json& schema, const std::string& path, int depth) {
    auto node = std::make_shared<Node>();
    if (!schema.is_object() || depth > kDepthMost) {
      Fail(path + (schema.is_object() ? " is nested too deeply" : " is not an object"));
      return node;
    }
    Keywords keywords(schema, path);
    ReadScalars(keywords, *node);
    ReadValues(keywords, *node);
    if (const auto value = schema.find("default"); value != schema.end()) {
      node->default_value = std::make_unique<const Json>(*value);
    }
    CompilePattern(path, *node);
    if (const Json* properties = keywords.Find("properties", &Json::is_object)) {
      for (const auto& [name, property] : properties->items())
        node->properties[name] = Inner(property, path + ".properties." + name, depth, *node);
    }
    if (const Json* items = keywords.Find("items", &Json::is_object)) {
      node->items = Inner(*items, path + ".items", depth, *node);
    }
    ReadAdditional(schema, path, depth, *node);
    if (!keywords.problem().empty()) Fail(keywords.problem());
    return node;
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void Fail(std::string what) {
    if (problem_.empty()) problem_ = std::move(what);
  }

  std::shared_ptr<const Node> Inner(const Json& schema, const std::string& path, int depth,
                                    Node& outer) {
    auto inner = Compile(schema, path, depth + 1);
    outer.has_rules = outer.has_rules || inner->has_rules;
    outer.leaves_out = outer.leaves_out || inner->leaves_out;
    return inner;
  }

  static void ReadScalars(Keywords& keywords, Node& node) {
    keywords.Read("type", node.type);
    keywords.Read("format", node.format);
    keywords.Read("nullable", node.nullable);
    keywords.Read("pattern", node.pattern);
    keywords.Read("minimum", node.minimum);
    keywords.Read("maximum", node.maximum);
    keywords.Read("exclusiveMinimum", node.exclusive_minimum);
    keywords.Read("exclusiveMaximum", node.exclusive_maximum);
    keywords.Read("multipleOf", node.multiple_of);
    keywords.Read("minLength", node.min_length);
    keywords.Read("maxLength", node.max_length);
    keywords.Read("minItems", node.min_items);
    keywords.Read("maxItems", node.max_items);
    keywords.Read("uniqueItems", node.unique_items);
    keywords.Read("minProperties", node.min_properties);
    keywords.Read("maxProperties", node.max_properties);
    keywords.Read("required", node.required);
    keywords.Read("x-kubernetes-int-or-string", node.int_or_string);
    keywords.Read("x-kubernetes-preserve-unknown-fields", node.preserve_unknown);
    keywords.Read("x-kubernetes-embedded-resource", node.embedded_resource);
    keywords.Read("x-kubernetes-list-type", node.list_type);
    keywords.Read("x-kubernetes-list-map-keys", node.list_keys);
  }

  static void ReadValues(Keywords& keywords, Node& node) {
    const auto any = &Json::is_structured;
    if (const Json* values = keywords.Find("enum", &Json::is_array)) {
      node.enumeration = std::make_unique<const Json>(*values);
    }
    if (const Json* rules = keywords.Find("x-kubernetes-validations", any)) {
      node.has_rules = !rules->empty();
    }
    const bool combined = keywords.Has("allOf") || keywords.Has("oneOf") || keywords.Has("not") ||
                          (keywords.Has("anyOf") && !node.int_or_string);
    node.leaves_out = combined || keywords.Has("patternProperties");
  }

  void CompilePattern(const std::string& path, Node& node) {
    if (node.pattern.empty()) return;
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto compiled = std::make_unique<const re2::RE2>(node.pattern, options);
    if (!compiled->ok()) {
      Fail(fmt::format("{}.pattern does not compile: {}", path, compiled->error()));
      return;
    }
    node.compiled_pattern = std::move(compiled);
  }

  void ReadAdditional(const Json& schema, const std::string& path, int depth, Node& node) {
    const auto additional = schema.find("additionalProperties");
    if (additional == schema.end()) return;
    if (additional->is_object()) {
      node.additional = Inner(*additional, path + ".additionalProperties", depth, node);
    } else if (additional->is_boolean() && additional->get<bool>()) {
      auto anything = std::make_shared<Node>();
      anything->preserve_unknown = true;
      node.additional = std::move(anything);
    }
  }

  std::string problem_;
};

bool IsMeta(const std::string& key) {
  return key == "apiVersion" || key == "kind" || key == "metadata";
}

std::string Joined(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

void PruneNode(const Node* node, Json& value, const std::string& path,
               std::vector<std::string>& unknown);

void PruneObject(const Node* node, Json& value, const std::string& path,
                 std::vector<std::string>& unknown) {
  const bool keeps_meta = path.empty() || (node != nullptr && node->embedded_resource);
  const bool preserves = node != nullptr && node->preserve_unknown;
  std::vector<std::string> gone;
  for (const auto& [key, member] : value.items()) {
    if (keeps_meta && IsMeta(key)) continue;
    const auto property =
        node == nullptr ? decltype(node->properties)::const_iterator() : node->properties.find(key);
    if (node != nullptr && property != node->properties.end()) {
      PruneNode(property->second.get(), member, Joined(path, key), unknown);
    } else if (node != nullptr && node->additional != nullptr) {
      PruneNode(node->additional.get(), member, Joined(path, key), unknown);
    } else if (!preserves) {
      gone.push_back(key);
    }
  }
  for (const std::string& key : gone) {
    value.erase(key);
    unknown.push_back(Joined(path, key));
  }
}

// A null node knows nothing.
void PruneNode(const Node* node, Json& value, const std::string& path,
               std::vector<std::string>& unknown) {
  if (value.is_object()) {
    PruneObject(node, value, path, unknown);
  } else if (value.is_array()) {
    const bool preserves = node != nullptr && node->preserve_unknown;
    const Node* items = node != nullptr ? node->items.get() : nullptr;
    if (items == nullptr && preserves) return;
    for (std::size_t i = 0; i < value.size(); ++i)
      PruneNode(items, value[i], fmt::format("{}[{}]", path, i), unknown);
  }
}

void DefaultNode(const Node& node, Json& value);

// A null that is not allowed gives way to the default.
void SettleNull(const Node& node, Json& value) {
  if (value.is_null() && !node.nullable && node.default_value != nullptr) {
    value = *node.default_value;
  }
}

void DefaultObject(const Node& node, Json& value) {
  for (const auto& [name, property] : node.properties) {
    const auto member = value.find(name);
    const bool absent = member == value.end() || (member->is_null() && !property->nullable);
    if (!absent) continue;
    if (property->default_value != nullptr) {
      value[name] = *property->default_value;
    } else if (member != value.end()) {
      value.erase(name);
    }
  }
  std::vector<std::string> gone;
  for (const auto& [key, member] : value.items()) {
    const auto property = node.properties.find(key);
    if (property != node.properties.end()) {
      DefaultNode(*property->second, member);
    } else if (node.additional != nullptr) {
      SettleNull(*node.additional, member);
      DefaultNode(*node.additional, member);
      if (member.is_null() && !node.additional->nullable) gone.push_back(key);
    }
  }
  for (const std::string& key : gone)
    value.erase(key);
}

void DefaultNode(const Node& node, Json& value) {
  if (value.is_object()) {
    DefaultObject(node, value);
  } else if (value.is_array() && node.items != nullptr) {
    for (Json& item : value) {
      SettleNull(*node.items, item);
      DefaultNode(*node.items, item);
    }
  }
}

}  // namespace

Result<Schema> Schema::Create(const nlohmann::ordered_json& schema) {
  Compiler compiler;
  auto root = compiler.Compile(schema, "openAPIV3Schema", 0);
  if (!compiler.problem().empty()) {
    return Error{ErrorCode::kInvalidArgument, "schema: " + compiler.problem()};
  }
  return Schema(std::move(root));
}

std::vector<std::string> Schema::Prune(nlohmann::ordered_json& object) const {
  std::vector<std::string> unknown;
  PruneNode(root_.get(), object, "", unknown);
  std::ranges::sort(unknown);
  return unknown;
}

void Schema::Default(nlohmann::ordered_json& object) const {
  DefaultNode(*root_, object);
}

std::vector<FieldProblem> Schema::Validate(const nlohmann::ordered_json& object) const {
  std::vector<FieldProblem> problems;
  ValidateNode(*root_, object, "", problems);
  std::ranges::stable_sort(problems, {}, &FieldProblem::path);
  return problems;
}

bool Schema::has_rules() const {
  return root_->has_rules;
}

bool Schema::checks_everything() const {
  return !root_->leaves_out;
}

std::string_view ProblemReason(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kInvalid:
      return "FieldValueInvalid";
    case ProblemKind::kTypeInvalid:
      return "FieldValueTypeInvalid";
    case ProblemKind::kRequired:
      return "FieldValueRequired";
    case ProblemKind::kNotSupported:
      return "FieldValueNotSupported";
    case ProblemKind::kTooLong:
      return "FieldValueTooLong";
    case ProblemKind::kTooMany:
      return "FieldValueTooMany";
    case ProblemKind::kDuplicate:
      return "FieldValueDuplicate";
    case ProblemKind::kUnknownField:
      return "UnknownField";
    case ProblemKind::kUnknownKind:
      return "UnknownKind";
  }
  return "Unknown";
}

}  // namespace hpaplus
