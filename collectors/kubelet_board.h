#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collectors/kubelet_pods.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/ports/clock.h"
#include "engine/ports/collector.h"
#include "engine/ports/executor.h"

namespace hpaplus::collectors {

struct KubeletRequest {
  std::string node;
  std::string address;  // Of the node.
  KubeletPage page = KubeletPage::kResource;
};

/// Asks a kubelet for a page and returns at once; `done` is called exactly once, by any thread,
/// about at `deadline` at the latest, maybe before this returns.
using KubeletAsk = std::function<void(const KubeletRequest& request, Timestamp deadline,
                                      std::function<void(Result<std::string> body)> done)>;

/// Where the collectors of all kubelets share what kubelets have shown: each page is asked for by
/// one of them at a time, and no more often than every `share_for`, whoever wants it.
///
/// Nobody waits for a kubelet that gave nothing the last time. It is asked all the same, and what
/// it says is there for the next who wants it: so a node that hangs costs one wait, and others
/// nothing after that. Pages that nobody wants any more are forgotten. Thread-safe.
class KubeletBoard : public std::enable_shared_from_this<KubeletBoard> {
 public:
  struct Config {
    Duration share_for = std::chrono::seconds(1);
    std::size_t concurrent_most = 64;  // Pages that are asked for or still to be read, at once.
    std::size_t pages_most = 20'000;   // More are not asked for.
    KubeletPods::Rules rules;
  };
  /// All pods of a page, ordered by (ns, pod).
  using Pods = Result<std::shared_ptr<const std::vector<PodUsage>>>;

  /// `clock` and `executor` must outlive everybody who reads.
  [[nodiscard]] static std::shared_ptr<KubeletBoard> Create(const Config& config, KubeletAsk ask,
                                                            Clock& clock, Executor& executor);

  /// What the pages show, in order; each is wanted once. Blocks, at most until the deadline or a
  /// stop; a page that has not come by then is kDeadlineExceeded.
  [[nodiscard]] std::vector<Pods> Read(std::span<const KubeletRequest> wanted,
                                       const CollectContext& context);

  /// Whether some kubelet gave its page the last time it was asked.
  [[nodiscard]] bool SomebodyAnswers() const;

 private:
  enum class State { kIdle, kAsked, kArrived, kTaking };
  struct Page {
    Page(std::string on, KubeletPage page, const KubeletPods::Rules& rules)
        : node(std::move(on)), counters(page, rules) {}

    const std::string node;
    State state = State::kIdle;
    bool failed = false;      // The last time.
    std::size_t answers = 0;  // Failures are answers, too.
    Timestamp asked_at{};
    Timestamp latest{};  // The deadline of the question.
    Timestamp wanted_at{};
    Result<std::string> body{std::string()};  // kArrived.
    KubeletPods counters;
    Pods pods{Error{ErrorCode::kUnavailable, "not asked yet"}};
  };
  using Key = std::pair<std::string, KubeletPage>;
  struct Visit;
  struct Place;

  KubeletBoard(const Config& config, KubeletAsk ask, Clock& clock, Executor& executor);

  void Enter(const KubeletRequest& request, Visit& visit) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::vector<std::size_t> TakeQuestions(Visit& visit) HPAPLUS_REQUIRES(mutex_);
  void Ask(const Visit& visit, std::span<const std::size_t> questions);
  void Arrive(const std::shared_ptr<Page>& page, Result<std::string> body);
  void TakeArrived();
  [[nodiscard]] static Pods TakeIn(Page& page);
  void Post(std::span<const std::shared_ptr<Page>> pages, std::vector<Pods> shown);
  [[nodiscard]] bool IsAwaited(Visit& visit) const HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] bool HasWork(Visit& visit) const HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] bool Wait(Visit& visit);
  [[nodiscard]] Pods OutcomeOf(const Place& place, const std::string& node) const
      HPAPLUS_REQUIRES(mutex_);
  void Forget(Timestamp now) HPAPLUS_REQUIRES(mutex_);

  const Config config_;
  const KubeletAsk ask_;
  Clock& clock_;
  Executor& executor_;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, std::shared_ptr<Page>> pages_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Page>> arrived_ HPAPLUS_GUARDED_BY(mutex_);
  std::size_t open_ HPAPLUS_GUARDED_BY(mutex_) = 0;    // Asked and not taken in.
  std::size_t probes_ HPAPLUS_GUARDED_BY(mutex_) = 0;  // Those of them that had failed.
  Timestamp forgot_at_ HPAPLUS_GUARDED_BY(mutex_){};
};

}  // namespace hpaplus::collectors
