#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "test/bench/load_table.h"
#include "test/bench/process_usage.h"
#include "test/bench/size_watch.h"
#include "test/support/child_process.h"
#include "test/support/hpaplus_process.h"
#include "test/support/kube_cluster.h"
#include "test/support/kube_rest.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"

namespace hpaplus::bench {

/// Everything that a measurement runs on: a control plane with one deployment and one HPAPlus per
/// object, an exporter with one series per object, a Prometheus that scrapes it each second, the
/// engine, and a watch on the sizes.
class Rig {
 public:
  struct Options {
    std::size_t objects = 500;
    std::size_t moving = 500;  // So many of them have a load that moves.
    std::string program;       // hpaplus
    int first_base = 3;        // Of the load.
    bool grouped = true;       // One query for all objects; otherwise each asks for itself.
    std::string config;        // More YAML for the engine's configuration.
  };

  /// What all processes and interfaces have counted so far. Of the engine also those that replace
  /// it.
  struct Counters {
    Timestamp at{};
    std::map<std::string, ProcessUsage> usage;  // By process.
    test::HpaplusProcess::Series engine;
    test::HpaplusProcess::Series apiserver;
  };

  [[nodiscard]] static Result<std::unique_ptr<Rig>> Start(const Options& options);

  [[nodiscard]] test::KubeCluster& cluster() { return *cluster_; }
  [[nodiscard]] test::HpaplusProcess& engine() { return *engine_; }

  /// Ends the engine and lets Kubernetes' own controller scale the same objects by the same
  /// metrics: `program` is that of test/bench/stock_hpa, tuned as far as it goes.
  [[nodiscard]] Status ReplaceByStock(const std::string& program);
  [[nodiscard]] LoadTable& loads() { return loads_; }
  [[nodiscard]] SizeWatch& watch() { return *watch_; }

  [[nodiscard]] Timestamp Now() { return clock_.Now(); }
  void Pass(Duration time) { static_cast<void>(clock_.WaitUntil(clock_.Now() + time, {})); }
  /// Of the engine, or of what replaces it.
  [[nodiscard]] std::string Log() {
    return engine_ ? engine_->Log() : test::ReadFile(cluster_->File("stock.log"));
  }
  [[nodiscard]] Result<Counters> Count();
  [[nodiscard]] std::map<std::string, ProcessUsage> Usage();
  /// Objects whose size is not what their load asks for.
  [[nodiscard]] std::size_t Wrong();
  /// Waits until none is; false when some are after `most`.
  [[nodiscard]] bool Settle(Duration most);

 private:
  explicit Rig(const Options& options)
      : options_(options), loads_(options.objects, options.moving) {}

  [[nodiscard]] Status StartSources();
  [[nodiscard]] test::Json Source() const;
  [[nodiscard]] Status CreateObjects();
  [[nodiscard]] Status StartEngine();
  [[nodiscard]] Status ApplyAll(const std::vector<test::Json>& objects);

  const Options options_;
  SystemClock clock_;
  LoadTable loads_;
  std::unique_ptr<test::KubeCluster> cluster_;
  std::unique_ptr<test::ScriptedServer> exporter_;
  std::unique_ptr<test::PrometheusProcess> prometheus_;
  std::unique_ptr<SizeWatch> watch_;
  std::unique_ptr<test::HpaplusProcess> engine_;
  std::unique_ptr<support::ChildProcess> stock_;
};

}  // namespace hpaplus::bench
