#include "engine/rehearse/policy_test.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/loop/engine.h"
#include "engine/rehearse/scripted_world.h"

namespace hpaplus::rehearse {
namespace {

std::string_view OpText(Comparison::Op op) {
  switch (op) {
    case Comparison::Op::kEqual:
      return "==";
    case Comparison::Op::kNotEqual:
      return "!=";
    case Comparison::Op::kLess:
      return "<";
    case Comparison::Op::kLessOrEqual:
      return "<=";
    case Comparison::Op::kMore:
      return ">";
    case Comparison::Op::kMoreOrEqual:
      return ">=";
  }
  return "";
}

std::string At(Duration elapsed) {
  return "at " + FormatDuration(elapsed);
}

// Follows one expectation through the run.
class Check {
 public:
  explicit Check(const Expectation& expectation) : expectation_(expectation) {}

  // The decision that was made just now; `replicas` is the size that it found.
  void Take(Duration elapsed, const Decision& decision, const WorkloadView& view) {
    if (!IsIn(elapsed) || violation_ || !IsOfMoments()) return;
    if (moments_ > 0 && expectation_.at_once) return;
    ++moments_;
    const std::string what = Differs(decision);
    if (expectation_.of) {
      met_ = met_ || what.empty();
      if (!what.empty()) Keep(elapsed, what, decision, view, nearest_);
    } else if (!what.empty()) {
      Keep(elapsed, what, decision, view, violation_);
    }
  }

  void TakeChange(Duration elapsed, Replicas from, Replicas to) {
    if (!IsIn(elapsed)) return;
    ++changes_;
    const int direction = to > from ? 1 : -1;
    if (direction_ != 0 && direction != direction_) ++reversals_;
    direction_ = direction;
  }

  void TakeUnderCapacity(Duration from, Duration to) {
    const Duration begin = std::max(from, expectation_.of.value_or(expectation_.from));
    const Duration end = std::min(to, expectation_.to);
    if (begin < end) under_capacity_ += end - begin;
  }

  [[nodiscard]] std::optional<Violation> End() && {
    if (violation_) return std::move(violation_);
    if (IsOfMoments() && moments_ == 0) return Counted("nothing was decided in this time");
    if (expectation_.of && IsOfMoments() && !met_) return std::move(nearest_);
    const double seconds = ToSeconds(under_capacity_);
    if (Fails(expectation_.changes, static_cast<double>(changes_))) {
      return Counted(fmt::format("there were {} changes", changes_));
    }
    if (Fails(expectation_.reversals, static_cast<double>(reversals_))) {
      return Counted(fmt::format("there were {} reversals", reversals_));
    }
    if (Fails(expectation_.under_capacity_seconds, seconds)) {
      return Counted(fmt::format("it was under capacity for {}", FormatDuration(under_capacity_)));
    }
    return std::nullopt;
  }

 private:
  static bool Fails(const std::optional<Comparison>& wanted, double is) {
    return wanted && !wanted->Holds(is);
  }

  [[nodiscard]] bool IsIn(Duration elapsed) const {
    return elapsed >= expectation_.of.value_or(expectation_.from) && elapsed <= expectation_.to;
  }

  // Whether it is about single decisions.
  [[nodiscard]] bool IsOfMoments() const {
    return expectation_.replicas || expectation_.desired || expectation_.condition ||
           !expectation_.reason.empty();
  }

  [[nodiscard]] std::string Differs(const Decision& decision) const {
    if (Fails(expectation_.replicas, decision.current)) {
      return fmt::format("replicas is {}, not {}", decision.current, expectation_.replicas->Text());
    }
    if (Fails(expectation_.desired, decision.desired)) {
      return fmt::format("desired is {}, not {}", decision.desired, expectation_.desired->Text());
    }
    if (expectation_.condition) return ConditionDiffers(decision);
    if (expectation_.reason.empty()) return "";
    const bool found = std::ranges::any_of(decision.steps, [this](const DecisionStep& step) {
      return ReasonName(step.reason) == expectation_.reason;
    });
    return found ? "" : fmt::format("no stage has the reason {}", expectation_.reason);
  }

