#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/journal.h"
#include "engine/sim/sim_world.h"

namespace hpaplus::sim {

/// The journal of a simulation: checks the contract (reliability.md, S1 to S10) with every line,
/// and keeps what is needed to tell two runs apart. A target is assumed to have one metric and, in
/// each direction of its behavior, at most one policy, in pods.
class Invariants final : public Journal {
 public:
  /// `world` must outlive this.
  explicit Invariants(const SimWorld& world) : world_(world) {}

  void RecordDecision(const Decision& decision, const WorkloadView& view) override;
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override;
  void RecordGone(WorkloadId workload) override;
  void RecordTick(const TickReport& report) override;

  /// What only the whole run shows: rates, windows, and that journal and world agree.
  void CheckAtEnd();

  /// Sentences, each beginning with the rule that was broken. At most kMostBroken are kept.
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
  /// Of all decisions and outcomes, in order; the same on every machine.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::size_t decisions() const { return decisions_; }
  /// How often something was seen: "reason StaleData", "outcome Conflict", ...
  [[nodiscard]] const std::map<std::string, std::size_t>& seen() const { return seen_; }

 private:
  static constexpr std::size_t kMostBroken = 20;
  // The longest a command waits between its decision and the moment it is sent.
  static constexpr Duration kQueued = std::chrono::seconds(31);
  // A write without an answer that somebody overwrites within this time leaves no trace.
  static constexpr Duration kUnheard = std::chrono::seconds(10);

  struct Recommended {
    Timestamp at;
    Replicas replicas = 0;
  };
  struct Success {
    ScaleCommand command;
    Timestamp at{};
    bool after_all = false;  // It had seemed lost.
  };
  struct Memory {
    std::string uid;
    Timestamp last{};
    Duration period{};
    std::deque<Recommended> recommended;  // As long as any window reaches back.
  };

  void Break(const std::string& rule, WorkloadId workload, Timestamp at, const std::string& what);
  void CheckServed(Memory& memory, const Decision& decision, const WorkloadSpec& spec);
  void CheckMove(const Decision& decision, const WorkloadSpec& spec);
  void CheckWindow(Memory& memory, const Decision& decision, const WorkloadSpec& spec);
  void CheckRates();
  [[nodiscard]] Replicas MovedBack(const Written& last, Duration period) const;
  void CheckWritten();
  void Mix(std::uint64_t value);

  const SimWorld& world_;
  std::map<WorkloadId, Memory> memories_;
  std::vector<Success> successes_;
  std::vector<std::string> broken_;
  std::map<std::string, std::size_t> seen_;
  std::set<std::pair<WorkloadId, Timestamp>> failed_;  // Commands, by when they were decided.
  std::uint64_t digest_ = 0xCBF29CE484222325U;
  std::size_t decisions_ = 0;
};

}  // namespace hpaplus::sim
