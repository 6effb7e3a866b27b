#include "engine/rehearse/field_diff.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/model/json_tree.h"
#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {
namespace {

using Kind = FieldChange::Kind;

std::string TextOf(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool AreSame(const Json& before, const Json& after) {
  if (before == after) return true;
  if (before.is_string() && after.is_number()) return before == Json(TextOf(after));
  return before.is_number() && after.is_string() && AreSame(after, before);
}

std::optional<std::string> TextAt(const Json& value, const char* path) {
  const Json::json_pointer pointer(path);
  if (!value.contains(pointer) || !value.at(pointer).is_string()) return std::nullopt;
  return value.at(pointer).get<std::string>();
}

// What a metric without a name of its own is called after, too.
std::optional<std::string> NameOf(const Json& element) {
  constexpr std::array<const char*, 6> kPaths = {"/name",
                                                 "/resource/name",
                                                 "/containerResource/name",
                                                 "/pods/metric/name",
                                                 "/object/metric/name",
                                                 "/external/metric/name"};
  if (!element.is_object()) return std::nullopt;
  for (const char* path : kPaths) {
    if (auto name = TextAt(element, path)) return name;
  }
  return std::nullopt;
}

// Empty: not all have one, or two have the same.
std::vector<std::string> NamesOf(const Json& list) {
  std::vector<std::string> names;
  for (const Json& element : list) {
    auto name = NameOf(element);
    if (!name) return {};
    names.push_back(*std::move(name));
  }
  const std::set<std::string> different(names.begin(), names.end());
  return different.size() == names.size() ? names : std::vector<std::string>();
}

class Differ {
 public:
  void Compare(const std::string& path, const Json& before, const Json& after) {
    if (AreSame(before, after)) return;
    if (before.is_object() && after.is_object()) return CompareObjects(path, before, after);
    if (before.is_array() && after.is_array()) return CompareLists(path, before, after);
    changes_.push_back({Kind::kChanged, path, TextOf(before), TextOf(after)});
  }

  std::vector<FieldChange> Take() && { return std::move(changes_); }

 private:
  void CompareObjects(const std::string& path, const Json& before, const Json& after) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& [key, value] : before.items()) {
      const auto other = after.find(key);
      if (other == after.end()) {
        AddWhole(Kind::kRemoved, prefix + key, value);
      } else {
        Compare(prefix + key, value, *other);
      }
    }
    for (const auto& [key, value] : after.items()) {
      if (!before.contains(key)) AddWhole(Kind::kAdded, prefix + key, value);
    }
  }

  void CompareLists(const std::string& path, const Json& before, const Json& after) {
    const std::vector<std::string> old_names = NamesOf(before);
    const std::vector<std::string> new_names = NamesOf(after);
    if (old_names.size() != before.size() || new_names.size() != after.size()) {
      return CompareByPlace(path, before, after);
    }
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < old_names.size(); ++i) {
      const std::string at = fmt::format("{}[{}]", path, old_names[i]);
      const auto other = std::ranges::find(new_names, old_names[i]);
      if (other == new_names.end()) {
        changes_.push_back({Kind::kRemoved, at, TextOf(before[i]), ""});
        continue;
      }
      kept.push_back(old_names[i]);
      Compare(at, before[i], after[static_cast<std::size_t>(other - new_names.begin())]);
    }
    std::vector<std::string> order;
    for (std::size_t i = 0; i < new_names.size(); ++i) {
      if (std::ranges::count(kept, new_names[i]) > 0) {
        order.push_back(new_names[i]);
      } else {
        changes_.push_back(
            {Kind::kAdded, fmt::format("{}[{}]", path, new_names[i]), "", TextOf(after[i])});
      }
    }
    if (order != kept) {
      changes_.push_back(
          {Kind::kChanged, path + " (order)", TextOf(Json(kept)), TextOf(Json(order))});
    }
  }

  void CompareByPlace(const std::string& path, const Json& before, const Json& after) {
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
      const std::string at = fmt::format("{}[{}]", path, i);
      if (i >= before.size()) {
        changes_.push_back({Kind::kAdded, at, "", TextOf(after[i])});
      } else if (i >= after.size()) {
        changes_.push_back({Kind::kRemoved, at, TextOf(before[i]), ""});
      } else {
        Compare(at, before[i], after[i]);
      }
    }
  }

  // Field by field, as it would be changed.
  void AddWhole(Kind kind, const std::string& path, const Json& value) {
    if (value.is_object() && !value.empty()) {
      for (const auto& [key, item] : value.items())
        AddWhole(kind, fmt::format("{}.{}", path, key), item);
      return;
    }
    const std::string text = TextOf(value);
    changes_.push_back(
        {kind, path, kind == Kind::kRemoved ? text : "", kind == Kind::kAdded ? text : ""});
  }

  std::vector<FieldChange> changes_;
};

Result<Json> ReadObject(std::string_view text) {
  Result<JsonTree> tree = ParseJsonTree(text);
  if (!tree) return tree.error();
  Json object = std::move(*tree->root);
  object.erase("status");
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return object;
  for (const char* key :
       {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"})
    metadata->erase(key);
  const auto annotations = metadata->find("annotations");
  if (annotations == metadata->end() || !annotations->is_object()) return object;
  annotations->erase("kubectl.kubernetes.io/last-applied-configuration");
  if (annotations->empty()) metadata->erase("annotations");
  return object;
}

}  // namespace

Result<std::vector<FieldChange>> DiffFields(std::string_view before, std::string_view after) {
  const Result<Json> old_object = ReadObject(before);
  if (!old_object) return old_object.error();
  const Result<Json> new_object = ReadObject(after);
  if (!new_object) return new_object.error();
  Differ differ;
  differ.Compare("", *old_object, *new_object);
  return std::move(differ).Take();
}

}  // namespace hpaplus::rehearse
