#include "engine/model/reference_json.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace hpaplus {

using Json = nlohmann::ordered_json;

Json SelectorJson(const LabelSelector& selector) {
  Json json = Json::object();
  for (const auto& [key, value] : selector.match_labels)
    json["matchLabels"][key] = value;
  for (const LabelRequirement& item : selector.match_expressions) {
    Json requirement = {{"key", item.key}, {"operator", item.op}};
    if (!item.values.empty()) requirement["values"] = item.values;
    json["matchExpressions"].push_back(std::move(requirement));
  }
  return json;
}

Json ObjectRefJson(const ObjectRef& ref) {
  Json json = {{"kind", ref.kind}, {"name", ref.name}};
  if (!ref.api_version.empty()) json["apiVersion"] = ref.api_version;
  return json;
}

}  // namespace hpaplus
