#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/loop/round_tap.h"
#include "engine/ports/actuator.h"
#include "engine/record/packer.h"

namespace hpaplus::record {

/// What a segment says of itself. Every segment can be read alone.
struct SegmentHead {
  std::string writer;      // The program and its version, for people.
  Timestamp begun{};       // Of its first entry, about.
  std::uint64_t part = 1;  // Segments of one recording are numbered.
  DecideConfig config;     // That all its rounds were decided with.
};

/// What the payload of a frame begins with. Append only.
enum class EntryKind : std::uint8_t { kHead = 1, kRound = 2, kWrite = 3, kGone = 4, kLost = 5 };

/// What a round consists of, each as what differs from the workload's round before.
struct RoundParts {
  std::string spec;
  std::string scene;
  std::string pods;
  std::string history;
  std::string decided;
  std::string admitted;
  std::vector<std::string> readings;
};

/// Makes entries into frames. What it gives is to be written in that order, each once. Keeps a few
/// kilobytes for every workload. Not thread-safe.
class SegmentEncoder {
 public:
  /// What a new file begins with; of what was before nothing is remembered.
  [[nodiscard]] std::string Begin(const SegmentHead& head);

  /// Empty: it is larger than a frame may be, and the workload's next round must carry its history.
  [[nodiscard]] std::string Add(const Round& round);
  [[nodiscard]] std::string AddWrite(const ScaleOutcome& outcome, Timestamp at);
  [[nodiscard]] std::string AddGone(WorkloadId workload);
  /// So many rounds are missing here.
  [[nodiscard]] std::string AddLost(std::uint64_t rounds);

 private:
  struct Workload {
    RoundParts before;
    // What `before` was made of, to see at a glance what is the same. Kept alive for that.
    std::shared_ptr<const WorkloadView> view;
    std::vector<std::shared_ptr<const Reading>> readings;
  };

  static void PutView(Packer& packer, const WorkloadView& now, Workload& workload);
  static void PutReadings(Packer& packer, const Round& round, Workload& workload);

  std::map<WorkloadId, Workload> workloads_;
};

}  // namespace hpaplus::record
