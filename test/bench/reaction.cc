// How long from a change of load to the size that follows, on a real API server with metrics from
// a real Prometheus; what it costs when nothing happens; and what an outage of the API server does.
//
//   hpaplus_reaction [--objects N] [--moving N] [--queries grouped|own] [--steps N]
//                    [--rest SECONDS] [--outage SECONDS] [--program FILE] [--json FILE]
//                    [--stock FILE]
//
// Of the objects so many have a load that moves in a step, all at once; by default at most 1,000.
// What is given as 0 is left out. With --stock, the program of test/bench/stock_hpa, the same steps
// are then left to Kubernetes' own HPA controller.
// Exit codes: 0 all bars are kept; 2 one is missed; 1 it could not be measured; 77 this machine has
// no Kubernetes binaries or no Prometheus.

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "test/bench/report.h"
#include "test/bench/rig.h"

namespace hpaplus::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// From the moment Prometheus reads the new load.
constexpr double kBeyondScrape = 1.5;
constexpr double kBeyondScrapeOfMany = 2.5;
constexpr std::size_t kManyObjects = 5000;
// Engine and API server together; of many objects the engine alone.
constexpr double kCoresAtRest = 0.15;
constexpr double kCoresAtRestOfMany = 0.5;
constexpr double kNormalAgain = 3;  // Two periods and a second.
// A size may follow from the load of so long ago: a scrape, a period, a round of reads, a write.
constexpr Duration kEvidenceAge = seconds(5);
constexpr Duration kSettleWithin = seconds(60);

constexpr const char* kReads[] = {"get", "list"};
constexpr const char* kWrites[] = {"create", "update", "patch", "delete"};
constexpr const char* kWatches[] = {"watch"};
constexpr const char* kServedReads[] = {"GET", "LIST"};
constexpr const char* kServedWrites[] = {"POST", "PUT", "PATCH", "APPLY", "DELETE"};

struct Options {
  std::size_t objects = 1000;
  std::size_t moving = 1000;
  bool grouped = true;
  int steps = 8;
  int rest_seconds = 30;
  int outage_seconds = 30;
  std::string stock;  // test/bench/stock_hpa, built; empty: no comparison.
  std::string program = HPAPLUS_BINARY_DIR "/hpaplus";
  std::string json_file;
};

void Say(const std::string& text) {
  std::cerr << "reaction: " << text << "\n";
}

double Rate(const Rig::Counters& before, const Rig::Counters& after, const std::string& process) {
  return (after.usage.at(process).cpu_seconds - before.usage.at(process).cpu_seconds) /
         ToSeconds(after.at - before.at);
}

double More(const test::HpaplusProcess::Series& before, const test::HpaplusProcess::Series& after,
            const std::string& name, const std::string& label) {
  return test::Sum(after, name, {label}) - test::Sum(before, name, {label});
}

double MoreRequests(const test::HpaplusProcess::Series& before,
                    const test::HpaplusProcess::Series& after, const std::string& name,
                    std::span<const char* const> verbs) {
  double sum = 0;
  for (const char* verb : verbs)
    sum += More(before, after, name, fmt::format("verb=\"{}\"", verb));
  return sum;
}

// What the API server has counted, of the kinds that nobody but the engine asks for here.
double MoreServed(const Rig::Counters& before, const Rig::Counters& after,
                  std::span<const char* const> verbs) {
  double sum = 0;
  for (const char* resource : {"hpapluses", "deployments", "pods", "events", "metricsources",
                               "clustermetricsources", "horizontalpodautoscalers", "secrets"}) {
    for (const char* verb : verbs) {
      const std::vector<std::string> labels = {fmt::format("resource=\"{}\"", resource),
                                               fmt::format("verb=\"{}\"", verb)};
      sum += test::Sum(after.apiserver, "apiserver_request_total", labels) -
             test::Sum(before.apiserver, "apiserver_request_total", labels);
    }
  }
  return sum;
}

