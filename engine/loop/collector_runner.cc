#include "engine/loop/collector_runner.h"

#include <algorithm>
#include <exception>
#include <unordered_map>

#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/loop/secret_text.h"

namespace hpaplus {
namespace {

bool GotNoAnswer(const ReadingResult& reading) {
  if (reading) return false;
  const ErrorCode code = reading.error().code;
  return code == ErrorCode::kUnavailable || code == ErrorCode::kDeadlineExceeded;
}

// Brings equal queries together cheaply; which ones are equal, operator== says.
std::uint64_t HashOf(const MetricQuery& query) {
  return Fnv1a(query.expression) ^ (Fnv1a(query.ns) << 1U) ^ (Fnv1a(query.selector) << 2U);
}

std::vector<ReadingResult> AllFailed(std::size_t count, const Error& error) {
  return {count, ReadingResult(error)};
}

PastKept PastKeptBy(const SourceSpec& spec) {
  if (spec.type != "Prometheus") return PastKept::kNone;
  const bool any = !spec.prometheus || spec.prometheus->queries == PrometheusSource::Queries::kAny;
  return any ? PastKept::kEach : PastKept::kTogether;
}

}  // namespace

RunnableSource MakeRunnable(ResolvedSource source, const CollectorRegistry& registry,
                            const CollectorDeps& deps,
                            std::function<bool(std::string_view ns)> allows) {
  RunnableSource runnable;
  runnable.allows = std::move(allows);
  runnable.timeout = source.spec.timeout;
  runnable.share_for = source.spec.cache_for;
  runnable.secrets = SecretValuesOf(source.auth);
  runnable.past = PastKeptBy(source.spec);
  runnable.make = [source = std::move(source), &registry, deps] {
    return registry.Make(source, deps);
  };
  return runnable;
}

CollectorRunner::CollectorRunner(const Config& config, Clock& clock, Telemetry& telemetry,
                                 std::function<void()> wake)
    : config_(config),
      thread_count_(std::max<std::size_t>(config.threads, 1)),
      clock_(clock),
      telemetry_(telemetry),
      wake_(std::move(wake)) {
  for (std::size_t i = 0; i < thread_count_; ++i)
    threads_.emplace_back([this] { Work(); });
}

CollectorRunner::~CollectorRunner() {
  stop_.request_stop();
}

Result<std::vector<CollectorRunner::Lane>> CollectorRunner::MakeLanes(
    const RunnableSource& source) const {
  std::vector<Lane> lanes(std::max<std::size_t>(config_.lanes_per_source, 1));
  for (Lane& lane : lanes) {
    auto made = source.make();
    if (!made) return made.error();
    lane.collector = std::move(*made);
  }
  return lanes;
}

Status CollectorRunner::SetSource(const SourceName& name, Result<RunnableSource> source) {
  auto added = std::make_shared<Source>();
  added->name = name;
  added->breaker.emplace(config_.breaker, Random(Fnv1a(name)));
  added->busy_lanes = std::make_shared<std::size_t>(0);
  Status status = Done{};
  if (source) {
    auto lanes = MakeLanes(*source);
    if (lanes) {
      added->lanes = std::move(*lanes);
    } else {
      status = lanes.error();
    }
    added->setup = std::move(*source);
    if (!lanes) added->refusal = lanes.error();
  } else {
    added->refusal = source.error();
  }

  {
    std::shared_ptr<Source> replaced;  // Collectors are destroyed after the lock is given up.
    const MutexLock lock(mutex_);
    std::shared_ptr<Source>& present = sources_[name];
    if (!status && present && !present->refusal) return status;  // The old one goes on.
    replaced = std::exchange(present, added);
    if (replaced) TakeOver(*replaced, *added);
    Offer(added);
  }
  wake_();
  return status;
}

void CollectorRunner::TakeOver(Source& from, Source& to) {
  to.busy_lanes = from.busy_lanes;
  to.health.last_success = from.health.last_success;
  for (Asked& asked : std::exchange(from.pending, {})) {
    if (to.refusal) {
      Finish(asked.id, asked.ticket, *to.refusal);
    } else {
      to.pending.push_back(std::move(asked));
    }
  }
}

void CollectorRunner::RemoveSource(const SourceName& name) {
  std::shared_ptr<Source> removed;
  {
    const MutexLock lock(mutex_);
    const auto found = sources_.find(name);
    if (found == sources_.end()) return;
    removed = std::move(found->second);
    sources_.erase(found);
    for (const Asked& asked : std::exchange(removed->pending, {})) {
      Finish(asked.id, asked.ticket,
             Error{ErrorCode::kNotFound, "source " + name + " does not exist any more"});
    }
  }
  wake_();
}

PastKept CollectorRunner::PastOf(const SourceName& name) const {
  const MutexLock lock(mutex_);
  const auto found = sources_.find(name);
  return found == sources_.end() ? PastKept::kUnknown : found->second->setup.past;
}

Duration CollectorRunner::ShareFor(const SourceName& name) const {
  const MutexLock lock(mutex_);
  const auto found = sources_.find(name);
  return found == sources_.end() ? Duration::zero() : found->second->setup.share_for;
}

SourceHealth CollectorRunner::HealthOf(const SourceName& name) const {
  const MutexLock lock(mutex_);
  const auto found = sources_.find(name);
  return found == sources_.end() ? SourceHealth() : found->second->health;
}

void CollectorRunner::Announce(const SourceName& name, const std::vector<std::string>& metrics) {
  {
    const MutexLock lock(mutex_);
    if (!sources_.contains(name)) return;
    const auto [entry, is_first] = news_.try_emplace(name, metrics.begin(), metrics.end());
    std::set<std::string>& names = entry->second;
    if (!is_first && !names.empty()) {
      if (metrics.empty()) names.clear();
      names.insert(metrics.begin(), metrics.end());
    }
    if (names.size() > config_.news_names_most) names.clear();
  }
  wake_();
}

std::vector<MetricNews> CollectorRunner::TakeNews() {
  std::map<SourceName, std::set<std::string>> taken;
  {
    const MutexLock lock(mutex_);
    taken.swap(news_);
  }
  std::vector<MetricNews> news;
  news.reserve(taken.size());
  for (const auto& [name, metrics] : taken)
    news.push_back({name, {metrics.begin(), metrics.end()}});
  return news;
}

void CollectorRunner::Start(std::span<const ReadRequest> requests) {
  const auto source_of = [](const ReadRequest* one) -> const SourceName& {
    return one->read->source;
  };
  std::vector<const ReadRequest*> sorted;
  sorted.reserve(requests.size());
  for (const ReadRequest& request : requests)
    sorted.push_back(&request);
  std::ranges::stable_sort(sorted, {}, source_of);
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto end = std::find_if(begin, sorted.end(), [&](const ReadRequest* request) {
      return source_of(request) != source_of(*begin);
    });
    Enqueue({begin, end});
    begin = end;
  }
}

