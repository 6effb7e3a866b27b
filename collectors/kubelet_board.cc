#include "collectors/kubelet_board.h"

#include <algorithm>
#include <deque>

#include <fmt/core.h>

#include "collectors/http_answer.h"
#include "engine/base/log.h"

namespace hpaplus::collectors {
namespace {

// No object reads less often than once an hour, and a rate needs the measurement before.
constexpr Duration kForgetAfter = std::chrono::hours(2);
constexpr Duration kForgetEvery = std::chrono::minutes(1);
// The clock is looked at this often, so that a wait ends in time even if it has been adjusted.
constexpr Duration kLongestNap = std::chrono::milliseconds(100);
constexpr std::size_t kNewsMost = 10;  // Lines in the log, of one reading.

Error Of(std::string_view node, const Error& error) {
  return {error.code, fmt::format("kubelet of {}: {}", Printable(node), Printable(error.message))};
}

Error NotInTime(std::string_view node) {
  return Of(node, {ErrorCode::kDeadlineExceeded, "no answer in time"});
}

}  // namespace

// One page that is wanted.
struct KubeletBoard::Place {
  std::shared_ptr<Page> page;  // Null: there is no room for it.
  std::size_t answers = 0;     // That it had before.
  std::optional<Pods> fresh;   // It need not be asked.
  bool awaited = false;

  [[nodiscard]] bool answered() const { return page->answers != answers; }
};

// One call of Read().
struct KubeletBoard::Visit {
  std::span<const KubeletRequest> wanted;
  const CollectContext& context;
  std::vector<Place> places;         // Of each wanted.
  std::deque<std::size_t> to_ask;    // Places, those that are awaited.
  std::deque<std::size_t> to_probe;  // The others.
  std::size_t done = 0;              // So many places at the beginning are not awaited any more.
};

std::shared_ptr<KubeletBoard> KubeletBoard::Create(const Config& config, KubeletAsk ask,
                                                   Clock& clock, Executor& executor) {
  return std::shared_ptr<KubeletBoard>(new KubeletBoard(config, std::move(ask), clock, executor));
}

KubeletBoard::KubeletBoard(const Config& config, KubeletAsk ask, Clock& clock, Executor& executor)
    : config_(config), ask_(std::move(ask)), clock_(clock), executor_(executor) {}

void KubeletBoard::Enter(const KubeletRequest& request, Visit& visit) {
  Place& place = visit.places.emplace_back();
  const Timestamp now = visit.context.now;
  auto found = pages_.find({request.node, request.page});
  if (found == pages_.end()) {
    if (pages_.size() >= config_.pages_most) return;
    auto page = std::make_shared<Page>(request.node, request.page, config_.rules);
    found = pages_.emplace(Key(request.node, request.page), std::move(page)).first;
  }
  place.page = found->second;
  Page& page = *place.page;
  page.wanted_at = now;
  place.answers = page.answers;
  const bool overdue = page.state == State::kAsked && now >= page.latest;
  place.awaited = !page.failed && !overdue;
  if (page.state != State::kIdle) return;
  if (page.answers > 0 && now - page.asked_at < config_.share_for) {
    place.fresh = page.pods;
    place.awaited = false;
    return;
  }
  (place.awaited ? visit.to_ask : visit.to_probe).push_back(visit.places.size() - 1);
}

// Those who failed the last time have a quarter of the room, so that however many of them hang
// there is some for the others.
std::vector<std::size_t> KubeletBoard::TakeQuestions(Visit& visit) {
  std::vector<std::size_t> questions;
  const auto take = [&](std::deque<std::size_t>& from) HPAPLUS_REQUIRES(mutex_) {
    const std::size_t place = from.front();
    from.pop_front();
    Page& page = *visit.places[place].page;
    if (page.state != State::kIdle) return;  // Somebody else was faster.
    page.state = State::kAsked;
    page.asked_at = visit.context.now;
    page.latest = visit.context.deadline;
    ++open_;
    if (page.failed) ++probes_;
    questions.push_back(place);
  };
  while (!visit.to_ask.empty() && open_ < config_.concurrent_most)
    take(visit.to_ask);
  const std::size_t probes_most = std::max<std::size_t>(config_.concurrent_most / 4, 1);
  while (!visit.to_probe.empty() && open_ < config_.concurrent_most && probes_ < probes_most)
    take(visit.to_probe);
  return questions;
}

void KubeletBoard::Ask(const Visit& visit, std::span<const std::size_t> questions) {
  for (const std::size_t i : questions) {
    const auto done = [board = shared_from_this(), page = visit.places[i].page](
                          Result<std::string> body) { board->Arrive(page, std::move(body)); };
    ask_(visit.wanted[i], visit.context.deadline, done);
  }
}

void KubeletBoard::Arrive(const std::shared_ptr<Page>& page, Result<std::string> body) {
  {
    const MutexLock lock(mutex_);
    page->body = std::move(body);
    page->state = State::kArrived;
    arrived_.push_back(page);
  }
  changed_.notify_all();
}

void KubeletBoard::TakeArrived() {
  std::vector<std::shared_ptr<Page>> pages;
  {
    const MutexLock lock(mutex_);
    pages = std::exchange(arrived_, {});
    for (const std::shared_ptr<Page>& page : pages) {
      page->state = State::kTaking;
      --open_;
      if (page->failed) --probes_;
    }
  }
  if (pages.empty()) return;
  std::vector<Pods> shown(pages.size(), Error{ErrorCode::kUnavailable, "not read"});
  executor_.ForEachChunk(pages.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i != end; ++i)
      shown[i] = TakeIn(*pages[i]);
  });
  Post(pages, std::move(shown));
}

