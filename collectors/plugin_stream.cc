#include "collectors/plugin_stream.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <grpcpp/grpcpp.h>

#include "collectors/grpc_calls.h"
#include "engine/base/backoff.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "proto/collector.grpc.pb.h"

namespace hpaplus::collectors {
namespace {

namespace v1 = collector::v1;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kQueriesMost = 10'000;
constexpr std::size_t kSamplesMost = 16;  // Of one query; more than one has no use anyway.
constexpr int kMessagesMost = 1'000;      // In one second: one more is a flood.
constexpr Duration kForgetAfter = minutes(10);
constexpr Duration kReopenSpacing = seconds(5);
constexpr Backoff::Config kRetry{.initial = seconds(1), .most = minutes(1), .jitter = 0.5};

Timestamp NewestOf(const ReadingResult& reading) {
  Timestamp newest{};
  if (!reading) return newest;
  for (const ScalarSample& sample : (*reading)->values)
    newest = std::max(newest, sample.at);
  return newest;
}

}  // namespace

// What readers and askers share. Readers hold it: the last of them may end after its owner let go.
class PluginStream::State : public std::enable_shared_from_this<State> {
 public:
  State(const SourceSpec& spec, const GrpcEndpoint& endpoint)
      : spec_(spec), endpoint_(endpoint), backoff_(kRetry, Random(Fnv1a(spec.uid + spec.name))) {}

  void Follow(std::span<const PluginQuery> queries, Timestamp now, std::size_t most,
              const std::shared_ptr<grpc::Channel>& channel);
  std::optional<ReadingResult> Newest(const PluginQuery& query, Timestamp now,
                                      Duration max_age) const;
  std::string problem() const;
  void Close();

  // Of readers. An error: nothing more is wanted from this one.
  Status Pushed(const Reader& reader, const v1::StreamResponse& response);
  void Ended(const Reader& reader, std::string_view problem);

 private:
  friend class Reader;

  struct Kept {
    ReadingResult result;
    Timestamp received{};
  };

  [[nodiscard]] bool IsDue(Timestamp now) const HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::vector<PluginQuery> Choose(Timestamp now, std::size_t most)
      HPAPLUS_REQUIRES(mutex_);
  // The engine's time at a moment of gRPC's clock.
  [[nodiscard]] Timestamp Now() const HPAPLUS_REQUIRES(mutex_);
  void Keep(const PluginQuery& query, ReadingResult result, Timestamp received)
      HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] bool IsFlood() HPAPLUS_REQUIRES(mutex_);

  const SourceSpec spec_;
  const GrpcEndpoint endpoint_;

  mutable Mutex mutex_;
  std::condition_variable_any ended_;
  std::map<PluginQuery, Timestamp> wanted_ HPAPLUS_GUARDED_BY(mutex_);  // When last.
  std::map<PluginQuery, Kept> kept_ HPAPLUS_GUARDED_BY(mutex_);
  std::shared_ptr<Reader> current_ HPAPLUS_GUARDED_BY(mutex_);
  std::size_t running_ HPAPLUS_GUARDED_BY(mutex_) = 0;  // Readers, those that are ending included.
  bool changed_ HPAPLUS_GUARDED_BY(mutex_) = false;     // Others are wanted than are streamed.
  bool closed_ HPAPLUS_GUARDED_BY(mutex_) = false;
  std::string problem_ HPAPLUS_GUARDED_BY(mutex_);
  Timestamp opened_ HPAPLUS_GUARDED_BY(mutex_){};
  Timestamp retry_at_ HPAPLUS_GUARDED_BY(mutex_){};
  Backoff backoff_ HPAPLUS_GUARDED_BY(mutex_);
  Timestamp anchor_ HPAPLUS_GUARDED_BY(mutex_){};             // The engine's time,
  std::int64_t anchor_nanos_ HPAPLUS_GUARDED_BY(mutex_) = 0;  // and gRPC's at that moment.
  std::int64_t second_began_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  int messages_ HPAPLUS_GUARDED_BY(mutex_) = 0;  // Since then.
};

