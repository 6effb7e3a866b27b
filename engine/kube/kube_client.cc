#include "engine/kube/kube_client.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "engine/base/backoff.h"
#include "engine/base/mutex.h"
#include "engine/base/random.h"
#include "engine/kube/kube_status.h"
#include "engine/kube/request_queue.h"

namespace hpaplus::kube {
namespace {

constexpr std::string_view kUserAgent = "hpaplus/" HPAPLUS_VERSION;
// Waits count the monotonic clock, which stands still while the machine sleeps.
constexpr Duration kLongestNap = std::chrono::seconds(1);
constexpr double kHoldJitter = 0.2;
constexpr Backoff::Config kCallBackoff = {std::chrono::milliseconds(100), std::chrono::seconds(5),
                                          1.0};

std::string Describe(const KubeRequest& request) {
  return request.verb + " " + request.resource;
}

Error Prefixed(const KubeRequest& request, Error error) {
  error.message = fmt::format("kube: {}: {}", Describe(request), error.message);
  return error;
}

bool IsIdempotent(const KubeRequest& request) {
  if (request.method == "GET" || request.method == "DELETE") return true;
  // With it a second write of what has arrived is refused as a conflict.
  return request.method == "PUT" && request.body.find("\"resourceVersion\":") != std::string::npos;
}

bool MayPass(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDeadlineExceeded;
}

HttpRequest ToHttp(const KubeRequest& request, const std::string& server,
                   std::shared_ptr<const HttpAuth> auth) {
  HttpRequest http;
  http.method = request.method;
  http.url = server + request.path;
  http.headers = {{"User-Agent", std::string(kUserAgent)}, {"Accept", request.accept}};
  if (!request.body.empty()) http.headers.emplace_back("Content-Type", request.content_type);
  http.body = request.body;
  http.auth = std::move(auth);
  http.max_response_bytes = request.max_response_bytes;
  return http;
}

// One value from another thread, waited for until a deadline or a stop.
template <class T>
class Promised {
 public:
  void Set(T value) {
    {
      const MutexLock lock(mutex_);
      value_.emplace(std::move(value));
    }
    changed_.notify_all();
  }