class Reaction {
 public:
  Reaction(const Options& options, Rig& rig, Report& report)
      : options_(options), rig_(rig), report_(report) {}

  [[nodiscard]] Status Run() {
    Say("waiting for the first sizes");
    if (!rig_.Settle(kSettleWithin)) return NotSettled("at the start");
    Status done = Done{};
    if (options_.rest_seconds > 0) done = Rest();
    if (done && options_.steps > 0) done = MeasureSteps();
    if (done && options_.outage_seconds > 0) done = Outage();
    if (done && !options_.stock.empty()) done = Stock();
    return done;
  }

 private:
  [[nodiscard]] Error NotSettled(const std::string& when) {
    return {ErrorCode::kDeadlineExceeded,
            fmt::format("{} of {} objects have not got their size {}\n{}", rig_.Wrong(),
                        options_.objects, when, rig_.Log())};
  }

  // Until what was still to be said in statuses and events has been said.
  [[nodiscard]] Status WaitForQuiet() {
    constexpr std::size_t kStatusesPerSecond = 25;  // At least.
    const Duration most = kSettleWithin + seconds(options_.objects / kStatusesPerSecond);
    for (const Timestamp deadline = rig_.Now() + most; rig_.Now() < deadline;) {
      const auto before = rig_.engine().Metrics();
      rig_.Pass(seconds(5));
      const auto after = rig_.engine().Metrics();
      if (!before || !after) continue;
      if (MoreRequests(*before, *after, "hpaplus_kube_requests_total", kWrites) == 0) return Done{};
    }
    return Error{ErrorCode::kDeadlineExceeded, "the engine does not stop writing"};
  }

  [[nodiscard]] Status Rest() {
    if (Status quiet = WaitForQuiet(); !quiet) return quiet;
    Say(fmt::format("{} s of rest", options_.rest_seconds));
    const auto before = rig_.Count();
    if (!before) return before.error();
    rig_.Pass(seconds(options_.rest_seconds));
    const auto after = rig_.Count();
    if (!after) return after.error();

    const double time = ToSeconds(after->at - before->at);
    const double evaluations = More(before->engine, after->engine, "hpaplus_evaluations_total", "");
    report_.AddAtLeast("rest", "evaluations_per_second", evaluations / time,
                       0.95 * static_cast<double>(options_.objects));
    const char* const requests = "hpaplus_kube_requests_total";
    report_.AddAtMost("rest", "engine_reads",
                      MoreRequests(before->engine, after->engine, requests, kReads), 0);
    report_.AddAtMost("rest", "engine_writes",
                      MoreRequests(before->engine, after->engine, requests, kWrites), 0);
    report_.Add("rest", "engine_watches_renewed",
                MoreRequests(before->engine, after->engine, requests, kWatches));
    report_.AddAtMost("rest", "apiserver_reads", MoreServed(*before, *after, kServedReads), 0);
    report_.AddAtMost("rest", "apiserver_writes", MoreServed(*before, *after, kServedWrites), 0);
    ReportMeans("rest", *before, *after);
    ReportUsage("rest", *before, *after);
    const double engine = Rate(*before, *after, "engine");
    if (options_.objects > kManyObjects) {
      report_.AddAtMost("rest", "engine_cores", engine, kCoresAtRestOfMany);
    } else {
      report_.AddAtMost("rest", "engine_and_apiserver_cores",
                        engine + Rate(*before, *after, "apiserver"), kCoresAtRest);
    }
    return Done{};
  }

  void ReportUsage(const std::string& phase, const Rig::Counters& before,
                   const Rig::Counters& after) {
    for (const auto& [process, usage] : after.usage) {
      report_.Add(phase, process + "_cpu_cores", Rate(before, after, process));
      report_.Add(phase, process + "_rss_mib", usage.resident_bytes / (1U << 20U));
    }
  }

