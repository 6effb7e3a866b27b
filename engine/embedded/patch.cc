#include "engine/embedded/patch.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/embedded/type_table.h"

namespace hpaplus::embedded {
namespace {

constexpr std::size_t kOperationsMax = 10000;

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kElementOrder = "$setElementOrder/";
constexpr std::string_view kDeleteFromList = "$deleteFromPrimitiveList/";

Error Bad(std::string message) {
  return Error{ErrorCode::kInvalidArgument, "strategic merge patch: " + std::move(message)};
}

Status MergeObject(Json& object, const Json& patch, const std::string& type);

Json::iterator FindElement(Json& list, const std::string& key, const Json& value) {
  return std::find_if(list.begin(), list.end(), [&](const Json& element) {
    if (key.empty()) return element == value;
    const Json* member = FindKey(element, key);
    return member != nullptr && *member == value;
  });
}

// Puts the elements of `list` into the order of `order`; what is not named there stays in front of
// what it was in front of.
void Reorder(Json& list, const Json& order, const std::string& key) {
  if (!list.is_array() || !order.is_array()) return;
  std::vector<std::size_t> slots;
  std::vector<Json> named;
  for (const Json& wanted : order) {
    const Json* value = key.empty() ? &wanted : FindKey(wanted, key);
    if (value == nullptr) continue;
    const auto it = FindElement(list, key, *value);
    if (it == list.end()) continue;
    const auto slot = static_cast<std::size_t>(it - list.begin());
    if (std::find(slots.begin(), slots.end(), slot) != slots.end()) continue;
    slots.push_back(slot);
    named.push_back(*it);
  }
  std::sort(slots.begin(), slots.end());
  for (std::size_t i = 0; i < slots.size(); ++i)
    list[slots[i]] = std::move(named[i]);
}

Status MergeListElement(Json& list, const Json& element, const FieldType& field) {
  if (field.merge_key.empty()) {
    if (FindElement(list, "", element) == list.end()) list.push_back(element);
    return Done{};
  }
  const Json* key = FindKey(element, field.merge_key);
  const std::string directive = Text(element, kDirective);
  if (key == nullptr) return Bad("an element of the list has no " + field.merge_key);
  const auto it = FindElement(list, field.merge_key, *key);
  if (directive == "delete") {
    if (it != list.end()) list.erase(it);
    return Done{};
  }
  if (it != list.end() && directive != "replace") {
    return MergeObject(*it, element, field.element);
  }
  Json fresh = Json::object();
  if (Status status = MergeObject(fresh, element, field.element); !status) return status;
  if (it != list.end()) {
    *it = std::move(fresh);
  } else {
    list.push_back(std::move(fresh));
  }
  return Done{};
}

Status MergeList(Json& list, const Json& patch, const FieldType& field) {
  if (!list.is_array()) list = Json::array();
  const bool replaces = std::any_of(patch.begin(), patch.end(), [](const Json& element) {
    return element.is_object() && element.size() == 1 && Text(element, kDirective) == "replace";
  });
  if (replaces) list = Json::array();
  for (const Json& element : patch) {
    if (replaces && element.is_object() && element.size() == 1) continue;
    if (Status status = MergeListElement(list, element, field); !status) return status;
  }
  return Done{};
}

void DeleteFromList(Json& object, const std::string& name, const Json& values) {
  Json* list = FindKey(object, name);
  if (list == nullptr || !list->is_array() || !values.is_array()) return;
  for (const Json& value : values) {
    const auto it = FindElement(*list, "", value);
    if (it != list->end()) list->erase(it);
  }
}

void RetainKeys(Json& object, const Json& keys) {
  if (!keys.is_array()) return;
  Json kept = Json::object();
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (std::find(keys.begin(), keys.end(), Json(it.key())) != keys.end()) {
      kept[it.key()] = it.value();
    }
  }
  object = std::move(kept);
}

Status MergeMember(Json& object, const std::string& name, const Json& patch,
                   const FieldType* field) {
  if (patch.is_null()) {
    object.erase(name);
    return Done{};
  }
  const bool is_list = field != nullptr && field->shape == FieldType::Shape::kList;
  if (is_list && field->merges && patch.is_array()) {
    return MergeList(object[name], patch, *field);
  }
  if (!patch.is_object()) {
    object[name] = patch;
    return Done{};
  }
  // An unknown type merges as RFC 7396 does.
  const bool named = field != nullptr && field->shape == FieldType::Shape::kOne;
  return MergeObject(object[name], patch, named ? field->element : "");
}

Status MergeObject(Json& object, const Json& patch, const std::string& type) {
  const std::string directive = Text(patch, kDirective);
  if (!directive.empty() && directive != "replace" && directive != "merge" &&
      directive != "delete") {
    return Bad("unknown $patch " + directive);
  }
  if (!object.is_object() || directive == "replace" || directive == "delete") {
    object = Json::object();
  }
  if (directive == "delete") return Done{};
  if (const Json* keys = FindKey(patch, kRetainKeys)) RetainKeys(object, *keys);
  const TypeTable& types = TypeTable::Builtin();
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    const std::string& name = it.key();
    if (name == kDirective || name == kRetainKeys || name.starts_with(kElementOrder)) continue;
    if (name.starts_with(kDeleteFromList)) {
      DeleteFromList(object, name.substr(kDeleteFromList.size()), it.value());
      continue;
    }
    if (Status status = MergeMember(object, name, it.value(), types.Field(type, name)); !status) {
      return status;
    }
  }
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    if (!it.key().starts_with(kElementOrder)) continue;
    const std::string name = it.key().substr(kElementOrder.size());
    const FieldType* field = types.Field(type, name);
    Json* list = FindKey(object, name);
    if (field != nullptr && list != nullptr) Reorder(*list, it.value(), field->merge_key);
  }
  return Done{};
}

}  // namespace

void ApplyMergePatch(Json& object, const Json& patch) {
  if (!patch.is_object()) {
    object = patch;
    return;
  }
  if (!object.is_object()) object = Json::object();
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    if (it.value().is_null()) {
      object.erase(it.key());
    } else {
      ApplyMergePatch(object[it.key()], it.value());
    }
  }
}

Status ApplyJsonPatch(Json& object, const Json& patch) {
  if (!patch.is_array() || patch.size() > kOperationsMax) {
    return Error{ErrorCode::kInvalidArgument, "json patch: not a list of operations"};
  }
  try {
    object = object.patch(patch);
  } catch (const Json::exception& error) {
    const bool shape = dynamic_cast<const Json::parse_error*>(&error) != nullptr;
    return Error{shape ? ErrorCode::kInvalidArgument : ErrorCode::kConflict,
                 std::string("json patch: ") + error.what()};
  }
  return Done{};
}

Status ApplyStrategicPatch(Json& object, const Json& patch, const std::string& type) {
  if (!patch.is_object()) return Bad("not an object");
  return MergeObject(object, patch, type);
}

}  // namespace hpaplus::embedded
