#include "collectors/grpc_calls.h"

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <grpcpp/grpcpp.h>

#include "engine/base/mutex.h"

namespace hpaplus::collectors {
namespace {

// The calls under way, between our thread, gRPC's threads and whoever requests the stop. gRPC may
// call back from within TryCancel() and from within starting a call, so neither is done under the
// lock.
class CallsUnderWay {
 public:
  CallsUnderWay(std::size_t count, std::size_t at_once)
      : at_once_(std::max<std::size_t>(at_once, 1)), contexts_(count), results_(count) {}

  // Waits until one more call may begin. Nothing: all have begun, or a stop was requested.
  std::optional<std::size_t> Next() HPAPLUS_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
    MutexLock lock(mutex_);
    changed_.wait(lock, [&]() HPAPLUS_REQUIRES(mutex_) {
      return stopped_ || begun_ == contexts_.size() || MayBegin();
    });
    if (stopped_ || begun_ == contexts_.size()) return std::nullopt;
    contexts_[begun_] = std::make_unique<grpc::ClientContext>();
    return begun_++;
  }

  grpc::ClientContext& context(std::size_t index) {
    const MutexLock lock(mutex_);
    return *contexts_[index];
  }

  void Ended(std::size_t index, grpc::Status status) {
    const MutexLock lock(mutex_);
    results_[index] = std::move(status);
    ++ended_;
    changed_.notify_all();  // Under the lock: the waiting thread destroys us.
  }

  void Cancel() {
    std::vector<grpc::ClientContext*> running;
    {
      const MutexLock lock(mutex_);
      stopped_ = true;
      for (std::size_t i = 0; i < begun_; ++i) {
        if (!results_[i]) running.push_back(contexts_[i].get());
      }
      changed_.notify_all();
    }
    for (grpc::ClientContext* context : running)
      context->TryCancel();
  }

  // Nothing for a call that has not begun.
  std::vector<std::optional<grpc::Status>> Wait()
      HPAPLUS_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
    MutexLock lock(mutex_);
    changed_.wait(lock, [&]() HPAPLUS_REQUIRES(mutex_) { return ended_ == begun_; });
    return std::move(results_);
  }

 private:
  [[nodiscard]] bool MayBegin() const HPAPLUS_REQUIRES(mutex_) {
    return begun_ - ended_ < at_once_;
  }

  const std::size_t at_once_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<std::optional<grpc::Status>> results_ HPAPLUS_GUARDED_BY(mutex_);
  std::size_t begun_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::size_t ended_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  bool stopped_ HPAPLUS_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::int64_t GrpcNanos() {
  const gpr_timespec now = gpr_now(GPR_CLOCK_MONOTONIC);
  return now.tv_sec * GPR_NS_PER_SEC + now.tv_nsec;
}

Status MayAsk(std::string_view who, const CollectContext& context) {
  if (context.stop.stop_requested()) {
    return Error{ErrorCode::kUnavailable, fmt::format("{}: stopped before asking", who)};
  }
  if (context.deadline <= context.now) {
    return Error{ErrorCode::kDeadlineExceeded, fmt::format("{}: no time is left to ask", who)};
  }
  return Done{};
}

GrpcRound::GrpcRound(std::string_view who, const GrpcEndpoint& endpoint,
                     const CollectContext& context, Duration timeout)
    : who_(who),
      endpoint_(endpoint),
      stop_(context.stop),
      deadline_(GrpcNanos() + std::min(context.deadline - context.now, timeout).count()) {}

CollectContext GrpcRound::Within(const CollectContext& context) const {
  const Duration left(std::max<std::int64_t>(deadline_ - GrpcNanos(), 0));
  return {context.now, context.now + left, context.stop};
}

std::vector<Status> GrpcRound::Run(std::size_t count, std::size_t at_once,
                                   const StartGrpcCall& start) const {
  CallsUnderWay calls(count, at_once);
  const gpr_timespec left =
      gpr_time_from_nanos(std::max<std::int64_t>(deadline_ - GrpcNanos(), 0), GPR_TIMESPAN);
  const gpr_timespec deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), left);
  std::vector<std::optional<grpc::Status>> ends;
  {
    const std::stop_callback on_stop(stop_, [&] { calls.Cancel(); });
    while (const std::optional<std::size_t> index = calls.Next()) {
      grpc::ClientContext& context = calls.context(*index);
      context.set_deadline(deadline);
      endpoint_.Authorize(context);
      start(*index, context,
            [&calls, i = *index](grpc::Status status) { calls.Ended(i, std::move(status)); });
    }
    ends = calls.Wait();
  }
  const Status not_begun =
      Error{ErrorCode::kUnavailable, fmt::format("{}: stopped before asking", who_)};
  std::vector<Status> results(count, not_begun);
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<grpc::Status>& end = ends[i];
    if (end) results[i] = end->ok() ? Status(Done{}) : Status(ErrorOf(who_, *end));
  }
  return results;
}

}  // namespace hpaplus::collectors
