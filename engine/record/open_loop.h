#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/record/verify.h"

namespace hpaplus::record {

/// One object's part in a recording.
struct ReplayedObject {
  std::uint64_t decisions = 0;
  std::uint64_t changes = 0;  // Decisions for another size.
  std::uint64_t unknown = 0;  // Held, because too much was unknown.
  Replicas least = 0;         // Decided sizes.
  Replicas most = 0;
};

/// A recording decided again, open loop: every decision from what it was made from, whatever the
/// one before has come to now.
struct OpenLoop {
  struct Difference {
    Timestamp at{};
    std::string object;  // "namespace/name"
    std::string what;
  };

  std::string writer;
  std::optional<Timestamp> from;
  Timestamp until{};
  std::uint64_t decisions = 0;
  std::uint64_t same = 0;
  std::uint64_t undecidable = 0;  // Without their memory; not same, and not different.
  std::uint64_t lost = 0;         // Rounds that were not recorded.
  std::uint64_t writes = 0;       // Sizes written.
  std::uint64_t digest = 0;       // FNV-1a over all decisions made now.
  std::optional<Difference> first_difference;
  std::map<std::string, ReplayedObject> objects;  // By "namespace/name".
  std::vector<std::string> damage;                // What cannot be read.
  std::vector<std::string> notes;

  [[nodiscard]] std::uint64_t different() const { return decisions - same - undecidable; }
  [[nodiscard]] bool verified() const {
    return decisions > 0 && same == decisions && damage.empty();
  }
};

struct OpenLoopOptions {
  std::string object;                   // "namespace/name"; empty: all.
  bool until_first_difference = false;  // Stops there.
  /// Is given every decision of these objects.
  std::function<void(const Round&, const Redecision&)> on_decision;
};

/// kNotFound: there is no recording. What of it is damaged is in the result.
[[nodiscard]] Result<OpenLoop> ReplayOpen(const std::filesystem::path& recording,
                                          const PolicyFactory& policies,
                                          const OpenLoopOptions& options);

/// One JSON object, "schema": "hpaplus.io/replay/v1"; docs/replay.md has its fields.
[[nodiscard]] std::string OpenLoopJson(const OpenLoop& result, const std::string& recording);
/// For people.
[[nodiscard]] std::string OpenLoopTable(const OpenLoop& result, const std::string& recording);
/// A decision on one line of JSON.
[[nodiscard]] std::string DecisionLine(const Round& round, const Redecision& again);

}  // namespace hpaplus::record
