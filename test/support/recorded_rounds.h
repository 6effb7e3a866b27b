#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/loop/engine.h"
#include "engine/ports/executor.h"
#include "engine/record/recording.h"
#include "engine/record/verify.h"
#include "engine/rehearse/trace_world.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::testing {

/// A world whose object the user replaces on the way. Everything else passes through.
class EditedView final : public ClusterView {
 public:
  EditedView(rehearse::TraceWorld& world, Timestamp when,
             std::shared_ptr<const WorkloadSpec> edited)
      : world_(world), when_(when), edited_(std::move(edited)) {}

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override {
    std::vector<WorkloadUpdate> updates = world_.TakeChanges();
    const bool now = edited_ && world_.Now() >= when_;
    if (updates.empty() && now && !shown_ && last_) updates.push_back({{}, last_});
    for (WorkloadUpdate& update : updates) {
      last_ = update.view;
      if (!now) continue;
      auto view = std::make_shared<WorkloadView>(*update.view);
      view->spec = edited_;
      update.view = std::move(view);
      shown_ = true;
    }
    return updates;
  }

 private:
  rehearse::TraceWorld& world_;
  const Timestamp when_;
  const std::shared_ptr<const WorkloadSpec> edited_;
  std::shared_ptr<const WorkloadView> last_;
  bool shown_ = false;
};

/// Keeps the rounds.
class RoundList final : public RoundTap {
 public:
  [[nodiscard]] bool WantsHistory(WorkloadId /*id*/) override { return false; }
  void Take(Round round) override { rounds.push_back(std::move(round)); }
  std::vector<Round> rounds;
};

/// Runs the engine over a trace, tapped; `journal` hears what the world hears.
inline void RunTapped(rehearse::TraceWorld& world, ClusterView& view, Journal& journal,
                      RoundTap& tap) {
  SerialExecutor executor;
  Engine::Config config;
  config.tap = &tap;
  Engine engine(config, {world, view, world, world, journal, executor},
                policies::MakeBuiltinPolicies);
  engine.Run({});
}

inline constexpr Timestamp kStart{std::chrono::days(20'458)};

inline rehearse::Trace Waves(int length) {
  std::string csv = "t_seconds,value\n";
  for (int t = 0; t <= length; t += 10)
    csv += std::to_string(t) + "," + std::to_string(std::lround(300 + 250 * std::sin(t / 900.0))) +
           "\n";
  return *rehearse::Trace::FromCsv(csv);
}

inline WorkloadSpec Spec(int target = 10) {
  WorkloadSpec spec;
  spec.ns = "shop";
  spec.name = "web";
  spec.uid = "u";
  spec.generation = 1;
  spec.target = {"apps/v1", "Deployment", "web"};
  spec.max_replicas = 100;
  spec.period = seconds(1);
  spec.timeout = seconds(1);
  // Written sizes are remembered for these.
  spec.behavior =
      Rules({{ScalingPolicyType::kPercent, 100, 15}}, {{ScalingPolicyType::kPods, 5, 60}});
  spec.safety.max_replicas_per_minute = 60;
  MetricSpec metric;
  metric.name = "load";
  metric.type = MetricType::kSource;
  metric.target.type = TargetType::kAverageValue;
  metric.target.average_value = Q(std::to_string(target));
  metric.smoothing = Smoothing{seconds(30), SmoothingFunction::kAverage};
  spec.metrics = {metric};
  return spec;
}

inline WorkloadSpec CpuSpec() {
  WorkloadSpec spec = Spec();
  MetricSpec metric;
  metric.name = "cpu";
  metric.type = MetricType::kResource;
  metric.resource = "cpu";
  metric.target.type = TargetType::kUtilization;
  metric.target.average_utilization = 80;
  spec.metrics = {metric};
  return spec;
}

inline rehearse::RunOptions OfTen() {
  rehearse::RunOptions options;
  options.plant = {10, seconds(30), 30};
  return options;
}

inline std::vector<Round> RoundsOf(const WorkloadSpec& spec, int length,
                                   std::shared_ptr<const WorkloadSpec> edited = nullptr) {
  const rehearse::Trace trace = Waves(length);
  rehearse::TraceWorld world(spec, trace, OfTen(), kStart);
  EditedView view(world, kStart + seconds(length / 2), std::move(edited));
  RoundList list;
  RunTapped(world, view, world, list);
  return std::move(list.rounds);
}

inline std::string SegmentOf(const std::vector<Round>& rounds) {
  record::SegmentEncoder encoder;
  std::string bytes = encoder.Begin({"a test", kStart, 1, {}});
  for (const Round& round : rounds)
    bytes += encoder.Add(round);
  return bytes;
}

struct Verified {
  std::size_t rounds = 0;
  std::size_t unknown = 0;    // Their history is not there.
  std::size_t different = 0;  // Decided otherwise now.
  std::uint64_t lost = 0;
  std::size_t writes = 0;
  std::vector<std::string> errors;
  std::vector<std::string> notes;
};

template <class Reader>
void VerifyAll(Reader& reader, Verified& all) {
  record::Redecider redecider(policies::MakeBuiltinPolicies);
  for (;;) {
    const auto entry = reader.Next();
    if (!entry) {
      all.errors.push_back(entry.error().message);
      if (std::is_same_v<Reader, record::SegmentReader>) return;
      continue;
    }
    if (!*entry) return;
    all.lost += (*entry)->lost;
    if ((*entry)->kind == record::EntryKind::kWrite) ++all.writes;
    const auto again = redecider.Take(**entry);
    if (!again) continue;
    ++all.rounds;
    if (!again->history) ++all.unknown;
    if (!again->same) ++all.different;
  }
}

inline Verified Verify(const std::filesystem::path& path) {
  Verified all;
  auto reader = record::RecordingReader::Open(path);
  if (!reader) {
    all.errors.push_back(reader.error().message);
    return all;
  }
  VerifyAll(*reader, all);
  all.notes = reader->notes();
  return all;
}

inline Verified VerifyBytes(const std::string& bytes) {
  Verified all;
  auto reader = record::SegmentReader::Open(bytes);
  if (!reader) {
    all.errors.push_back(reader.error().message);
    return all;
  }
  VerifyAll(*reader, all);
  if (!reader->Truncation().empty()) all.notes.push_back(reader->Truncation());
  return all;
}

}  // namespace hpaplus::testing
