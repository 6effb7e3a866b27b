// A hundred thousand objects with periods of 1 s to 15 s in one engine: how late their evaluations
// are, and what they cost in time and memory. Engine, decisions, collectors and parsers are those
// of the live controller; cluster and clock are simulated (fleet_world.h), so that half an hour
// takes minutes and the load of the machine does not show.
//
//   hpaplus_fleet                     lateness and memory of 100,000 objects for 30 minutes
//   hpaplus_fleet soak                10 million evaluations while objects come and go
//   hpaplus_fleet overload            twice as much to compute as there is time for
//
//   --objects N  --minutes N          another size
//   --json FILE  --plot FILE          the figures, and a drawing of them over time
//
// Exit codes: 0 all bars are kept; 2 one is missed; 64 wrong usage.

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iostream>
#include <string_view>

#include <fmt/core.h>
#include <malloc.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "engine/loop/engine.h"
#include "policies/builtin.h"
#include "test/bench/fleet_plot.h"
#include "test/bench/fleet_world.h"
#include "test/bench/process_usage.h"

namespace hpaplus::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kLateMost = milliseconds(50);
constexpr double kResidentMost = 1024;     // MiB.
constexpr double kSlopeMost = 0.01;        // Of the memory, from the second quarter to the last.
constexpr double kFairShareMost = 2.5;     // Times the stretch that a fair share would be.
constexpr double kAllocationsMost = 0.05;  // What is written, and once a tick.
constexpr double kOverload = 2;            // As much to compute as there is time for.

// How late evaluations were, in steps of five percent from a microsecond on.
class Lateness {
 public:
  void Add(Duration late) {
    const double microseconds = std::max(ToSeconds(late) * 1e6, 1.0);
    const auto bucket = static_cast<std::size_t>(std::log(microseconds) / std::log(kStep));
    ++counts_[std::min(bucket, counts_.size() - 1)];
    ++total_;
    most_ = std::max(most_, late);
  }
  void Add(const Lateness& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts_[i] += other.counts_[i];
    total_ += other.total_;
    most_ = std::max(most_, other.most_);
  }
  [[nodiscard]] double Milliseconds(double share) const {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (static_cast<double>(seen) >= share * static_cast<double>(total_)) {
        return std::pow(kStep, static_cast<double>(i) + 1) / 1e3;
      }
    }
    return 0;
  }
  [[nodiscard]] std::size_t total() const { return total_; }
  [[nodiscard]] double most() const { return ToSeconds(most_) * 1e3; }

 private:
  static constexpr double kStep = 1.05;
  std::array<std::size_t, 400> counts_{};
  std::size_t total_ = 0;
  Duration most_{};
};

class Counts final : public Journal {
 public:
  explicit Counts(const FleetOptions& options) : evaluated_(options.objects) {}

  void RecordDecision(const Decision& decision, const WorkloadView& /*view*/) override {
    ++decisions;
    ++evaluated_[decision.workload.index];
    if (!decision.known) ++unknown;
  }
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& report) override {
    ++ticks;
    skipped += report.periods_skipped;
    stretch = report.stretch;
    for (const Duration late : report.lateness)
      lateness.Add(late);
  }
  void Reset() {
    const std::vector<std::uint32_t> none(evaluated_.size());
    evaluated_ = none;
    decisions = unknown = ticks = skipped = 0;
    lateness = Lateness();
  }
  [[nodiscard]] std::uint32_t evaluated(std::size_t object) const { return evaluated_[object]; }

  std::size_t decisions = 0;
  std::size_t unknown = 0;
  std::size_t ticks = 0;
  std::size_t skipped = 0;
  double stretch = 1;
  Lateness lateness;

 private:
  std::vector<std::uint32_t> evaluated_;
};

double ResidentMiB() {
  return ProcessUsage::Of(::getpid()).resident_bytes / (1U << 20U);
}

