#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/time.h"
#include "engine/kube/kube_api.h"
#include "engine/kube/token_bucket.h"

namespace hpaplus::kube {

struct EventSubject {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;
  std::string uid;
};

/// One Kubernetes Event, about something that just changed.
struct EventNote {
  EventSubject subject;
  std::optional<EventSubject> related;
  bool is_warning = false;
  std::string reason;  // ScaledUp, ScaledDown, ScaleFailed, Recommended, MetricUnavailable, ...
  std::string action;  // Scale, Evaluate.
  std::string note;    // For people; cut at 1 kB.
};

/// Writes Events (events.k8s.io/v1). Whoever says the same often is muted by (object, reason), so
/// that a noisy reason never mutes another; when too many wait, new ones are dropped and counted.
/// An event that cannot be written is lost: it is a courtesy, not a record. Thread-safe.
class EventWriter {
 public:
  struct Config {
    double burst = 10;  // Per object and reason.
    Duration refill = std::chrono::seconds(60);
    std::size_t most_waiting = 1000;
    std::size_t most_buckets = 100'000;
    std::string instance = "hpaplus";  // Which process this is: the pod's name.
  };
  using Send = std::function<void(KubeRequest, KubeClient::OnDone)>;

  /// `send` must be done with its callbacks before this is destroyed.
  EventWriter(Config config, Send send);

  void Write(const EventNote& event, Timestamp now);

  [[nodiscard]] std::uint64_t written() const { return written_.load(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(); }

 private:
  struct Bucket {
    TokenBucket tokens;
    Timestamp used{};
  };

  [[nodiscard]] bool MayWrite(const EventNote& event, Timestamp now);

  const Config config_;
  const Send send_;
  std::atomic<std::uint64_t> written_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<std::uint64_t> serial_ = 0;
  Mutex mutex_;
  std::map<std::pair<std::string, std::string>, Bucket> buckets_ HPAPLUS_GUARDED_BY(mutex_);
};

/// The event as the API server takes it; `serial` makes its name unique within this process.
[[nodiscard]] std::string EventJson(const EventNote& event, const std::string& instance,
                                    Timestamp now, std::uint64_t serial);

}  // namespace hpaplus::kube
