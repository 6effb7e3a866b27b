#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "engine/kube/event_rules.h"
#include "engine/kube/events.h"
#include "engine/kube/status_writer.h"
#include "engine/kube/workload_lookup.h"
#include "engine/ports/journal.h"
#include "engine/ports/shadow_book.h"

namespace hpaplus::kube {

/// Tells users what the engine does: in the status of their objects and in Events. An evaluation
/// that says nothing new costs two fingerprints. Called from the tick only.
class KubeJournal final : public Journal {
 public:
  struct Config {
    Duration values_spacing = std::chrono::seconds(30);  // Between looks at measured values alone.
    const ShadowBook* shadows = nullptr;                 // Outlives it; null: there are none.
  };

  /// All must outlive the journal.
  KubeJournal(const Config& config, StatusWriter& statuses, EventWriter& events,
              WorkloadLookup& lookup)
      : config_(config), statuses_(statuses), events_(events), lookup_(lookup) {}

  void RecordDecision(const Decision& decision, const WorkloadView& view) override;
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override;
  void RecordGone(WorkloadId workload) override;
  void RecordTick(const TickReport& /*report*/) override {}

 private:
  struct Entry {
    std::optional<std::uint64_t> meaning;  // None: nothing was recorded yet.
    std::uint64_t values = 0;
    Timestamp values_due{};
    EventMemory events;
  };

  Entry& EntryOf(WorkloadId workload);

  const Config config_;
  StatusWriter& statuses_;
  EventWriter& events_;
  WorkloadLookup& lookup_;
  std::deque<Entry> entries_;  // By id.
};

}  // namespace hpaplus::kube