// One fleet and the engine that serves it.
struct Rig {
  explicit Rig(const FleetOptions& options)
      : clock(Timestamp(std::chrono::days(20'000)), 1),
        world(options, clock),
        counts(options),
        engine({}, {clock, world, world, world, counts, executor}, policies::MakeBuiltinPolicies) {}

  void RunFor(Duration length) {
    end += length;
    clock.EndAt(end);
    while (clock.Now() < end) {
      const Timestamp last = clock.Now();
      engine.Tick();
      const Timestamp earliest = last + milliseconds(2);
      (void)clock.WaitUntil(std::max(std::min(engine.next(), end), earliest), {});
      while (clock.Now() < earliest)
        (void)clock.WaitUntil(earliest, {});
    }
  }

  SkippingClock clock;
  FleetWorld world;
  SerialExecutor executor;
  Counts counts;
  Engine engine;
  Timestamp end = clock.Now();
};

struct Options {
  std::string mode = "late";
  FleetOptions fleet;
  int minutes = 30;
  std::string json;
  std::string plot;
};

bool Say(std::string_view what, const std::string& figure, bool kept) {
  std::cout << fmt::format("{:<44}{:>16}   {}\n", what, figure, kept ? "kept" : "MISSED");
  return kept;
}

void Tell(std::string_view what, const std::string& figure) {
  std::cout << fmt::format("{:<44}{:>16}\n", what, figure);
}

int RunLateness(const Options& options) {
  Rig rig(options.fleet);
  const double built = ResidentMiB();
  rig.RunFor(seconds(20));  // Everybody's first evaluation.
  rig.counts.Reset();
  const Duration busy = rig.clock.busy();
  const Duration reading = rig.world.reading();
  const Timestamp begin = rig.end;
  Lateness all;
  std::size_t decisions = 0;
  std::size_t unknown = 0;
  std::vector<FleetMinute> course;
  for (int minute = 0; minute < options.minutes; ++minute) {
    rig.RunFor(minutes(1));
    all.Add(rig.counts.lateness);
    decisions += rig.counts.decisions;
    unknown += rig.counts.unknown;
    course.push_back({rig.counts.lateness.Milliseconds(0.5), rig.counts.lateness.Milliseconds(0.99),
                      rig.counts.lateness.most(), ResidentMiB()});
    rig.counts.Reset();
  }
  const double length = ToSeconds(rig.end - begin);
  double resident = 0;
  for (const FleetMinute& minute : course)
    resident = std::max(resident, minute.resident_mib);
  const double ticking = ToSeconds(rig.clock.busy() - busy) / length;
  const double reads = ToSeconds(rig.world.reading() - reading) / length;
  Tell("objects", fmt::format("{}", options.fleet.objects));
  Tell("evaluations a second", fmt::format("{:.0f}", static_cast<double>(decisions) / length));
  Tell("core that ticks, and one that reads", fmt::format("{:.2f}, {:.2f}", ticking, reads));
  Tell("sizes written", fmt::format("{}", rig.world.writes()));
  Tell("lateness p50", fmt::format("{:.1f} ms", all.Milliseconds(0.5)));
  bool kept = Say("lateness p99, at most 50 ms", fmt::format("{:.1f} ms", all.Milliseconds(0.99)),
                  all.Milliseconds(0.99) <= ToSeconds(kLateMost) * 1e3);
  Tell("lateness, worst", fmt::format("{:.0f} ms", all.most()));
  Tell("memory of the cluster alone", fmt::format("{:.0f} MiB", built));
  kept &= Say("memory, at most 1024 MiB", fmt::format("{:.0f} MiB", resident),
              resident <= kResidentMost);
  kept &= Say("evaluations without a number, none", fmt::format("{}", unknown), unknown == 0);
  if (!options.json.empty()) {
    nlohmann::ordered_json out = {{"objects", options.fleet.objects},
                                  {"lateness_p50_ms", all.Milliseconds(0.5)},
                                  {"lateness_p99_ms", all.Milliseconds(0.99)},
                                  {"resident_mib", resident},
                                  {"ticking_cores", ticking},
                                  {"reading_cores", reads}};
    std::ofstream(options.json) << out.dump(2) << "\n";
  }
  if (!options.plot.empty()) std::ofstream(options.plot) << DrawFleet(course);
  return kept ? 0 : 2;
}

double HeapMiB() {
  return static_cast<double>(::mallinfo2().uordblks) / (1U << 20U);
}

int RunSoak(const Options& options) {
  constexpr std::size_t kEvaluations = 10'000'000;
  constexpr int kQuarters = 4;
  Rig rig(options.fleet);
  rig.RunFor(minutes(36));  // Longer than any window, and one turn of all loads.
  rig.counts.Reset();
  std::uint64_t before = Allocations();
  rig.RunFor(minutes(1));
  const double each =
      static_cast<double>(Allocations() - before) / static_cast<double>(rig.counts.decisions);

  rig.world.SetChurn(milliseconds(10));
  const std::size_t churned = rig.world.churned();
  std::size_t decisions = 0;
  std::vector<double> heap;
  std::vector<double> resident;
  for (int quarter = 0; quarter < kQuarters; ++quarter) {
    while (decisions < kEvaluations * static_cast<std::size_t>(quarter + 1) / kQuarters) {
      rig.counts.Reset();
      rig.RunFor(seconds(10));
      decisions += rig.counts.decisions;
    }
    heap.push_back(HeapMiB());
    resident.push_back(ResidentMiB());
  }
  const double slope = heap.back() / heap[1] - 1;
  Tell("evaluations", fmt::format("{}", decisions));
  Tell("objects that came or went", fmt::format("{}", rig.world.churned() - churned));
  Tell("heap after each quarter, MiB",
       fmt::format("{:.1f} {:.1f} {:.1f} {:.1f}", heap[0], heap[1], heap[2], heap[3]));
  Tell("resident after each quarter, MiB", fmt::format("{:.0f} {:.0f} {:.0f} {:.0f}", resident[0],
                                                       resident[1], resident[2], resident[3]));
  bool kept = Say("growth of the heap from the second on", fmt::format("{:+.2f} %", 100 * slope),
                  slope <= kSlopeMost);
  kept &= Say("allocations per evaluation, no churn", fmt::format("{:.3f}", each),
              each <= kAllocationsMost);
  return kept ? 0 : 2;
}

// How much of its time the engine computes when all is well.
double ShareComputed(Rig& rig, Duration length) {
  const Duration before = rig.clock.busy();
  rig.RunFor(length);
  return ToSeconds(rig.clock.busy() - before) / ToSeconds(length);
}

int RunOverload(const Options& options) {
  Rig rig(options.fleet);
  rig.RunFor(minutes(1));
  const double share = ShareComputed(rig, minutes(1));
  rig.clock.SetSlowness(kOverload / share);
  rig.RunFor(minutes(2));  // Periods are stretched until it fits.
  rig.counts.Reset();
  const Duration length = minutes(5);
  rig.RunFor(minutes(1));
  rig.world.Step(3, 10);
  rig.RunFor(length - minutes(1));

  double worst = 0;
  std::size_t never = 0;
  std::size_t lost = 0;
  for (std::size_t i = 0; i < options.fleet.objects; ++i) {
    const double wanted = ToSeconds(length) / ToSeconds(rig.world.PeriodOf(i));
    const std::uint32_t had = rig.counts.evaluated(i);
    if (had == 0) {
      ++never;
    } else {
      worst = std::max(worst, wanted / had);
    }
    if (rig.world.IsStepped(i) && !rig.world.IsServed(i, rig.end)) ++lost;
  }
  const double stretched = rig.counts.stretch;
  rig.clock.SetSlowness(1);
  rig.RunFor(minutes(3));
  Tell("objects", fmt::format("{}", options.fleet.objects));
  Tell("computed when all is well", fmt::format("{:.2f} cores", share));
  Tell("periods stretched by", fmt::format("{:.2f}", stretched));
  bool kept = Say("objects never evaluated", fmt::format("{}", never), never == 0);
  kept &= Say("worst object, times its fair share, at most 2.5",
              fmt::format("{:.2f}", worst / kOverload), worst <= kFairShareMost * kOverload);
  kept &= Say("sizes that did not grow with their load", fmt::format("{}", lost), lost == 0);
  kept &= Say("stretch after the overload", fmt::format("{:.2f}", rig.counts.stretch),
              rig.counts.stretch == 1);
  return kept ? 0 : 2;
}

template <class Number>
bool ReadNumber(std::string_view text, Number& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc() && end == text.data() + text.size() && out > 0;
}

bool Read(std::span<char*> arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "soak" || name == "overload") {
      options.mode = name;
      continue;
    }
    if (++i == arguments.size()) return false;
    const std::string_view value = arguments[i];
    if (name == "--objects") {
      if (!ReadNumber(value, options.fleet.objects)) return false;
    } else if (name == "--minutes") {
      if (!ReadNumber(value, options.minutes)) return false;
    } else if (name == "--json") {
      options.json = value;
    } else if (name == "--plot") {
      options.plot = value;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace hpaplus::bench

int main(int argc, char** argv) {
  hpaplus::bench::Options options;
  const std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
  if (!hpaplus::bench::Read(arguments, options)) {
    std::cerr << "usage: hpaplus_fleet [soak | overload] [--objects N] [--minutes N]"
                 " [--json FILE] [--plot FILE]\n";
    return 64;
  }
  if (options.mode == "soak") return hpaplus::bench::RunSoak(options);
  if (options.mode == "overload") return hpaplus::bench::RunOverload(options);
  return hpaplus::bench::RunLateness(options);
}