// One stream. It holds itself until gRPC is done with it.
class PluginStream::Reader final : public grpc::ClientReadReactor<v1::StreamResponse> {
 public:
  Reader(std::shared_ptr<State> state, std::vector<PluginQuery> queries,
         const std::shared_ptr<grpc::Channel>& channel)
      : state_(std::move(state)),
        queries_(std::move(queries)),
        stub_(v1::Collector::NewStub(channel)) {
    for (const PluginQuery& query : queries_) {
      v1::Query& into = *request_.add_queries();
      into.set_expression(query.expression);
      into.set_namespace_(query.ns);
    }
    for (const auto& [key, value] : state_->spec_.grpc->parameters)
      (*request_.mutable_parameters())[key] = value;
  }

  void Start(std::shared_ptr<Reader> self) {
    self_ = std::move(self);
    state_->endpoint_.Authorize(context_);
    stub_->async()->Stream(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }
  [[nodiscard]] const std::vector<PluginQuery>& queries() const { return queries_; }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;  // OnDone() follows.
    const Status wanted = state_->Pushed(*this, response_);
    if (wanted) return StartRead(&response_);
    refusal_ = wanted.error().message;
    Cancel();
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Reader> self = std::move(self_);
    if (refusal_.empty()) {
      refusal_ =
          status.ok() ? "plug-in: it has ended the stream" : ErrorOf("plug-in", status).message;
    }
    state_->Ended(*this, refusal_);
  }

  const std::shared_ptr<State> state_;
  const std::vector<PluginQuery> queries_;
  const std::unique_ptr<v1::Collector::Stub> stub_;
  std::shared_ptr<Reader> self_;
  std::string refusal_;
  v1::StreamRequest request_;
  v1::StreamResponse response_;
  grpc::ClientContext context_;
};

bool PluginStream::State::IsDue(Timestamp now) const {
  if (closed_ || wanted_.empty()) return false;
  if (current_ == nullptr) return now >= retry_at_;
  return changed_ && now >= opened_ + kReopenSpacing;
}

std::vector<PluginQuery> PluginStream::State::Choose(Timestamp now, std::size_t most) {
  std::erase_if(wanted_, [&](const auto& entry) { return entry.second < now - kForgetAfter; });
  std::erase_if(kept_, [&](const auto& entry)
                           HPAPLUS_REQUIRES(mutex_) { return !wanted_.contains(entry.first); });
  const std::size_t limit = most == 0 ? kQueriesMost : std::min(most, kQueriesMost);
  std::vector<PluginQuery> queries;
  for (const auto& [query, unused] : wanted_) {
    if (queries.size() < limit) queries.push_back(query);
  }
  return queries;
}

void PluginStream::State::Follow(std::span<const PluginQuery> queries, Timestamp now,
                                 std::size_t most, const std::shared_ptr<grpc::Channel>& channel) {
  std::shared_ptr<Reader> old;
  std::shared_ptr<Reader> fresh;
  {
    const MutexLock lock(mutex_);
    anchor_ = now;
    anchor_nanos_ = GrpcNanos();
    for (const PluginQuery& query : queries) {
      if (wanted_.size() >= kQueriesMost && !wanted_.contains(query)) continue;
      changed_ = wanted_.insert_or_assign(query, now).second || changed_;
    }
    if (!IsDue(now)) return;
    changed_ = false;
    opened_ = now;
    fresh = std::make_shared<Reader>(shared_from_this(), Choose(now, most), channel);
    old = std::exchange(current_, fresh);
    ++running_;
  }
  // gRPC may call back from within these.
  if (old != nullptr) old->Cancel();
  fresh->Start(fresh);
}

