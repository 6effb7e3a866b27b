#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "engine/model/metric_spec.h"

namespace hpaplus::kube {

/// One object of a kind.
struct ObjectKey {
  std::string ns;
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

/// A kind, whatever the version: two references that differ in the version mean the same object.
struct KindKey {
  std::string group;  // Empty for the core group.
  std::string kind;
  auto operator<=>(const KindKey&) const = default;
};

struct TargetKey {
  KindKey kind;
  ObjectKey object;
  auto operator<=>(const TargetKey&) const = default;
};

/// "apps/v1" -> "apps", "v1" -> "".
[[nodiscard]] inline std::string GroupOf(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? "" : std::string(api_version.substr(0, slash));
}

[[nodiscard]] inline TargetKey TargetOf(std::string_view ns, const ObjectRef& ref) {
  return {{GroupOf(ref.api_version), ref.kind}, {std::string(ns), ref.name}};
}

}  // namespace hpaplus::kube
