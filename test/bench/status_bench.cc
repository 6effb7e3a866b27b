// What it costs to remember decisions for the status page: per evaluation, which happens all the
// time, and per look at the page of many objects, which somebody asks for.

#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/app/live_pages.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::testing {
namespace {

// So many objects with two metrics each, and a decision about each that all stages had a say in.
class Fleet {
 public:
  explicit Fleet(std::size_t objects) {
    Bench bench(8);
    for (const char* name : {"rps", "queue"}) {
      MetricSpec metric;
      metric.type = MetricType::kSource;
      metric.name = name;
      metric.target = {TargetType::kAverageValue, std::nullopt, Q("10"), std::nullopt};
      bench.spec->metrics.push_back(metric);
    }
    bench.spec->behavior = Rules({{ScalingPolicyType::kPods, 4, 15}}, {});
    bench.readings = {AnswerNumber(70), AnswerNumber(195)};
    bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
    decision_ = bench.Decide();
    for (std::size_t i = 0; i < objects; ++i) {
      auto spec = std::make_shared<WorkloadSpec>(*bench.spec);
      spec->name = "app-" + std::to_string(i);
      spec->uid = "uid-" + std::to_string(i);
      auto view = std::make_shared<WorkloadView>(bench.view);
      view->spec = std::move(spec);
      board_.Follow({{WorkloadId{static_cast<std::uint32_t>(i)}, view}});
      views_.push_back(std::move(view));
    }
  }

  // Every object once.
  void Decide(Journal& journal) {
    decision_.at += seconds(1);
    for (std::size_t i = 0; i < views_.size(); ++i) {
      decision_.workload.index = static_cast<std::uint32_t>(i);
      journal.RecordDecision(decision_, *views_[i]);
    }
  }

  api::DecisionBoard& board() { return board_; }
  [[nodiscard]] std::size_t size() const { return views_.size(); }

 private:
  api::DecisionBoard board_;
  Decision decision_;
  std::vector<std::shared_ptr<const WorkloadView>> views_;
};

// Full, so that something is dropped for all that is added.
void Remember(benchmark::State& state) {
  Fleet fleet(static_cast<std::size_t>(state.range(0)));
  record::RecentDecisions recent({});
  for (int round = 0; round < 150; ++round)
    fleet.Decide(recent);
  for (auto unused : state)
    fleet.Decide(recent);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  const auto totals = recent.totals();
  state.counters["bytes_each"] =
      static_cast<double>(totals.bytes) / static_cast<double>(totals.decisions);
}
BENCHMARK(Remember)->Arg(10)->Arg(1000)->Arg(10'000);

void Page(benchmark::State& state, const std::string& path, const AdminServer::Query& query) {
  Fleet fleet(static_cast<std::size_t>(state.range(0)));
  record::RecentDecisions recent({});
  for (int round = 0; round < 20; ++round) {
    fleet.Decide(recent);
    fleet.Decide(fleet.board());
  }
  SystemClock clock;
  const api::QuotaBoard quotas;
  const app::LivePages pages({fleet.board(), quotas, clock, &recent}, {"bench", false, {}});
  std::size_t bytes = 0;
  for (auto unused : state)
    bytes = pages.Answer(path, query).body.size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(Page, FleetByName, "/v1/status", {})->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Page, FleetFiltered, "/v1/status", {{"q", "app-77 rate"}, {"sort", "change"}})
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Page, OneObject, "/v1/history/shop/app-7", {})
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hpaplus::testing

BENCHMARK_MAIN();
