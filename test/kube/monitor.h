#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "test/support/scripted_server.h"

namespace hpaplus::test {

/// A business monitor: {"queue": {"depth": 42}} over HTTP, and whatever else a test makes it say.
/// Thread-safe.
class Monitor {
 public:
  Monitor() : server_([this](const ScriptedRequest&) { return Answer(); }) {}

  [[nodiscard]] const std::string& url() const { return server_.url(); }

  void SetDepth(double depth) { SetDepthText(std::to_string(depth)); }
  /// The depth as it stands in the JSON: `"12"`, `1e300`, `null`.
  void SetDepthText(const std::string& depth) {
    SetBody("{\"queue\": {\"depth\": " + depth + "}}");
  }
  void SetBody(std::string body, std::string content_type = "application/json") {
    const std::lock_guard lock(mutex_);
    answer_ = {};
    answer_.body = std::move(body);
    answer_.content_type = std::move(content_type);
  }
  void Refuse(int status) {
    const std::lock_guard lock(mutex_);
    answer_ = {};
    answer_.status = status;
  }
  /// Heads of answers, and never a body.
  void Hang() {
    const std::lock_guard lock(mutex_);
    answer_ = {};
    answer_.stream = [](ScriptedWriter& out) { return out.Pause(std::chrono::minutes(1)); };
  }
  /// Requests so far.
  [[nodiscard]] int asked() const { return asked_; }

 private:
  ScriptedAnswer Answer() {
    ++asked_;
    const std::lock_guard lock(mutex_);
    return answer_;
  }

  std::atomic<int> asked_ = 0;
  std::mutex mutex_;
  ScriptedAnswer answer_;
  ScriptedServer server_;  // Calls Answer(), so it dies first.
};

}  // namespace hpaplus::test
