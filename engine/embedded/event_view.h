#pragma once

#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// Events are stored in the core/v1 form; events.k8s.io/v1 is a view of them.
[[nodiscard]] Json CoreEventOf(const Json& event);
[[nodiscard]] Json NewEventOf(const Json& core);

}  // namespace hpaplus::embedded
