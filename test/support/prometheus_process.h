#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::test {

/// A real Prometheus on 127.0.0.1, with its data in a temporary directory that goes with it. It
/// also ends when the thread that started it does, so that no test leaves one behind.
class PrometheusProcess {
 public:
  struct Options {
    std::vector<std::string> targets;  // "127.0.0.1:8080"; /metrics of each is scraped.
    Duration scrape_interval = std::chrono::seconds(1);
    int port = 0;            // 0: a free one.
    std::string web_config;  // The text of --web.config.file; empty for none.
    std::vector<std::string> flags;
    std::string config;                            // More YAML for its configuration file.
    Duration patience = std::chrono::seconds(60);  // Until it is ready.
  };

  /// The program's path; empty when there is none.
  [[nodiscard]] static std::string Find();

  /// Returns when it is ready to be asked; the first scrape follows about five seconds later, since
  /// Prometheus looks at its targets that seldom. kNotFound without the program, kUnavailable with
  /// its last words when it ends before it is ready.
  [[nodiscard]] static Result<std::unique_ptr<PrometheusProcess>> Start(const Options& options);

  /// Stops it: SIGTERM, then SIGKILL.
  ~PrometheusProcess();
  PrometheusProcess(const PrometheusProcess&) = delete;
  PrometheusProcess& operator=(const PrometheusProcess&) = delete;

  /// "http://127.0.0.1:1234".
  [[nodiscard]] const std::string& url() const;
  [[nodiscard]] int pid() const;

 private:
  class State;
  explicit PrometheusProcess(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace hpaplus::test