  // Of what the engine itself measures.
  void ReportMeans(const std::string& phase, const Rig::Counters& before,
                   const Rig::Counters& after) {
    for (const char* name : {"evaluation_lateness", "source_duration", "scale_write", "reaction",
                             "kube_request_duration"}) {
      const std::string histogram = fmt::format("hpaplus_{}_seconds", name);
      const double count = More(before.engine, after.engine, histogram + "_count", "");
      const double sum = More(before.engine, after.engine, histogram + "_sum", "");
      report_.Add(phase, fmt::format("engine_{}_seconds_mean", name), count > 0 ? sum / count : 0);
    }
  }

  // What the API server itself says that a size took, and of that its store.
  void ReportServerMeans(const Rig::Counters& before, const Rig::Counters& after) {
    const auto mean = [&](const char* histogram, const std::vector<std::string>& labels) {
      const auto more = [&](const char* suffix) {
        const std::string name = std::string(histogram) + suffix;
        return test::Sum(after.apiserver, name, labels) - test::Sum(before.apiserver, name, labels);
      };
      return more("_count") > 0 ? more("_sum") / more("_count") : 0;
    };
    report_.Add("steps", "apiserver_scale_put_seconds_mean",
                mean("apiserver_request_duration_seconds",
                     {"resource=\"deployments\"", "subresource=\"scale\"", "verb=\"PUT\""}));
    report_.Add("steps", "apiserver_store_request_seconds_mean",
                mean("etcd_request_duration_seconds", {}));
  }

  // What some steps of the load have come to.
  struct Steps {
    Durations from_step;
    Durations from_scrape;
    std::size_t wrong = 0;
    std::map<std::string, double> cpu;  // Until all sizes are right.
  };

  [[nodiscard]] Result<Steps> TakeSteps() {
    // None is a fifth of one before it: that would be taken for the collapse of a source.
    constexpr std::array kBases = {8, 14, 6, 10, 7, 20, 12, 9};
    constexpr auto kBetween = milliseconds(6130);  // Not in step with the scrapes.
    Say(fmt::format("{} steps", options_.steps));
    Steps steps;
    for (int i = 0; i < options_.steps; ++i) {
      static_cast<void>(rig_.watch().TakeChanges());
      const auto usage_before = rig_.Usage();
      rig_.loads().Move(kBases[static_cast<std::size_t>(i) % kBases.size()], rig_.Now());
      if (!rig_.Settle(kSettleWithin)) return NotSettled(fmt::format("after step {}", i + 1));
      for (const auto& [process, usage] : rig_.Usage())
        steps.cpu[process] += usage.cpu_seconds - usage_before.at(process).cpu_seconds;
      for (const SizeWatch::Change& change : rig_.watch().TakeChanges()) {
        if (change.to != rig_.loads().Wanted(change.object)) {
          ++steps.wrong;
          continue;
        }
        steps.from_step.Add(change.at - rig_.loads().moved_at());
        steps.from_scrape.Add(change.at - *rig_.loads().told_at());
      }
      rig_.Pass(kBetween);
    }
    return steps;
  }

  [[nodiscard]] Status MeasureSteps() {
    const auto before = rig_.Count();
    if (!before) return before.error();
    const Result<Steps> steps = TakeSteps();
    if (!steps) return steps.error();
    const auto after = rig_.Count();
    if (!after) return after.error();
    report_.AddAtLeast("steps", "sizes_observed", static_cast<double>(steps->from_step.size()),
                       static_cast<double>(rig_.loads().moving()) * options_.steps);
    report_.AddAtMost("steps", "wrong_sizes", static_cast<double>(steps->wrong), 0);
    report_.AddQuantiles("steps", "from_step", steps->from_step);
    report_.AddQuantiles("steps", "from_scrape", steps->from_scrape,
                         options_.objects > kManyObjects ? kBeyondScrapeOfMany : kBeyondScrape);
    ours_ = steps->from_step;
    report_.Add(
        "steps", "engine_writes_per_step",
        MoreRequests(before->engine, after->engine, "hpaplus_kube_requests_total", kWrites) /
            options_.steps);
    for (const auto& [process, seconds_used] : steps->cpu)
      report_.Add("steps", process + "_cpu_seconds_per_step", seconds_used / options_.steps);
    ReportMeans("steps", *before, *after);
    ReportServerMeans(*before, *after);
    ReportUsage("steps", *before, *after);
    return Done{};
  }

