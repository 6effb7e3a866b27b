#pragma once

#include <string>

#include "engine/embedded/json.h"
#include "engine/embedded/resource.h"
#include "engine/embedded/store.h"

namespace hpaplus::embedded {

/// The reference to the controller of an object; null when there is none.
[[nodiscard]] const Json* ControllerReference(const Json& object);

/// The controller itself; null when it is gone, replaced or none.
[[nodiscard]] ObjectPtr ControllerOf(const Store& store, const ResourceTable& resources,
                                     const Json& object);

/// The controller's controller and so on, up to the one that a user made; null for none.
[[nodiscard]] ObjectPtr WorkloadOf(const Store& store, const ResourceTable& resources,
                                   const Json& pod);

/// A metadata.ownerReferences entry that makes `owner` the controller.
[[nodiscard]] Json ReferenceTo(const Resource& resource, const Json& owner);

[[nodiscard]] bool IsPodReady(const Json& pod);

/// The text of an annotation, or nothing.
[[nodiscard]] std::string Annotation(const Json& object, std::string_view name);

}  // namespace hpaplus::embedded
