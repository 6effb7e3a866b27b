#pragma once

#include <memory>

#include "engine/app/live_world.h"
#include "engine/app/offline_objects.h"

namespace hpaplus::app {

/// The world of `hpaplus run --offline`: objects and sources as files say, real sources, a clock
/// that runs, and no cluster. Sizes are VirtualTargets. Sources may be on this host, which whoever
/// wrote the files owns anyway. All references must outlive it.
[[nodiscard]] Result<std::unique_ptr<LiveWorld>> MakeOfflineWorld(const ControllerConfig& config,
                                                                  OfflineObjects objects,
                                                                  const LiveWorld::Ties& ties);

}  // namespace hpaplus::app