  // The same with Kubernetes' own controller in the place of the engine.
  [[nodiscard]] Status Stock() {
    Say("the stock HPA takes over");
    if (Status started = rig_.ReplaceByStock(options_.stock); !started) return started;
    if (!rig_.Settle(kSettleWithin)) return NotSettled("by the stock HPA");
    rig_.Pass(seconds(10));
    const auto before = rig_.Count();
    if (!before) return before.error();
    rig_.Pass(seconds(std::max(options_.rest_seconds, 1)));
    const auto after = rig_.Count();
    if (!after) return after.error();
    report_.Add("stock", "controller_and_apiserver_cores_at_rest",
                Rate(*before, *after, "engine") + Rate(*before, *after, "apiserver"));
    const Result<Steps> steps = TakeSteps();
    if (!steps) return steps.error();
    report_.AddQuantiles("stock", "from_step", steps->from_step);
    report_.AddQuantiles("stock", "from_scrape", steps->from_scrape);
    for (const auto& [share, name] : {std::pair(0.5, "p50"), std::pair(0.99, "p99")})
      report_.Add("stock", fmt::format("times_our_{}", name),
                  steps->from_step.Seconds(share) / ours_.Seconds(share));
    return Done{};
  }

  // The load moves every two seconds, for so long.
  void KeepMoving(Duration time) {
    const Timestamp end = rig_.Now() + time;
    while (rig_.Now() < end) {
      MoveOn();
      rig_.Pass(seconds(2));
    }
  }

  // To a load that was not there lately, so that each size tells which load it is for, and that is
  // not a fifth of one.
  void MoveOn() {
    constexpr int kLeast = 60;
    constexpr int kLoads = 41;
    constexpr int kStride = 7;
    const int base = kLeast + LoadTable::kSpread * (kStride * moves_++ % kLoads);
    rig_.loads().Move(base, rig_.Now());
  }

  // In the middle of the sizes that follow a move: what is then lost on the way is not nothing.
  [[nodiscard]] bool AwaitHalf() {
    MoveOn();
    const Timestamp deadline = rig_.Now() + kSettleWithin;
    while (rig_.Wrong() > rig_.loads().moving() / 2) {
      if (rig_.Now() >= deadline) return false;
      rig_.Pass(milliseconds(5));
    }
    return true;
  }

  [[nodiscard]] Status Outage() {
    Say(fmt::format("the API server is killed for {} s, under load", options_.outage_seconds));
    static_cast<void>(rig_.watch().TakeChanges());
    KeepMoving(seconds(6));
    if (!AwaitHalf()) return NotSettled("by half before the outage");
    const Timestamp killed_at = rig_.Now();
    if (Status killed = rig_.cluster().KillApiserver(); !killed) return killed;
    const auto last_version = rig_.cluster().Revision();
    if (!last_version) return last_version.error();
    KeepMoving(seconds(options_.outage_seconds));
    if (Status started = rig_.cluster().StartApiserver(); !started) return started;
    const Timestamp ready = rig_.Now();
    const bool settled = rig_.Settle(kSettleWithin);
    const double took = ToSeconds(rig_.Now() - ready);
    if (!settled) return NotSettled("after the outage");
    report_.AddAtMost("outage", "normal_after_ready_seconds", took, kNormalAgain);
    KeepMoving(seconds(6));

    JudgeSizes(killed_at, *last_version);
    report_.AddAtLeast("outage", "engine_running", rig_.engine().running() ? 1 : 0, 1);
    return Done{};
  }