Timestamp PluginStream::State::Now() const {
  return anchor_ + std::chrono::nanoseconds(GrpcNanos() - anchor_nanos_);
}

bool PluginStream::State::IsFlood() {
  const std::int64_t nanos = GrpcNanos();
  if (nanos - second_began_ >= std::nano::den) {
    second_began_ = nanos;
    messages_ = 0;
  }
  return ++messages_ > kMessagesMost;
}

Status PluginStream::State::Pushed(const Reader& reader, const v1::StreamResponse& response) {
  PluginAnswerLimits limits{.max_samples = std::min(spec_.max_series, kSamplesMost)};
  {
    const MutexLock lock(mutex_);
    if (IsFlood()) {
      return Error{ErrorCode::kMalformedData,
                   fmt::format("plug-in: more than {} pushes in a second", kMessagesMost)};
    }
    limits.received = Now();
  }
  auto pushed = ReadPluginPush(response, reader.queries().size(), limits);
  if (!pushed) return pushed.error();
  const MutexLock lock(mutex_);
  if (current_.get() != &reader || closed_) {
    return Error{ErrorCode::kUnavailable, "plug-in: another stream has taken over"};
  }
  backoff_.Reset();
  for (auto& [index, result] : *pushed)
    Keep(reader.queries()[index], std::move(result), limits.received);
  return Done{};
}

void PluginStream::State::Keep(const PluginQuery& query, ReadingResult result, Timestamp received) {
  const auto known = kept_.find(query);
  if (known == kept_.end()) {
    kept_.emplace(query, Kept{std::move(result), received});
    return;
  }
  const bool older = result && NewestOf(result) < NewestOf(known->second.result);
  if (!older) known->second = {std::move(result), received};
}

void PluginStream::State::Ended(const Reader& reader, std::string_view problem) {
  bool was_current = false;
  {
    const MutexLock lock(mutex_);
    was_current = current_.get() == &reader && !closed_;
    if (was_current) {
      current_.reset();
      problem_ = problem;
      retry_at_ = Now() + backoff_.Next();
    }
  }
  if (was_current) {
    HPAPLUS_LOG(kWarning, "plug-in stream ended",
                {{"source", NameOf(spec_)}, {"problem", problem}});
  }
  const MutexLock lock(mutex_);
  --running_;
  ended_.notify_all();
}

std::optional<ReadingResult> PluginStream::State::Newest(const PluginQuery& query, Timestamp now,
                                                         Duration max_age) const {
  const MutexLock lock(mutex_);
  const auto known = kept_.find(query);
  if (known == kept_.end() || now - known->second.received > max_age) return std::nullopt;
  return known->second.result;
}

std::string PluginStream::State::problem() const {
  const MutexLock lock(mutex_);
  return problem_;
}

void PluginStream::State::Close() HPAPLUS_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
  std::shared_ptr<Reader> current;
  MutexLock lock(mutex_);
  closed_ = true;
  current = std::move(current_);
  if (current != nullptr) {
    lock.unlock();
    current->Cancel();
    lock.lock();
  }
  ended_.wait(lock, [&]() HPAPLUS_REQUIRES(mutex_) { return running_ == 0; });
}

PluginStream::PluginStream(const SourceSpec& spec, const GrpcEndpoint& endpoint)
    : state_(std::make_shared<State>(spec, endpoint)) {}

PluginStream::~PluginStream() {
  state_->Close();
}

void PluginStream::Follow(std::span<const PluginQuery> queries, Timestamp now, std::size_t most,
                          const std::shared_ptr<grpc::Channel>& channel) {
  state_->Follow(queries, now, most, channel);
}

std::optional<ReadingResult> PluginStream::Newest(const PluginQuery& query, Timestamp now,
                                                  Duration max_age) const {
  return state_->Newest(query, now, max_age);
}

std::string PluginStream::problem() const {
  return state_->problem();
}

}  // namespace hpaplus::collectors
