#include "engine/model/spec_check.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/model/crds.h"
#include "engine/model/json_tree.h"
#include "engine/model/names.h"
#include "engine/model/problem_text.h"
#include "engine/model/schema.h"
#include "engine/model/spec_json.h"
#include "engine/model/yaml_json.h"

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;
using Problems = std::vector<FieldProblem>;

// By kind. The files are part of the binary: that one of them cannot be read is a bug.
std::map<std::string, Schema> ReadSchemas() {
  std::map<std::string, Schema> schemas;
  for (const EmbeddedFile& file : EmbeddedCrds()) {
    const auto documents = ParseYaml(file.text);
    HPAPLUS_CHECK(documents.has_value() && documents->size() == 1);
    const Json crd = Json::parse(documents->front().json, nullptr, false);
    const Json::json_pointer place("/spec/versions/0/schema/openAPIV3Schema");
    HPAPLUS_CHECK(crd.contains(place) && crd.contains("/spec/names/kind"_json_pointer));
    auto schema = Schema::Create(crd[place]);
    HPAPLUS_CHECK(schema.has_value());
    schemas.emplace(crd["spec"]["names"]["kind"].get<std::string>(), *std::move(schema));
  }
  return schemas;
}

const Schema* SchemaOf(const std::string& kind) {
  static const auto* const schemas = new std::map<std::string, Schema>(ReadSchemas());
  const auto found = schemas->find(kind);
  return found == schemas->end() ? nullptr : &found->second;
}

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

FieldProblem UnknownKind(std::string path, std::string message) {
  return {std::move(path), std::move(message), ProblemKind::kUnknownKind};
}

// Of all kinds alike: labels and annotations.
void CheckTexts(const Json& metadata, const std::string& key, bool as_labels, Problems& problems) {
  const auto texts = metadata.find(key);
  if (texts == metadata.end() || texts->is_null()) return;
  const std::string path = "metadata." + key;
  if (!texts->is_object()) {
    problems.push_back({path, "must be an object", ProblemKind::kTypeInvalid});
    return;
  }
  for (const auto& [name, value] : texts->items()) {
    const std::string place = path + "." + name;
    if (!value.is_string()) {
      problems.push_back({place, "must be a string: quote it", ProblemKind::kTypeInvalid});
    } else if (as_labels && !IsLabelValue(value.get_ref<const std::string&>())) {
      problems.push_back(InvalidValue(place, ValueText(value), "must be a label value"));
    }
    if (as_labels && !IsLabelKey(name)) {
      problems.push_back(InvalidValue(path, Quoted(name), "must be a label key"));
    }
  }
}

void CheckMetadata(const Json& object, Problems& problems) {
  constexpr std::string_view kKnown[] = {"name",
                                         "generateName",
                                         "namespace",
                                         "labels",
                                         "annotations",
                                         "uid",
                                         "resourceVersion",
                                         "generation",
                                         "creationTimestamp",
                                         "finalizers",
                                         "ownerReferences",
                                         "deletionTimestamp",
                                         "managedFields",
                                         "selfLink",
                                         "deletionGracePeriodSeconds"};
  const auto found = object.find("metadata");
  if (found == object.end() || !found->is_object()) {
    problems.push_back({"metadata.name", "Required value: name or generateName is required",
                        ProblemKind::kRequired});
    return;
  }
  const Json& metadata = *found;
  for (const auto& [key, value] : metadata.items()) {
    if (std::ranges::find(kKnown, key) != std::end(kKnown)) continue;
    problems.push_back({"metadata." + key, fmt::format("unknown field \"metadata.{}\"", key),
                        ProblemKind::kUnknownField});
  }
  const std::string name = TextAt(metadata, "name");
  if (name.empty() && TextAt(metadata, "generateName").empty()) {
    problems.push_back({"metadata.name", "Required value: name or generateName is required",
                        ProblemKind::kRequired});
  } else if (!name.empty() && !IsDnsSubdomain(name)) {
    problems.push_back(InvalidValue("metadata.name", Quoted(name),
                                    "must be lower case letters, digits, '-' and '.', with a "
                                    "letter or digit at both ends and beside each '.'"));
  }
  const std::string ns = TextAt(metadata, "namespace");
  if (!ns.empty() && !IsDnsLabel(ns)) {
    problems.push_back(
        InvalidValue("metadata.namespace", Quoted(ns), "must be a lower case DNS label"));
  }
  CheckTexts(metadata, "labels", true, problems);
  CheckTexts(metadata, "annotations", false, problems);
}

void CheckTree(const Schema& schema, Json& object, Problems& problems) {
  for (const std::string& path : schema.Prune(object)) {
    problems.push_back(
        {path, fmt::format("unknown field \"{}\"", path), ProblemKind::kUnknownField});
  }
  schema.Default(object);
  std::ranges::move(schema.Validate(object), std::back_inserter(problems));
  std::ranges::move(CheckRules(object), std::back_inserter(problems));
}

}  // namespace

std::vector<FieldProblem> CheckObject(std::string_view json) {
  auto tree = ParseJsonTree(json);
  if (!tree) return {UnknownKind("", tree.error().message)};
  Json& object = *tree->root;
  if (!object.is_object()) return {UnknownKind("", "not an object")};
  const std::string kind = TextAt(object, "kind");
  const std::string version = TextAt(object, "apiVersion");
  if (version != kApiVersion) {
    return {UnknownKind("apiVersion", fmt::format("unknown version {}", Quoted(version)))};
  }
  const Schema* schema = SchemaOf(kind);
  if (schema == nullptr) return {UnknownKind("kind", fmt::format("unknown kind {}", Quoted(kind)))};

  Problems problems;
  for (const std::string& path : tree->duplicates) {
    problems.push_back(
        {path, fmt::format("duplicate field \"{}\"", path), ProblemKind::kUnknownField});
  }
  CheckMetadata(object, problems);
  CheckTree(*schema, object, problems);
  std::ranges::stable_sort(problems, {}, &FieldProblem::path);
  return problems;
}

}  // namespace hpaplus