  [[nodiscard]] std::string ConditionDiffers(const Decision& decision) const {
    const std::string_view name = ConditionTypeName(*expectation_.condition);
    const auto found =
        std::ranges::find(decision.conditions, *expectation_.condition, &Condition::type);
    if (found == decision.conditions.end()) return fmt::format("there is no condition {}", name);
    if (found->status != expectation_.status) {
      return fmt::format("{} is {}", name, ConditionStatusName(found->status));
    }
    if (!expectation_.reason.empty() && ReasonName(found->reason) != expectation_.reason) {
      return fmt::format("{} has the reason {}", name, ReasonName(found->reason));
    }
    return "";
  }

  void Keep(Duration elapsed, const std::string& what, const Decision& decision,
            const WorkloadView& view, std::optional<Violation>& out) const {
    out = Violation{expectation_.text, At(elapsed) + " " + what, decision,
                    std::make_shared<const WorkloadView>(view)};
  }

  [[nodiscard]] Violation Counted(std::string what) const {
    return {expectation_.text, std::move(what), std::nullopt, nullptr};
  }

  const Expectation& expectation_;
  std::optional<Violation> violation_;
  std::optional<Violation> nearest_;  // The last moment that did not meet it.
  bool met_ = false;
  std::size_t moments_ = 0;
  std::int64_t changes_ = 0;
  std::int64_t reversals_ = 0;
  int direction_ = 0;
  Duration under_capacity_{};
};

// Tells the checks what happens.
class CheckJournal final : public Journal {
 public:
  CheckJournal(const PolicyTest& test, const ScriptedWorld& world) : world_(world) {
    for (const Expectation& expectation : test.expectations)
      checks_.emplace_back(expectation);
  }

  void RecordDecision(const Decision& decision, const WorkloadView& view) override {
    ++decisions_;
    for (Check& check : checks_)
      check.Take(world_.elapsed(), decision, view);
  }
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp /*at*/) override {
    const Replicas from = outcome.command.view->scale.spec_replicas;
    for (Check& check : checks_)
      check.TakeChange(world_.elapsed(), from, outcome.command.replicas);
  }
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {
    if (was_under_) {
      for (Check& check : checks_)
        check.TakeUnderCapacity(seen_, world_.elapsed());
    }
    seen_ = world_.elapsed();
    was_under_ = world_.IsUnderCapacity();
  }

  [[nodiscard]] PolicyTestResult Result(const std::string& name) && {
    PolicyTestResult result;
    result.name = name;
    result.decisions = decisions_;
    for (Check& check : checks_) {
      if (auto violation = std::move(check).End()) result.violations.push_back(*violation);
    }
    return result;
  }

 private:
  const ScriptedWorld& world_;
  std::vector<Check> checks_;
  std::uint64_t decisions_ = 0;
  Duration seen_{};
  bool was_under_ = false;
};

}  // namespace

bool Comparison::Holds(double value) const {
  switch (op) {
    case Op::kEqual:
      return value == number;
    case Op::kNotEqual:
      return value != number;
    case Op::kLess:
      return value < number;
    case Op::kLessOrEqual:
      return value <= number;
    case Op::kMore:
      return value > number;
    case Op::kMoreOrEqual:
      return value >= number;
  }
  return false;
}

std::string Comparison::Text() const {
  return fmt::format("{} {:g}", OpText(op), number);
}

PolicyTestResult RunPolicyTest(const PolicyTest& test, const PolicyFactory& policies) {
  ScriptedWorld world(test);
  CheckJournal journal(test, world);
  SerialExecutor executor;
  Engine engine({}, {world, world, world, world, journal, executor}, policies);
  engine.Run({});
  return std::move(journal).Result(test.name);
}

}  // namespace hpaplus::rehearse