  // Of the outage. What the store had before it, up to `last_version`, may be seen long after.
  void JudgeSizes(Timestamp killed_at, std::int64_t last_version) {
    std::size_t wrong = 0;
    std::size_t after = 0;
    std::size_t late = 0;
    for (const SizeWatch::Change& change : rig_.watch().TakeChanges()) {
      const bool is_old = change.version <= last_version;
      const Timestamp written = is_old ? std::min(change.at, killed_at) : change.at;
      (is_old ? late : after) += change.at > killed_at ? 1U : 0U;
      if (rig_.loads().WasWanted(change.object, change.to, written - kEvidenceAge, written))
        continue;
      ++wrong;
      Say(fmt::format("{}: {} -> {} at {}", ObjectName(change.object), change.from, change.to,
                      FormatRfc3339(change.at, true)));
    }
    report_.AddAtLeast("outage", "sizes_after_it_began", static_cast<double>(after),
                       static_cast<double>(rig_.loads().moving()));
    report_.Add("outage", "sizes_written_before_and_seen_after", static_cast<double>(late));
    report_.AddAtMost("outage", "wrong_sizes", static_cast<double>(wrong), 0);
  }

  const Options& options_;
  Rig& rig_;
  Report& report_;
  Durations ours_;  // From a step to its size.
  int moves_ = 0;
};

template <class Integer>
bool ReadInteger(std::string_view text, Integer& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool ReadOptions(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    const std::string_view value = argv[i + 1];
    bool ok = true;
    if (flag == "--objects") {
      ok = ReadInteger(value, options.objects) && options.objects > 0;
    } else if (flag == "--moving") {
      ok = ReadInteger(value, options.moving) && options.moving > 0;
    } else if (flag == "--queries") {
      options.grouped = value == "grouped";
      ok = options.grouped || value == "own";
    } else if (flag == "--steps") {
      ok = ReadInteger(value, options.steps) && options.steps >= 0;
    } else if (flag == "--rest") {
      ok = ReadInteger(value, options.rest_seconds) && options.rest_seconds >= 0;
    } else if (flag == "--outage") {
      ok = ReadInteger(value, options.outage_seconds) && options.outage_seconds >= 0;
    } else if (flag == "--program") {
      options.program = value;
    } else if (flag == "--stock") {
      options.stock = value;
    } else if (flag == "--json") {
      options.json_file = value;
    } else {
      ok = false;
    }
    if (!ok) return false;
  }
  return argc % 2 == 1;
}

int Main(int argc, char** argv) {
  constexpr int kMissed = 2;
  constexpr int kUsage = 64;
  constexpr int kSkipped = 77;
  Options options;
  if (!ReadOptions(argc, argv, options)) {
    std::cerr << "usage: hpaplus_reaction [--objects N] [--moving N] [--queries grouped|own] "
                 "[--steps N] [--rest SECONDS] [--outage SECONDS] [--program FILE] [--stock FILE] "
                 "[--json FILE]\n";
    return kUsage;
  }
  std::string why_not = test::KubeCluster::WhyNot();
  if (test::PrometheusProcess::Find().empty()) why_not = "no prometheus in PATH";
  if (!why_not.empty()) {
    std::cerr << "SKIPPED: reaction: " << why_not << "\n";
    return kSkipped;
  }
  Rig::Options rig_options;
  rig_options.objects = options.objects;
  rig_options.moving = std::min(options.moving, options.objects);
  rig_options.grouped = options.grouped;
  rig_options.program = options.program;
  Say(fmt::format("making {} objects", options.objects));
  auto rig = Rig::Start(rig_options);
  if (!rig) return Say(rig.error().message), 1;
  Report report;
  report.Add("setup", "objects", static_cast<double>(options.objects));
  const Status done = Reaction(options, **rig, report).Run();
  std::cout << report.Table();
  if (!options.json_file.empty()) std::ofstream(options.json_file) << report.Json();
  if (!done) return Say(done.error().message), 1;
  return report.holds() ? 0 : kMissed;
}

}  // namespace
}  // namespace hpaplus::bench

int main(int argc, char** argv) {
  return hpaplus::bench::Main(argc, argv);
}
