#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/kube/access.h"
#include "engine/ports/clock.h"
#include "engine/ports/http_stream.h"
#include "engine/ports/telemetry.h"

namespace hpaplus::kube {

/// Who goes first when requests have to wait: what keeps the informers up to date, which are few,
/// then sizes before reads before status before events.
enum class Priority { kInformer, kScaleUp, kScaleDown, kRead, kStatus, kEvent };

struct KubeRequest {
  std::string method = "GET";
  std::string path;  // With query: "/api/v1/pods?limit=500".
  std::string body;
  std::string content_type = "application/json";
  std::string accept = "application/json";
  std::string verb;      // For telemetry: list, get, watch, create, update, patch, delete.
  std::string resource;  // For telemetry: "pods", "deployments/scale".
  Priority priority = Priority::kRead;
  std::size_t max_response_bytes = 64U << 20U;
  /// Asked once, right before the request leaves the queue, on a thread of the client; an Error
  /// withdraws it and is its result. May bring its body up to date. Must be short; null for always.
  std::function<Status(std::string& body)> before_sending;
};

/// REST calls to one API server, as one user, within a budget of requests per second.
///
/// Answers other than 2xx are Errors whose message is the server's: 404 kNotFound, 409 kConflict,
/// 410 kGone, 401 and 403 kPermissionDenied, 400, 406, 413, 415 and 422 kInvalidArgument, 429, 5xx
/// and a broken connection kUnavailable, no answer in time kDeadlineExceeded. A resourceVersion
/// that the server has not reached (yet) is kGone, too: it may never reach it.
///
/// A 429 or 503 with Retry-After (seconds or a date, capped at 60 s) holds back everything of the
/// same or a lower priority for that long, with jitter; sizes are not held back for an informer. A
/// 401 makes the credentials be read again and the request is sent once more. While the server
/// gives no answer at all, one request is sent every 100 ms and the others wait for what becomes of
/// it, so that the budget is there when the server is. Thread-safe; has one thread, "kube", that
/// sends.
class KubeClient {
 public:
  struct Config {
    double qps = 400;     // Sustained requests per second; watches count once.
    double burst = 2000;  // May be sent at once after a pause: a step that moves 1,000 workloads.
                          // Statuses and events leave most of it to sizes.
    Duration request_timeout = std::chrono::seconds(5);
    std::size_t queue_limit = 100'000;  // Waiting requests; more are refused with kUnavailable.
    std::size_t max_in_flight = 64;
  };
  using OnDone = std::function<void(Result<std::string> body)>;

  /// Everything passed by reference must outlive the client.
  KubeClient(const Config& config, std::shared_ptr<Access> access, AsyncHttpClient& http,
             Clock& clock, Telemetry& telemetry);
  ~KubeClient();
  KubeClient(const KubeClient&) = delete;
  KubeClient& operator=(const KubeClient&) = delete;

  /// Returns at once; `on_done` is called exactly once, on a thread of the client, and must be
  /// short. Not retried: the caller knows better what to do with a failure.
  void Start(KubeRequest request, OnDone on_done);

  /// Blocks. Idempotent requests (GET, PUT with a resourceVersion, DELETE) are repeated on
  /// kUnavailable with jittered back-off until `deadline`.
  [[nodiscard]] Result<std::string> Call(const KubeRequest& request, Timestamp deadline);

  /// Opens a watch; the lines are watch events. A refused one is an Error as above. Blocks for the
  /// request's turn and the head of its answer; kUnavailable when `stop` comes first.
  [[nodiscard]] Result<std::unique_ptr<LineStream>> Watch(const KubeRequest& request,
                                                          const std::stop_token& stop);

  /// Whether the last request got an answer of any kind. False while the server is unreachable.
  [[nodiscard]] bool Answering() const;

 private:
  class State;
  std::shared_ptr<State> state_;  // With the answers that are still to come.
};

}  // namespace hpaplus::kube
