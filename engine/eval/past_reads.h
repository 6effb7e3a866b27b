#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/model/reading.h"

namespace hpaplus {

/// What a source says of numbers that are no longer the newest.
enum class PastKept {
  kUnknown,   // The source is not there yet.
  kNone,      // It has the newest number alone.
  kEach,      // It can be asked, with a request for every query.
  kTogether,  // One request answers for many objects.
};

/// What is asked of the past of a workload's metrics, once.
struct PastReads {
  struct Slot {
    enum class State { kPlanned, kAsked, kDone };
    std::size_t metric = 0;
    Duration length{};
    State state = State::kPlanned;
    std::optional<ReadId> read;             // kAsked.
    std::shared_ptr<const Reading> answer;  // kDone; null: there is none.
    bool awaited = false;                   // By the round that is under way.
  };

  /// The round goes on without what is not there yet.
  void StopWaiting() {
    for (Slot& slot : slots)
      slot.awaited = false;
  }

  std::vector<Slot> slots;
  Timestamp since{};   // When the workload was first seen.
  Duration longest{};  // After that the windows have filled by themselves.
};

}  // namespace hpaplus
