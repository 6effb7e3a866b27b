#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/policy.h"
#include "engine/rehearse/demand.h"
#include "engine/rehearse/field_diff.h"
#include "engine/rehearse/past_figures.h"
#include "engine/rehearse/simulate.h"

namespace hpaplus::rehearse {

/// The last decision that was recorded of an object, and what the planned one would decide there.
struct NowEffect {
  Timestamp at{};
  Replicas current = 0;
  Replicas before = 0;  // The size that the recorded object decides for; held: `current`.
  Replicas after = 0;   // The planned one.
  bool known = false;   // False: it holds, because too much is unknown.
  bool acts = false;    // A change that it would write.
  /// Metrics that the recorded object does not have, so that nobody knows their numbers.
  std::vector<std::string> unmeasured;
};

struct LastDecision {
  std::shared_ptr<const WorkloadSpec> spec;  // What was recorded.
  NowEffect effect;
};

/// Reads that from a recording. kNotFound: it is not there, or has no decision of this object whose
/// memory is known; kMalformedData: it is damaged.
[[nodiscard]] Result<LastDecision> DecideLastAgain(const std::filesystem::path& recording,
                                                   const WorkloadSpec& planned,
                                                   const PolicyFactory& policies);

/// A demand that both objects are to meet.
struct PlanDemand {
  std::string source;  // Its file's name.
  Trace trace;
  RunOptions options;
  Timestamp start{};
  Duration over{};  // How much of its end counts.
};

/// What would have been different, closed loop.
struct PastEffect {
  RunOptions options;
  Timestamp start{};  // Of the demand.
  Timestamp from{};   // That counts.
  Timestamp until{};
  std::optional<PastFigures> before;  // Null: a new object.
  PastFigures after;
  std::vector<PolicyRun> runs;  // Over the whole demand: "now", if there is one, and "planned".
};

[[nodiscard]] PastEffect Rehearse(const PlanDemand& demand, const WorkloadSpec* before,
                                  const WorkloadSpec& planned, const PolicyFactory& policies);

/// What applying a file would change.
struct Plan {
  std::string file;
  std::string object;   // "namespace/name"
  std::string against;  // What the object was taken from; empty: it is new.
  std::vector<FieldChange> fields;
  bool means_the_same = false;  // Whatever fields differ, it decides alike.
  std::optional<NowEffect> now;
  std::optional<PastEffect> past;
  std::vector<std::string> warnings;  // What becomes worse.
  std::vector<std::string> notes;     // What limits what was found out.

  [[nodiscard]] bool is_new() const { return against.empty(); }
  [[nodiscard]] bool has_changes() const { return is_new() || !fields.empty(); }
};

/// What limits a demand that was found again, for people.
[[nodiscard]] std::vector<std::string> NotesOf(const Reconstruction& demand);
/// And what limits what is planned: a mode that does not write, metrics that differ in their unit.
[[nodiscard]] std::vector<std::string> NotesOf(const WorkloadSpec& planned);
/// What of `plan` makes things worse, for people.
[[nodiscard]] std::vector<std::string> WarningsOf(const Plan& plan);

/// One JSON object, "schema": "hpaplus.io/plan/v1"; docs/plan.md has its fields.
[[nodiscard]] std::string PlanJson(const Plan& plan);
/// For people.
[[nodiscard]] std::string PlanTable(const Plan& plan);

}  // namespace hpaplus::rehearse