  std::optional<T> Wait(Timestamp deadline, Clock& clock, const std::stop_token& stop) {
    MutexLock lock(mutex_);
    const auto there = [this]() HPAPLUS_REQUIRES(mutex_) { return value_.has_value(); };
    while (!there() && !stop.stop_requested()) {
      const Duration left = deadline - clock.Now();
      if (left <= Duration::zero()) break;
      changed_.wait_for(lock, stop, std::min(left, kLongestNap), there);
    }
    return std::exchange(value_, std::nullopt);
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<T> value_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace

class KubeClient::State : public std::enable_shared_from_this<KubeClient::State> {
 public:
  using Pending = std::shared_ptr<PendingRequest>;

  State(const Config& config, std::shared_ptr<Access> access, AsyncHttpClient& http, Clock& clock,
        Telemetry& telemetry)
      : config_(config),
        access_(std::move(access)),
        http_(http),
        clock_(clock),
        telemetry_(telemetry),
        queue_(config),
        random_(static_cast<std::uint64_t>(clock.Now().time_since_epoch().count())) {}

  void Run() {
    thread_ = std::thread([this] {
      while (const Pending next = WaitForTurn())
        Send(next);
    });
  }

  void Close() {
    std::vector<Pending> unfinished;
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      while (Pending waiting = queue_.PopAny())
        unfinished.push_back(std::move(waiting));
      unfinished.insert(unfinished.end(), in_flight_.begin(), in_flight_.end());
      in_flight_.clear();
    }
    changed_.notify_all();
    thread_.join();
    for (const Pending& pending : unfinished)
      Deliver(*pending, Stopped(pending->request));
    MutexLock lock(mutex_);
    changed_.wait(lock, [this]() HPAPLUS_REQUIRES(mutex_) { return delivering_ == 0; });
  }

  void Enqueue(const Pending& pending) {
    Error refusal;
    {
      const MutexLock lock(mutex_);
      if (!stopping_ && queue_.Push(pending)) {
        changed_.notify_all();
        return;
      }
      refusal = stopping_ ? Stopped(pending->request)
                          : Prefixed(pending->request, {ErrorCode::kUnavailable,
                                                        "too many requests are waiting already"});
    }
    Deliver(*pending, std::move(refusal));
  }

  Result<std::string> CallOnce(const KubeRequest& request, Timestamp deadline) {
    const auto answer = std::make_shared<Promised<Result<std::string>>>();
    const auto pending = std::make_shared<PendingRequest>();
    pending->request = request;
    pending->deadline = deadline;
    pending->on_done = [answer](Result<std::string> body) { answer->Set(std::move(body)); };
    Enqueue(pending);
    std::optional<Result<std::string>> body = answer->Wait(deadline, clock_, {});
    if (body) return *std::move(body);
    pending->abandoned = true;
    return Prefixed(request, {ErrorCode::kDeadlineExceeded, "no answer in time"});
  }

  Result<std::unique_ptr<LineStream>> OpenWatch(const KubeRequest& request,
                                                const std::stop_token& stop) {
    const auto turn = std::make_shared<Promised<Result<std::shared_ptr<const HttpAuth>>>>();
    const auto pending = std::make_shared<PendingRequest>();
    pending->request = request;
    pending->on_turn = [turn](Result<std::shared_ptr<const HttpAuth>> auth) {
      turn->Set(std::move(auth));
    };
    pending->on_done = [turn](const Result<std::string>& body) { turn->Set(body.error()); };
    for (bool again : {true, false}) {
      Enqueue(pending);
      std::optional<Result<std::shared_ptr<const HttpAuth>>> auth =
          turn->Wait(Timestamp::max(), clock_, stop);
      if (!auth) {
        pending->abandoned = true;
        return Stopped(request);
      }
      if (!*auth) return auth->error();
      const Timestamp start = clock_.Now();
      Result<std::unique_ptr<LineStream>> stream = http_.Open(
          ToHttp(request, access_->server(), **auth), start + config_.request_timeout, stop);
      const int status = stream ? (*stream)->head().status : 0;
      telemetry_.KubeRequest(request.verb, request.resource, status, clock_.Now() - start);
      NoteAnswer(status != 0);
      if (!stream) return Prefixed(request, stream.error());
      if (status == 200) return stream;
      Heed(request, (*stream)->head(), **auth);
      if (status == 401 && again) continue;
      return ToError(Describe(request), status, ReadAll(**stream, stop));
    }
    return Stopped(request);  // Not reached: the second round returns.
  }

  /// False when the client stops first.
  bool Pause(Duration duration) {
    const Timestamp until = clock_.Now() + duration;
    MutexLock lock(mutex_);
    while (!stopping_ && clock_.Now() < until)
      changed_.wait_for(lock, std::min(until - clock_.Now(), kLongestNap));
    return !stopping_;
  }

  Backoff NewBackoff() {
    const MutexLock lock(mutex_);
    return Backoff(kCallBackoff, Random(random_.Next()));
  }

  Clock& clock() { return clock_; }
  [[nodiscard]] bool answering() const { return answering_; }

 private:
  static Error Stopped(const KubeRequest& request) {
    return Prefixed(request, {ErrorCode::kUnavailable, "the client has stopped"});
  }

  Pending WaitForTurn() {
    MutexLock lock(mutex_);
    while (!stopping_) {
      const Timestamp now = clock_.Now();
      if (Pending next = queue_.Pop(now)) {
        in_flight_.insert(next);
        return next;
      }
      const std::optional<Timestamp> at = queue_.NextPop(now);
      const Duration wait = at ? *at - now : kLongestNap;
      changed_.wait_for(lock, std::clamp(wait, Duration::zero(), kLongestNap));
    }
    return nullptr;
  }

  void Send(const Pending& pending) {
    KubeRequest& request = pending->request;
    if (pending->abandoned) {
      return Refuse(pending, Prefixed(request, {ErrorCode::kDeadlineExceeded, "withdrawn"}));
    }
    if (request.before_sending && !pending->sent_before) {
      if (Status allowed = request.before_sending(request.body); !allowed) {
        return Refuse(pending, allowed.error());
      }
    }
    Result<std::shared_ptr<const HttpAuth>> auth = access_->Auth();
    if (!auth) return Refuse(pending, Prefixed(request, auth.error()));
    {
      const MutexLock lock(mutex_);
      newest_auth_ = *auth;
      refusal_told_ = false;
    }
    if (pending->on_turn) {
      if (Leave(pending)) pending->on_turn(std::move(auth));
      return Delivered();
    }
    pending->sent_with = *auth;
    const Timestamp now = clock_.Now();
    http_.Start(ToHttp(request, access_->server(), *std::move(auth)),
                std::min(pending->deadline, now + config_.request_timeout),
                [self = shared_from_this(), pending, now](Result<HttpResponse> response) {
                  self->OnAnswer(pending, now, std::move(response));
                });
  }

  // On the http client's thread.
  void OnAnswer(const Pending& pending, Timestamp sent_at, Result<HttpResponse> response) {
    const KubeRequest& request = pending->request;
    const int status = response ? response->status : 0;
    telemetry_.KubeRequest(request.verb, request.resource, status, clock_.Now() - sent_at);
    NoteAnswer(status != 0);
    if (!response) return Settle(pending, Prefixed(request, response.error()));
    if (status >= 200 && status < 300) return Settle(pending, std::move(response->body));
    Heed(request, *response, pending->sent_with);
    if (status == 401 && !pending->sent_before && SendAgain(pending)) return;
    Settle(pending, ToError(Describe(request), status, response->body));
  }

  // What a refusal means for other requests than the refused one.
  void Heed(const KubeRequest& request, const HttpResponse& head,
            const std::shared_ptr<const HttpAuth>& sent_with) {
    if (head.status == 401) {
      bool is_news = false;
      {
        const MutexLock lock(mutex_);
        is_news = sent_with == newest_auth_ && !std::exchange(refusal_told_, true);
      }
      if (is_news) access_->Refused();
    }
    if (head.status != 429 && head.status != 503) return;
    const Timestamp now = clock_.Now();
    const std::optional<Duration> wait = ParseRetryAfter(head.Header("retry-after"), now);
    if (!wait) return;
    const MutexLock lock(mutex_);
    const double stretch = 1 + kHoldJitter * random_.Uniform();
    queue_.Hold(request.priority, now + std::chrono::duration_cast<Duration>(*wait * stretch));
  }

  bool SendAgain(const Pending& pending) {
    {
      const MutexLock lock(mutex_);
      if (in_flight_.erase(pending) == 0) return true;  // Close() has it.
      queue_.Finished();
      pending->sent_before = true;
      queue_.PushFront(pending);
    }
    changed_.notify_all();
    return true;
  }

  void NoteAnswer(bool there_was_one) {
    const bool is_news = answering_.exchange(there_was_one) != there_was_one;
    {
      const MutexLock lock(mutex_);
      queue_.SetAnswering(there_was_one, clock_.Now());
    }
    if (is_news) changed_.notify_all();
  }

  // Takes the request off the books; false when Close() has done so.
  bool Leave(const Pending& pending, bool sent = true) {
    const MutexLock lock(mutex_);
    ++delivering_;
    if (in_flight_.erase(pending) == 0) return false;
    if (sent) {
      queue_.Finished();
    } else {
      queue_.NotSent();
    }
    return true;
  }

  // What had its turn is not sent after all.
  void Refuse(const Pending& pending, Error why) {
    if (Leave(pending, false)) Deliver(*pending, std::move(why));
    Delivered();
  }

  void Delivered() {
    {
      const MutexLock lock(mutex_);
      --delivering_;
    }
    changed_.notify_all();
  }

  void Settle(const Pending& pending, Result<std::string> result) {
    if (Leave(pending)) Deliver(*pending, std::move(result));
    Delivered();
  }

  static void Deliver(const PendingRequest& pending, Result<std::string> result) {
    pending.on_done(std::move(result));
  }

  std::string ReadAll(LineStream& stream, const std::stop_token& stop) {
    constexpr std::size_t kEnough = 64U << 10U;
    const Timestamp deadline = clock_.Now() + config_.request_timeout;
    std::string body;
    while (body.size() < kEnough) {
      Result<std::optional<std::string>> line = stream.ReadLine(deadline, stop);
      if (!line || !*line) break;
      body += **line;
    }
    return body;
  }

  const Config config_;
  const std::shared_ptr<Access> access_;
  AsyncHttpClient& http_;
  Clock& clock_;
  Telemetry& telemetry_;
  std::atomic<bool> answering_ = false;

  Mutex mutex_;
  std::condition_variable_any changed_;
  RequestQueue queue_ HPAPLUS_GUARDED_BY(mutex_);
  std::set<Pending> in_flight_ HPAPLUS_GUARDED_BY(mutex_);
  std::shared_ptr<const HttpAuth> newest_auth_ HPAPLUS_GUARDED_BY(mutex_);
  bool refusal_told_ HPAPLUS_GUARDED_BY(mutex_) = false;  // Since newest_auth_ was asked for.
  Random random_ HPAPLUS_GUARDED_BY(mutex_);
  int delivering_ HPAPLUS_GUARDED_BY(mutex_) = 0;  // Results being handed out.
  bool stopping_ HPAPLUS_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

KubeClient::KubeClient(const Config& config, std::shared_ptr<Access> access, AsyncHttpClient& http,
                       Clock& clock, Telemetry& telemetry)
    : state_(std::make_shared<State>(config, std::move(access), http, clock, telemetry)) {
  state_->Run();
}

KubeClient::~KubeClient() {
  state_->Close();
}

void KubeClient::Start(KubeRequest request, OnDone on_done) {
  const auto pending = std::make_shared<PendingRequest>();
  pending->request = std::move(request);
  pending->on_done = std::move(on_done);
  state_->Enqueue(pending);
}

Result<std::string> KubeClient::Call(const KubeRequest& request, Timestamp deadline) {
  Backoff backoff = state_->NewBackoff();
  while (true) {
    Result<std::string> result = state_->CallOnce(request, deadline);
    if (result || !MayPass(result.error()) || !IsIdempotent(request)) return result;
    const Duration delay = backoff.Next();
    if (state_->clock().Now() + delay >= deadline || !state_->Pause(delay)) return result;
  }
}

Result<std::unique_ptr<LineStream>> KubeClient::Watch(const KubeRequest& request,
                                                      const std::stop_token& stop) {
  return state_->OpenWatch(request, stop);
}

bool KubeClient::Answering() const {
  return state_->answering();
}

}  // namespace hpaplus::kube
