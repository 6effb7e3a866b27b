#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::test {

/// `hpaplus run` beside a test. Not thread-safe.
class HpaplusProcess {
 public:
  struct Options {
    std::string kubeconfig;
    std::string ns;                  // --namespace; empty for all.
    std::vector<std::string> flags;  // More of them.
    std::string config;              // More YAML for the configuration file, beside `http`
                                     // and `sources`, which may lead to this host.
    std::string sources;             // More of `sources`, as "podMetrics: Kubelet, threads: 2".
    bool wait_until_ready = true;
    std::string program = HPAPLUS_BINARY_DIR "/hpaplus";
    Duration patience = std::chrono::seconds(30);
  };
  /// Name with labels, as in the text format, to value.
  using Series = std::map<std::string, double>;

  /// Returns when /readyz says yes, or at once.
  [[nodiscard]] static Result<std::unique_ptr<HpaplusProcess>> Start(const Options& options);

  /// SIGTERM, then SIGKILL.
  ~HpaplusProcess();
  HpaplusProcess(const HpaplusProcess&) = delete;
  HpaplusProcess& operator=(const HpaplusProcess&) = delete;

  [[nodiscard]] bool running();
  [[nodiscard]] int pid() const;
  /// 200 of /readyz.
  [[nodiscard]] bool ready();
  [[nodiscard]] std::string Log() const;
  [[nodiscard]] Result<Series> Metrics();

  void Signal(int signal);
  /// The exit code, 128 + signal when a signal ended it; nothing when it still runs after `most`.
  [[nodiscard]] std::optional<int> Wait(Duration most);

 private:
  class State;
  explicit HpaplusProcess(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

/// The text format of Prometheus; comments and lines that are none of it are passed over.
[[nodiscard]] HpaplusProcess::Series ParseSeries(const std::string& text);

/// Of all series with this name whose labels contain each of `labels`, such as `verb="list"`.
[[nodiscard]] double Sum(const HpaplusProcess::Series& series, const std::string& name,
                         const std::vector<std::string>& labels = {});

}  // namespace hpaplus::test