// All of one source.
void CollectorRunner::Enqueue(std::span<const ReadRequest* const> requests) {
  const SourceName& name = requests.front()->read->source;
  const Timestamp now = clock_.Now();
  std::shared_ptr<Source> source;
  {
    const MutexLock lock(mutex_);
    if (const auto found = sources_.find(name); found != sources_.end()) source = found->second;
  }
  // The predicate is somebody else's code: it is asked without the lock.
  std::vector<bool> allowed(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i)
    allowed[i] =
        source && (!source->setup.allows || source->setup.allows(requests[i]->read->query.ns));

  bool answered = false;
  {
    const MutexLock lock(mutex_);
    const std::size_t before = arrived_.size();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const ReadRequest& request = *requests[i];
      if (!source) {
        Finish(request.id, Open(request),
               Error{ErrorCode::kNotFound, "source " + name + " does not exist"});
      } else if (!allowed[i]) {
        Finish(
            request.id, Open(request),
            Error{ErrorCode::kPermissionDenied,
                  "source " + name + " may not be used from namespace " + request.read->query.ns});
      } else {
        Ask(*source, request, now);
      }
    }
    if (source) Offer(source);
    answered = arrived_.size() != before;
  }
  if (answered) wake_();
}

void CollectorRunner::Ask(Source& source, const ReadRequest& request, Timestamp now) {
  const std::uint64_t ticket = Open(request);
  const auto fail = [&](const std::string& what) HPAPLUS_REQUIRES(mutex_) {
    Finish(request.id, ticket,
           Error{ErrorCode::kUnavailable, "source " + source.name + " " + what});
  };
  if (source.refusal) {
    Finish(request.id, ticket, *source.refusal);
    return;
  }
  while (!source.pending.empty() && source.pending.front().deadline <= now)
    source.pending.pop_front();
  if (source.pending.empty() && *source.busy_lanes == 0) source.breaker->Abandon();
  if (source.pending.size() >= config_.pending_most) {
    fail("has too many reads pending");
  } else if (!source.breaker->Admits(now)) {
    fail("does not answer: " + source.last_problem);
  } else {
    source.pending.push_back({request.id, ticket, request.deadline, request.read});
  }
}

