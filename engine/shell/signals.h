#pragma once

#include "engine/base/time.h"

namespace hpaplus {

/// Blocks SIGINT, SIGTERM and SIGHUP in this thread and in all that it starts later, and ignores
/// SIGPIPE. To be called first thing in main, before any thread exists.
void BlockSignals();

/// Waits for one of the blocked signals; 0 when none came within `most`. One thread only.
[[nodiscard]] int WaitForSignal(Duration most);

}  // namespace hpaplus
