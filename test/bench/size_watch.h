#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/workload.h"
#include "test/support/kube_rest.h"

namespace hpaplus::bench {

/// What somebody sees who watches the deployments: each change of spec.replicas and when it came.
/// Comes back after an outage by itself. Thread-safe; has one thread.
class SizeWatch {
 public:
  struct Change {
    std::size_t object = 0;
    Replicas from = 0;
    Replicas to = 0;
    Timestamp at{};
    std::int64_t version = 0;  // The object's resourceVersion.
  };

  /// `api` must outlive the watch.
  SizeWatch(test::KubeRest& api, std::string ns, std::size_t objects);
  ~SizeWatch();
  SizeWatch(const SizeWatch&) = delete;
  SizeWatch& operator=(const SizeWatch&) = delete;

  /// All changes since the last call.
  [[nodiscard]] std::vector<Change> TakeChanges();
  /// -1 for what was not seen yet.
  [[nodiscard]] std::vector<Replicas> sizes() const;

 private:
  void Run(const std::stop_token& stop);
  void List();
  void Follow(const std::stop_token& stop);
  void Note(const std::string& deployment, Timestamp at);

  test::KubeRest& api_;
  const std::string path_;
  std::string version_;  // The thread's own.
  mutable std::mutex mutex_;
  std::vector<Replicas> sizes_;
  std::vector<Change> changes_;
  std::jthread thread_;
};

}  // namespace hpaplus::bench