std::uint64_t CollectorRunner::Open(const ReadRequest& request) {
  if (outstanding_.size() <= request.id.index) outstanding_.resize(request.id.index + 1U);
  Outstanding& entry = outstanding_[request.id.index];
  HPAPLUS_CHECK(entry.ticket == 0);
  entry = {next_ticket_++, request.deadline};
  deadlines_.emplace(request.deadline, request.id);
  return entry.ticket;
}

void CollectorRunner::Finish(ReadId id, std::uint64_t ticket, ReadingResult reading) {
  Outstanding& entry = outstanding_[id.index];
  if (entry.ticket != ticket) return;  // Its deadline was faster.
  deadlines_.erase({entry.deadline, id});
  entry = Outstanding();
  arrived_.push_back({id, std::move(reading)});
}

std::vector<ReadResult> CollectorRunner::TakeArrived() {
  const Timestamp now = clock_.Now();
  const MutexLock lock(mutex_);
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const ReadId id = deadlines_.begin()->second;
    Finish(id, outstanding_[id.index].ticket,
           Error{ErrorCode::kDeadlineExceeded, "no answer in time"});
  }
  return std::exchange(arrived_, {});
}

void CollectorRunner::Offer(const std::shared_ptr<Source>& source) {
  if (source->pending.empty()) return;
  if (!std::exchange(source->waiting, true)) waiting_.push_back(source);
  work_.notify_one();
}

bool CollectorRunner::MayRun(const Source& source) const {
  const std::size_t quarter = std::max<std::size_t>(thread_count_ / 4, 1);
  const std::size_t busy = *source.busy_lanes;
  if (busy >= source.lanes.size()) return false;
  if (std::ranges::all_of(source.lanes, &Lane::busy)) return false;
  if (source.breaker->open()) return busy == 0 && probes_running_ < quarter;
  return busy == 0 || threads_busy_ + quarter < thread_count_;
}

std::optional<CollectorRunner::Batch> CollectorRunner::TakeBatch() {
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    const std::shared_ptr<Source> source = *it;
    if (!source->pending.empty() && !MayRun(*source)) {
      ++it;
      continue;
    }
    it = waiting_.erase(it);
    source->waiting = false;
    if (source->pending.empty()) continue;
    Batch batch = MakeBatch(source);
    Offer(source);
    if (!batch.asked.empty()) {
      if (!waiting_.empty()) work_.notify_one();
      return batch;
    }
    it = waiting_.begin();
  }
  return std::nullopt;
}

CollectorRunner::Batch CollectorRunner::MakeBatch(const std::shared_ptr<Source>& source) {
  Batch batch;
  batch.source = source;
  std::unordered_multimap<std::uint64_t, std::size_t> known;
  while (!source->pending.empty() && batch.queries.size() < config_.batch_most) {
    Asked asked = std::move(source->pending.front());
    source->pending.pop_front();
    if (outstanding_[asked.id.index].ticket != asked.ticket) continue;
    const std::uint64_t hash = HashOf(asked.read->query);
    const auto [begin, end] = known.equal_range(hash);
    const auto same = std::find_if(begin, end, [&](const auto& entry) {
      return batch.queries[entry.second] == asked.read->query;
    });
    if (same != end) {
      batch.answer_of.push_back(same->second);
    } else {
      known.emplace(hash, batch.queries.size());
      batch.answer_of.push_back(batch.queries.size());
      batch.queries.push_back(asked.read->query);
    }
    batch.asked.push_back(std::move(asked));
  }
  if (batch.asked.empty()) return batch;
  const auto lane = std::ranges::find(source->lanes, false, &Lane::busy);
  lane->busy = true;
  batch.lane = static_cast<std::size_t>(lane - source->lanes.begin());
  batch.probe = source->breaker->open();
  ++*source->busy_lanes;
  ++threads_busy_;
  if (batch.probe) ++probes_running_;
  return batch;
}

