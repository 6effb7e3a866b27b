#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/record/frame.h"
#include "engine/record/segment.h"

namespace hpaplus::record {

/// A size that was written, or should have been.
struct RecordedWrite {
  Replicas from = 0;
  Replicas to = 0;
  bool written = false;
  std::string problem;
};

/// One thing that was recorded. What a field means depends on the kind.
struct Entry {
  EntryKind kind = EntryKind::kHead;
  WorkloadId workload;                 // All but kHead and kLost.
  Timestamp at{};                      // kRound, kWrite.
  SegmentHead head;                    // kHead
  std::shared_ptr<const Round> round;  // kRound; never null there.
  RecordedWrite write;                 // kWrite
  std::uint64_t lost = 0;              // kLost: rounds.
};

/// Reads a segment, entry by entry. The same view, spec and readings are shared by the rounds that
/// have them in common. Not thread-safe; the bytes must outlive it.
class SegmentReader {
 public:
  [[nodiscard]] static Result<SegmentReader> Open(std::string_view bytes);

  /// Null at the end. kMalformedData: what cannot be read, and from which offset on.
  [[nodiscard]] Result<std::optional<Entry>> Next();

  /// What is missing at the end, for people; empty: nothing.
  [[nodiscard]] std::string Truncation() const;

 private:
  struct Workload {
    RoundParts before;
    std::shared_ptr<const WorkloadSpec> spec;
    std::shared_ptr<const WorkloadView> view;
    std::vector<ReadingResult> readings;
  };

  explicit SegmentReader(FrameReader frames) : frames_(frames) {}

  [[nodiscard]] Status ReadEntry(std::string_view payload, Entry& entry);
  [[nodiscard]] Status ReadHead(Unpacker& unpacker, SegmentHead& head);
  [[nodiscard]] Status ReadRound(Unpacker& unpacker, Entry& entry);
  [[nodiscard]] static Status ReadView(Unpacker& unpacker, Workload& workload);
  [[nodiscard]] static Status ReadReadings(Unpacker& unpacker, Workload& workload);
  [[nodiscard]] static Status ReadDecision(Unpacker& unpacker, const Entry& entry,
                                           const Workload& workload, std::string& before,
                                           Decision& decision);

  FrameReader frames_;
  bool has_head_ = false;
  std::map<WorkloadId, Workload> workloads_;
};

}  // namespace hpaplus::record
