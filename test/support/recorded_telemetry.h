#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/telemetry.h"

namespace hpaplus::test {

/// Remembers what it is told. Thread-safe.
class RecordedTelemetry final : public Telemetry {
 public:
  void SourceRead(std::string_view, Duration, std::size_t, std::size_t) override {}
  void KubeRequest(std::string_view verb, std::string_view resource, int code,
                   Duration /*took*/) override {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::string(verb) + " " + std::string(resource) + " " +
                        std::to_string(code));
  }
  void WatchRestarted(std::string_view resource, std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    restarts_.push_back(std::string(resource) + " " + std::string(reason));
  }
  void CacheObjects(std::string_view resource, std::size_t count) override {
    const std::lock_guard lock(mutex_);
    objects_[std::string(resource)] = count;
  }

  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::vector<std::string> restarts() const {
    const std::lock_guard lock(mutex_);
    return restarts_;
  }
  [[nodiscard]] std::map<std::string, std::size_t> objects() const {
    const std::lock_guard lock(mutex_);
    return objects_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::string> restarts_;
  std::map<std::string, std::size_t> objects_;
};

}  // namespace hpaplus::test
