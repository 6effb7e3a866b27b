#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "engine/core/policy.h"
#include "engine/record/segment_reader.h"

namespace hpaplus::record {

/// A decision made again: open loop, from exactly what it was made from.
struct Redecision {
  /// What it was made from, with its history; null: the recording does not tell it, because
  /// rounds before it are missing.
  std::optional<History> history;
  Decision decision;       // Made now; means nothing without a history.
  bool same = true;        // Byte for byte as recorded.
  std::string difference;  // What differs first, for people.
};

/// Decides a recording's rounds again, one after the other, and so finds out whether this program
/// decides as that one did. Not thread-safe.
class Redecider {
 public:
  /// `make` makes the policies, as the engine's.
  explicit Redecider(PolicyFactory make) : make_(std::move(make)) {}

  /// Takes entries in their order; a round's is given back.
  [[nodiscard]] std::optional<Redecision> Take(const Entry& entry);

  /// The settings of the segment that is being read.
  [[nodiscard]] const DecideConfig& config() const { return config_; }

 private:
  struct Workload {
    std::shared_ptr<const WorkloadSpec> spec;
    PolicySet policies;
    std::optional<History> history;  // After its last round.
  };

  const PolicyFactory make_;
  DecideConfig config_;
  std::map<WorkloadId, Workload> workloads_;
};

/// The first difference of two decisions, for people: "step 3 (rate): after was 12, is 13". Empty:
/// they are the same.
[[nodiscard]] std::string FirstDifference(const Decision& recorded, const Decision& now);

}  // namespace hpaplus::record