// Of a page whose state is kTaking: nobody else touches what is used here.
KubeletBoard::Pods KubeletBoard::TakeIn(Page& page) {
  const Result<std::string> body = std::exchange(page.body, std::string());
  if (!body) return Of(page.node, body.error());
  auto pods = page.counters.Take(*body, {page.asked_at, page.latest});
  if (!pods) return Of(page.node, pods.error());
  return std::make_shared<const std::vector<PodUsage>>(*std::move(pods));
}

void KubeletBoard::Post(std::span<const std::shared_ptr<Page>> pages, std::vector<Pods> shown) {
  std::vector<const Page*> news;
  std::vector<std::optional<Error>> problems;
  {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < pages.size(); ++i) {
      Page& page = *pages[i];
      const bool failed = !shown[i];
      if (failed != page.failed && news.size() < kNewsMost) {
        news.push_back(&page);
        problems.push_back(failed ? std::optional(shown[i].error()) : std::nullopt);
      }
      page.failed = failed;
      page.pods = std::move(shown[i]);
      ++page.answers;
      page.state = State::kIdle;
    }
  }
  changed_.notify_all();
  for (std::size_t i = 0; i < news.size(); ++i) {
    if (problems[i]) {
      HPAPLUS_LOG(kWarning, "kubelet failing",
                  {{"node", news[i]->node}, {"error", problems[i]->message}});
    } else {
      HPAPLUS_LOG(kInfo, "kubelet answers again", {{"node", news[i]->node}});
    }
  }
}

bool KubeletBoard::IsAwaited(Visit& visit) const {
  for (; visit.done < visit.places.size(); ++visit.done) {
    const Place& place = visit.places[visit.done];
    if (place.page && place.awaited && !place.answered()) return true;
  }
  return false;
}

bool KubeletBoard::HasWork(Visit& visit) const {
  const bool may_ask = !visit.to_ask.empty() && open_ < config_.concurrent_most;
  return may_ask || !arrived_.empty() || !IsAwaited(visit);
}

bool KubeletBoard::Wait(Visit& visit) {
  const CollectContext& context = visit.context;
  MutexLock lock(mutex_);
  while (!HasWork(visit)) {
    const Duration left = context.deadline - clock_.Now();
    if (left <= Duration::zero() || context.stop.stop_requested()) return false;
    changed_.wait_for(lock, context.stop, std::min(left, kLongestNap),
                      [&]() HPAPLUS_REQUIRES(mutex_) { return HasWork(visit); });
  }
  return IsAwaited(visit) || !arrived_.empty();
}

std::vector<KubeletBoard::Pods> KubeletBoard::Read(std::span<const KubeletRequest> wanted,
                                                   const CollectContext& context) {
  TakeArrived();  // Late answers to earlier questions.
  Visit visit{.wanted = wanted, .context = context};
  {
    const MutexLock lock(mutex_);
    Forget(context.now);
    for (const KubeletRequest& request : wanted)
      Enter(request, visit);
  }
  do {
    std::vector<std::size_t> questions;
    {
      const MutexLock lock(mutex_);
      questions = TakeQuestions(visit);
    }
    Ask(visit, questions);
    TakeArrived();
  } while (Wait(visit));

  std::vector<Pods> shown;
  shown.reserve(wanted.size());
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    shown.push_back(OutcomeOf(visit.places[i], wanted[i].node));
  return shown;
}

KubeletBoard::Pods KubeletBoard::OutcomeOf(const Place& place, const std::string& node) const {
  if (!place.page) return Of(node, {ErrorCode::kUnavailable, "there are too many nodes"});
  if (place.fresh) return *place.fresh;
  if (place.answered() || place.page->failed) return place.page->pods;
  return NotInTime(node);
}

void KubeletBoard::Forget(Timestamp now) {
  if (now - forgot_at_ < kForgetEvery) return;
  forgot_at_ = now;
  std::erase_if(pages_, [now](const auto& entry) {
    return entry.second->state == State::kIdle && now - entry.second->wanted_at > kForgetAfter;
  });
}

bool KubeletBoard::SomebodyAnswers() const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(
      pages_, [](const auto& entry) { return entry.second->answers > 0 && !entry.second->failed; });
}

}  // namespace hpaplus::collectors