std::optional<CollectorRunner::Batch> CollectorRunner::WaitForBatch()
    HPAPLUS_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
  std::optional<Batch> batch;
  MutexLock lock(mutex_);
  const auto taken = [&]() HPAPLUS_REQUIRES(mutex_) {
    batch = TakeBatch();
    return batch.has_value();
  };
  work_.wait(lock, stop_.get_token(), taken);
  return batch;
}

void CollectorRunner::Work() {
  while (!stop_.stop_requested()) {
    if (std::optional<Batch> batch = WaitForBatch()) Run(*batch);
  }
}

void CollectorRunner::Run(Batch& batch) {
  const Timestamp started = clock_.Now();
  std::vector<ReadingResult> answers = Collect(batch, started);
  for (ReadingResult& answer : answers) {
    if (answer || batch.source->setup.secrets.empty()) continue;
    const Error& error = answer.error();
    answer = Error{error.code, HideSecrets(error.message, batch.source->setup.secrets)};
  }
  const auto failed = std::ranges::count_if(answers, [](const auto& a) { return !a; });
  telemetry_.SourceRead(batch.source->name, clock_.Now() - started, answers.size(),
                        static_cast<std::size_t>(failed));
  const bool health_changed = Deliver(batch, std::move(answers));
  wake_();
  if (health_changed && config_.health_changed) config_.health_changed(batch.source->name);
}

std::vector<ReadingResult> CollectorRunner::Collect(const Batch& batch, Timestamp now) {
  const SourceName& name = batch.source->name;
  const Timestamp wanted = std::ranges::max_element(batch.asked, {}, &Asked::deadline)->deadline;
  const CollectContext context{now, std::min(wanted, now + batch.source->setup.timeout),
                               stop_.get_token()};
  Collector& collector = *batch.source->lanes[batch.lane].collector;
  std::string problem;
  try {
    std::vector<ReadingResult> answers = collector.Collect(batch.queries, context);
    if (answers.size() == batch.queries.size()) return answers;
    problem = "gave " + std::to_string(answers.size()) + " answers to " +
              std::to_string(batch.queries.size()) + " queries";
  } catch (const std::exception& exception) {
    problem = std::string("threw ") + exception.what();
  } catch (...) {
    problem = "threw";
  }
  HPAPLUS_LOG(kError, "collector_broken", {{"source", name}, {"problem", problem}});
  return AllFailed(batch.queries.size(), Error{ErrorCode::kMalformedData,
                                               "source " + name + ": its collector " + problem});
}

bool CollectorRunner::Judge(Source& source, std::span<const ReadingResult> answers,
                            Timestamp now) const {
  if (std::ranges::all_of(answers, GotNoAnswer)) {
    source.last_problem = answers.front().error().message;
    source.breaker->Failed(now);
  } else {
    source.breaker->Succeeded();
  }
  SourceHealth& health = source.health;
  const bool was_asked = std::exchange(health.asked, true);
  const bool was_failing = health.failing;
  const bool was_left_alone = std::exchange(health.left_alone, source.breaker->open());
  if (std::ranges::any_of(answers, &ReadingResult::has_value)) {
    health.last_success = now;
    health.failures = 0;
    health.problem.clear();
  } else {
    ++health.failures;
    health.problem = answers.front().error().message;
  }
  health.failing = health.failures >= static_cast<std::uint64_t>(config_.breaker.failures);
  return !was_asked || was_failing != health.failing || was_left_alone != health.left_alone;
}

bool CollectorRunner::Deliver(Batch& batch, std::vector<ReadingResult> answers) {
  const Timestamp now = clock_.Now();
  const MutexLock lock(mutex_);
  Source& source = *batch.source;
  const bool health_changed = Judge(source, answers, now);
  for (std::size_t i = 0; i < batch.asked.size(); ++i)
    Finish(batch.asked[i].id, batch.asked[i].ticket, answers[batch.answer_of[i]]);
  source.lanes[batch.lane].busy = false;
  --*source.busy_lanes;
  --threads_busy_;
  if (batch.probe) --probes_running_;
  work_.notify_one();
  return health_changed;
}

}  // namespace hpaplus
