#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/model/decision.h"
#include "engine/model/source.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// Disbelieves a source whose numbers collapse for many objects at once: that is what an outage
/// looks like that nobody reports, answers of zero. A gate after the decisions and before the
/// actuator, which holds shrinking and nothing else:
///
/// - When at least `share` of a source's objects have lost at least `drop` of their demand within
///   `window`, nothing that depends on the source shrinks until half of those are back and
///   `recovery_grace` has passed, or until it has lasted for `hold_most`: then the numbers are
///   believed.
/// - An object that has lost as much alone waits for two periods, `window` at most, until the
///   others have been heard.
/// - When a source answers again after nobody had a number of it for `outage_least` and for two
///   periods, nothing that depends on it shrinks for `recovery_grace`: rates over a range are low
///   until it is full.
///
/// Only objects whose demand was a replica or more count, since others have nothing to lose, and a
/// source with fewer than `objects_least` of them is believed. Demand is taken before smoothing.
/// What is unknown is neither a drop nor a recovery. Not thread-safe.
class SourceSuspicion {
 public:
  struct Config {
    bool enabled = true;
    std::size_t objects_least = 10;
    double share = 0.5;
    double drop = 0.8;
    Duration window = std::chrono::minutes(1);
    Duration hold_most = std::chrono::hours(2);
    Duration outage_least = std::chrono::seconds(30);
    Duration recovery_grace = std::chrono::minutes(2);
  };

  explicit SourceSuspicion(const Config& config) : config_(config) {}

  /// Takes in what a decision was made from, and holds it where it has to be. `sources` has the
  /// source of each of spec.metrics; null: none.
  void Admit(const WorkloadSpec& spec, std::span<const SourceName* const> sources,
             Decision& decision);

  /// The workload's numbers are no longer there, or will be others.
  void Forget(WorkloadId workload);

  /// Sources that are disbelieved at present.
  [[nodiscard]] std::size_t suspects() const { return suspects_; }

 private:
  struct Source {
    SourceName name;
    std::size_t metrics = 0;  // With something to lose, lost or not.
    std::size_t dropped = 0;
    Duration longest_period{};
    std::optional<Timestamp> suspect_since;
    std::optional<Timestamp> silent_since;  // Nobody has had a number since.
    Timestamp grace_until{};
    std::uint32_t epoch = 0;  // Drops of an earlier one have been believed.
  };
  // What one metric of one workload showed.
  struct Level {
    std::optional<std::size_t> source;  // In sources_; null: nothing was seen yet.
    double newest = 0;                  // Largest demands of this window and of the one before.
    double before = 0;
    Timestamp begun{};  // This window.
    bool counts = false;
    std::optional<Timestamp> dropped_at;
    double lost = 0;  // Then: the demand that it had.
    std::uint32_t epoch = 0;
  };

  [[nodiscard]] std::size_t IndexOf(const SourceName& name);
  [[nodiscard]] Level& LevelOf(WorkloadId workload, std::size_t metric, std::size_t source);
  void Leave(Level& level);
  void SetCounts(Level& level, bool counts);
  void Hear(Source& source, bool known, Timestamp now);
  void Observe(Level& level, double demand, Timestamp now);
  void Believe(Level& level, double demand, Timestamp now);
  void Judge(Source& source, Timestamp now);
  [[nodiscard]] Duration Patience(const Source& source) const;
  [[nodiscard]] Reason Objection(const Level& level, Timestamp now) const;

  Config config_;
  std::vector<Source> sources_;
  std::map<SourceName, std::size_t, std::less<>> by_name_;
  std::vector<std::vector<Level>> levels_;  // By WorkloadId, by metric.
  std::size_t suspects_ = 0;
};

}  // namespace hpaplus
