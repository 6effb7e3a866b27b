#include "engine/kube/informer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/url.h"

namespace hpaplus::kube {
namespace {

constexpr std::size_t kMaxEventBytes = 16U << 20U;  // etcd's own limit is 1.5 MiB.
constexpr int kPageTries = 3;
constexpr int kMaxSilences = 2;
constexpr Duration kLongestNap = std::chrono::seconds(1);

// resourceVersions are opaque by contract and numbers in fact; 0 for others.
std::uint64_t Number(std::string_view version) {
  std::uint64_t number = 0;
  const char* const end = version.data() + version.size();
  const auto [rest, error] = std::from_chars(version.data(), end, number);
  return error == std::errc() && rest == end ? number : 0;
}

// Did the server not understand the request, as opposed to not allowing or not knowing it?
bool IsUnsupported(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument;
}

std::uint64_t Seed(const InformerConfig& config, Timestamp now) {
  return Fnv1a(config.path) ^ static_cast<std::uint64_t>(now.time_since_epoch().count());
}

}  // namespace

Informer::Informer(const InformerConfig& config, KubeClient& kube, Clock& clock,
                   Telemetry& telemetry, ObjectSink& sink)
    : config_(config),
      kube_(kube),
      clock_(clock),
      telemetry_(telemetry),
      sink_(sink),
      random_(Seed(config, clock.Now())),
      dial_backoff_(config.dial_backoff, random_.Fork(1)),
      busy_backoff_(config.busy_backoff, random_.Fork(3)),
      refused_backoff_(config.refused_backoff, random_.Fork(2)),
      thread_([this] { Run(); }) {}

Informer::~Informer() {
  Stop();
  thread_.join();
}

void Informer::Stop() {
  stop_.request_stop();
}

Informer::State Informer::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

void Informer::Run() {
  while (!stop_.stop_requested()) {
    const Status round = Round();
    if (round || stop_.stop_requested()) continue;
    Report(round.error());
    Wait(DelayAfter(round.error()));
  }
}

Status Informer::Round() {
  if (!version_.empty()) return WatchOn();
  if (!streaming_offered_) return ListInPages();
  Status streamed = ListByStream();
  if (streamed || !IsUnsupported(streamed.error())) return streamed;
  streaming_offered_ = false;
  return ListInPages();
}

KubeRequest Informer::NewRequest(std::string_view verb, std::string_view query) const {
  KubeRequest request;
  request.path = fmt::format("{}?{}", config_.path, query);
  if (!config_.query.empty()) request.path += "&" + config_.query;
  request.accept = config_.accept;
  request.verb = verb;
  request.resource = config_.resource;
  request.priority = Priority::kInformer;
  return request;
}

Result<std::string> Informer::Send(KubeRequest request) {
  struct Answer {
    Mutex mutex;
    std::condition_variable_any changed;
    std::optional<Result<std::string>> body HPAPLUS_GUARDED_BY(mutex);
  };
  const auto answer = std::make_shared<Answer>();
  kube_.Start(std::move(request), [answer](Result<std::string> body) {
    {
      const MutexLock lock(answer->mutex);
      answer->body = std::move(body);
    }
    answer->changed.notify_all();
  });
  MutexLock lock(answer->mutex);
  const auto arrived = [&answer]()
                           HPAPLUS_REQUIRES(answer->mutex) { return answer->body.has_value(); };
  answer->changed.wait(lock, stop_.get_token(), arrived);
  if (!answer->body) return Error{ErrorCode::kUnavailable, "kube: the informer stops"};
  return *std::move(answer->body);
}

Result<ListPage> Informer::ReadPage(const std::string& continue_token) {
  std::string query = fmt::format("limit={}", config_.page_limit);
  if (!continue_token.empty()) query += "&continue=" + PercentEncode(continue_token);
  for (int tries = 1;; ++tries) {
    Result<std::string> body = Send(NewRequest("list", query));
    if (body) return ParseListPage(*body);
    // A long list is not begun again because of one page.
    const bool may_pass = body.error().code == ErrorCode::kUnavailable ||
                          body.error().code == ErrorCode::kDeadlineExceeded;
    if (!may_pass || continue_token.empty() || tries == kPageTries || stop_.stop_requested()) {
      return body.error();
    }
    Wait(DelayAfter(body.error()));
  }
}

Status Informer::ListInPages() {
  Generation generation;
  std::string token;
  while (true) {
    Result<ListPage> page = ReadPage(token);
    if (!page) return page.error();
    for (ListPage::Item& item : page->items) {
      generation.known[{item.head.ns, item.head.name}] = Number(item.head.resource_version);
      generation.objects.push_back(std::move(item.object));
    }
    token = std::move(page->continue_token);
    if (token.empty()) {
      Adopt(std::move(generation), std::move(page->resource_version));
      return Done{};
    }
  }
}

std::string Informer::WatchQuery() {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config_.watch_timeout *
                                                                        (1 + random_.Uniform()));
  return fmt::format("watch=1&allowWatchBookmarks=true&timeoutSeconds={}",
                     std::max<std::int64_t>(1, seconds.count()));
}

