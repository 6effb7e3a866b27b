#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/time.h"
#include "engine/kube/kube_client.h"
#include "engine/kube/token_bucket.h"

namespace hpaplus::kube {

inline constexpr std::size_t kPriorities = 6;

/// One request from Start() to its result.
struct PendingRequest {
  KubeRequest request;
  Timestamp deadline = Timestamp::max();
  std::function<void(Result<std::string> body)> on_done;
  /// Instead of sending: the caller sends it himself, with these credentials.
  std::function<void(Result<std::shared_ptr<const HttpAuth>>)> on_turn;
  std::shared_ptr<const HttpAuth> sent_with;
  bool sent_before = false;             // And answered 401.
  std::atomic<bool> abandoned = false;  // Nobody waits for the result any more.
};

/// Who is next: by priority, then by age, within a budget of requests per second and of requests
/// under way, and not while the server has asked to be left alone. What is less urgent leaves a
/// part of both to what is more so and may come a moment later; statuses and events also wait until
/// no size has left for kAfterSizes, but not longer than kTellLatest. Not thread-safe.
class RequestQueue {
 public:
  explicit RequestQueue(const KubeClient::Config& config);

  /// False when the queue is full.
  [[nodiscard]] bool Push(std::shared_ptr<PendingRequest> request);
  /// Before all others of its priority: it has waited already.
  void PushFront(std::shared_ptr<PendingRequest> request);

  /// Null when nothing may be sent at `now`. What it gives counts as under way until Finished().
  [[nodiscard]] std::shared_ptr<PendingRequest> Pop(Timestamp now);
  void Finished() { --in_flight_; }
  /// The same for what was not sent: it costs nothing.
  void NotSent() {
    --in_flight_;
    bucket_.GiveBack();
  }
  /// When Pop() may have something, unless Push() or Finished() change that.
  [[nodiscard]] std::optional<Timestamp> NextPop(Timestamp now);

  /// Nothing of this or a lower priority until then; sizes are not held back for informers.
  void Hold(Priority from, Timestamp until);
  /// Whether the server gives answers, of any kind. While it gives none, Pop() has one request for
  /// every kTrySpacing.
  void SetAnswering(bool answering, Timestamp now);

  /// The first of all, whatever holds it up; null when there is none.
  [[nodiscard]] std::shared_ptr<PendingRequest> PopAny();

  static constexpr Duration kTrySpacing = std::chrono::milliseconds(100);
  static constexpr Duration kAfterSizes = std::chrono::milliseconds(300);
  static constexpr Duration kTellLatest = std::chrono::seconds(3);

 private:
  // When statuses and events may be sent, as far as sizes are concerned.
  [[nodiscard]] Timestamp TellFrom() const;

  TokenBucket bucket_;
  // What a priority leaves to those above it: so many tokens, and what is beyond so many under way.
  std::array<double, kPriorities> kept_{};
  std::array<std::size_t, kPriorities> max_in_flight_{};
  const std::size_t limit_;
  std::array<std::deque<std::shared_ptr<PendingRequest>>, kPriorities> waiting_;
  std::array<Timestamp, kPriorities> held_until_{};
  std::size_t size_ = 0;
  std::size_t in_flight_ = 0;
  Timestamp last_size_{};                 // When a size has left.
  std::optional<Timestamp> quiet_since_;  // Since when statuses or events wait for sizes.
  std::optional<Timestamp> next_try_;     // Null: the server answers, as far as we know.
};

}  // namespace hpaplus::kube