Result<std::unique_ptr<LineStream>> Informer::OpenWatch(const std::string& query) {
  KubeRequest request = NewRequest("watch", query);
  if (!config_.watch_accept.empty()) request.accept = config_.watch_accept;
  request.max_response_bytes = kMaxEventBytes;
  return kube_.Watch(request, stop_.get_token());
}

// Nothing at the regular end of the watch. `line` holds what the event points into.
Result<std::optional<WatchEvent>> Informer::ReadEvent(LineStream& stream, Duration patience,
                                                      std::string* line) {
  Result<std::optional<std::string>> read =
      stream.ReadLine(clock_.Now() + patience, stop_.get_token());
  if (!read) {
    return Error{read.error().code,
                 fmt::format("kube: watch {}: {}", config_.resource, read.error().message)};
  }
  if (!*read) return std::optional<WatchEvent>();
  *line = **std::move(read);
  Result<WatchEvent> event = ParseWatchEvent(*line);
  if (!event) return event.error();
  if (event->type == WatchEvent::Type::kError) {
    return ToError("watch " + config_.resource, event->status);
  }
  return std::optional<WatchEvent>(*std::move(event));
}

Status Informer::ListByStream() {
  Result<std::unique_ptr<LineStream>> stream =
      OpenWatch(WatchQuery() + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
  if (!stream) return stream.error();
  Generation generation;
  if (Status collected = CollectInitialEvents(**stream, &generation); !collected) return collected;
  return Follow(**stream);
}

Status Informer::CollectInitialEvents(LineStream& stream, Generation* generation) {
  // By key, as an object may change while it is being sent.
  std::map<Key, std::string> objects;
  std::string line;
  while (true) {
    Result<std::optional<WatchEvent>> event =
        ReadEvent(stream, config_.initial_idle_timeout, &line);
    if (!event && event.error().code == ErrorCode::kDeadlineExceeded && !stop_.stop_requested()) {
      // A server that ignores sendInitialEvents never says that it is through.
      streaming_offered_ = false;
    }
    if (!event) return event.error();
    if (!*event) {
      return Error{ErrorCode::kUnavailable, "kube: a list of " + config_.resource + " broke off"};
    }
    const ObjectHead& head = (*event)->head;
    const Key key{head.ns, head.name};
    switch ((*event)->type) {
      case WatchEvent::Type::kAdded:
      case WatchEvent::Type::kModified:
        objects[key] = WithoutManagedFields((*event)->object);
        generation->known[key] = Number(head.resource_version);
        break;
      case WatchEvent::Type::kDeleted:
        objects.erase(key);
        generation->known.erase(key);
        break;
      case WatchEvent::Type::kBookmark:
        if (!head.initial_events_end) break;
        for (auto& [unused, object] : objects)
          generation->objects.push_back(std::move(object));
        Adopt(std::move(*generation), head.resource_version);
        return Done{};
      case WatchEvent::Type::kError:
        break;  // ReadEvent() has made an Error of it.
    }
  }
}

Status Informer::WatchOn() {
  Result<std::unique_ptr<LineStream>> stream =
      OpenWatch(WatchQuery() + "&resourceVersion=" + PercentEncode(version_));
  if (!stream) return stream.error();
  return Follow(**stream);
}

Status Informer::Follow(LineStream& stream) {
  EndProblem();
  const Timestamp start = clock_.Now();
  std::string line;
  while (!stop_.stop_requested()) {
    Result<std::optional<WatchEvent>> event = ReadEvent(stream, config_.idle_timeout, &line);
    if (clock_.Now() - start >= config_.healthy_after) {
      dial_backoff_.Reset();
      busy_backoff_.Reset();
      refused_backoff_.Reset();
    }
    if (stop_.stop_requested()) break;
    if (event && *event) {
      Apply(**event);
      continue;
    }
    if (event) {
      telemetry_.WatchRestarted(config_.resource, "Ended");
      // A server that ends every watch at once must not be asked without a pause.
      if (clock_.Now() - start < config_.dial_backoff.initial) Wait(dial_backoff_.Next());
      return Done{};
    }
    const ErrorCode code = event.error().code;
    if (code != ErrorCode::kUnavailable && code != ErrorCode::kDeadlineExceeded) {
      return event.error();
    }
    // A watch from a version that the server has not reached is silent until it has: for ever after
    // a restore from a backup.
    if (code == ErrorCode::kDeadlineExceeded && ++silences_in_a_row_ == kMaxSilences) {
      silences_in_a_row_ = 0;
      version_.clear();
    }
    // Broken, or silent for too long. That happens; it is a problem when the next try fails, too.
    telemetry_.WatchRestarted(config_.resource, ErrorCodeName(code));
    Wait(dial_backoff_.Next());
    return Done{};
  }
  return Done{};
}

void Informer::Apply(const WatchEvent& event) {
  gaps_in_a_row_ = 0;
  silences_in_a_row_ = 0;
  const ObjectHead& head = event.head;
  const std::uint64_t version = Number(head.resource_version);
  if (version == 0 || version >= Number(version_)) version_ = head.resource_version;
  if (event.type == WatchEvent::Type::kBookmark) return;

  const Key key{head.ns, head.name};
  const auto known = known_.find(key);
  if (known != known_.end() && version != 0 && version < known->second) return;
  if (event.type == WatchEvent::Type::kDeleted) {
    if (known == known_.end()) return;
    known_.erase(known);
    sink_.Delete(event.object);
  } else {
    if (known != known_.end() && version != 0 && version == known->second) return;
    known_[key] = version;
    sink_.Upsert(event.object);
  }
  telemetry_.CacheObjects(config_.resource, known_.size());
}

void Informer::Adopt(Generation generation, std::string version) {
  version_ = std::move(version);
  known_ = std::move(generation.known);
  telemetry_.CacheObjects(config_.resource, known_.size());
  sink_.Replace(generation.objects);
  const MutexLock lock(mutex_);
  state_ = {true, true, ""};
}

void Informer::Report(const Error& error) {
  telemetry_.WatchRestarted(config_.resource, ErrorCodeName(error.code));
  // A gap in the watch is filled by the next list, unknown to anybody else.
  if (error.code == ErrorCode::kGone) {
    version_.clear();
    ++gaps_in_a_row_;
    return;
  }
  // What cannot be read cannot be resumed either, and after a refusal the sink needs a Replace to
  // know that all is well again.
  if (error.code == ErrorCode::kMalformedData || error.code == ErrorCode::kPermissionDenied ||
      error.code == ErrorCode::kNotFound) {
    version_.clear();
  }
  {
    const MutexLock lock(mutex_);
    const bool is_news = state_.problem != error.message;
    state_.problem = error.message;
    if (error.code == ErrorCode::kNotFound) {
      state_.synced = true;
      state_.served = false;
    }
    if (!is_news) return;
  }
  HPAPLUS_LOG(kWarning, "watch failed", {{"resource", config_.resource}, {"error", error.message}});
  sink_.Failed(error);
}

Duration Informer::DelayAfter(const Error& error) {
  switch (error.code) {
    case ErrorCode::kGone:
      if (gaps_in_a_row_ > 1) return refused_backoff_.Next();
      return std::chrono::duration_cast<Duration>(config_.relist_jitter * random_.Uniform());
    case ErrorCode::kNotFound:
      return config_.not_served_retry;
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
      return kube_.Answering() ? busy_backoff_.Next() : dial_backoff_.Next();
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kConflict:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kMalformedData:
      return refused_backoff_.Next();
  }
  return refused_backoff_.Next();
}

void Informer::Wait(Duration duration) {
  const Timestamp until = clock_.Now() + duration;
  MutexLock lock(mutex_);
  while (!stop_.stop_requested() && clock_.Now() < until) {
    stopped_.wait_for(lock, stop_.get_token(), std::min(until - clock_.Now(), kLongestNap),
                      [] { return false; });
  }
}

void Informer::EndProblem() {
  {
    const MutexLock lock(mutex_);
    if (state_.problem.empty()) return;
    state_.problem.clear();
  }
  sink_.Resumed();
}

}  // namespace hpaplus::kube
