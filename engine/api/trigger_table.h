#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/api/decision_board.h"
#include "engine/api/trigger_answer.h"
#include "engine/api/trigger_config.h"
#include "engine/api/trigger_host.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/ports/clock.h"

namespace hpaplus::api {

/// Whom a call is about, as it arrived: two triggers of one ScaledObject differ in nothing but
/// their metadata, so all of it is the key.
struct TriggerRef {
  std::string_view ns;
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;  // Ordered by key.
};

/// Is told each new answer of one trigger.
class TriggerListener {
 public:
  virtual ~TriggerListener() = default;
  /// On the thread that evaluates; must not block.
  virtual void OnAnswer(const std::shared_ptr<const TriggerAnswer>& answer) = 0;
};

/// The triggers that somebody asks about, each with its last answer. Answers are made when
/// something has been evaluated; a call only looks one up, and never waits for a source.
///
/// Nobody says that a trigger is gone. It is forgotten when nobody has asked for three times as
/// long as the longest pause between its questions was, and `expire_after` at least. Thread-safe.
class TriggerTable {
 public:
  struct Config {
    std::size_t triggers_most = 100'000;
    Duration expire_after = std::chrono::minutes(15);
  };
  using Answer = std::shared_ptr<const TriggerAnswer>;

  /// All must outlive it.
  TriggerTable(const Config& config, const DecisionBoard& objects, TriggerHost& host, Clock& clock);

  /// kInvalidArgument: the metadata makes no sense, and which key. kNotFound: there is no such
  /// object, metric or source. kUnavailable: there are too many triggers.
  [[nodiscard]] Result<Answer> Ask(const TriggerRef& ref);

  /// The same, and from then on the listener is told, until it is dropped. The trigger lives as
  /// long as somebody listens.
  [[nodiscard]] Result<Answer> Listen(const TriggerRef& ref,
                                      const std::shared_ptr<TriggerListener>& listener);
  void Drop(const std::shared_ptr<TriggerListener>& listener);

  /// An object has changed, or has been evaluated; null: it is gone.
  void OnObject(const std::string& ns, const std::string& name, const DecisionBoard::Entry& entry);
  /// A workload of the host has been evaluated.
  void OnWorkload(const BoardEntry& entry);

  /// Forgets what nobody asks for any more. To be called every few seconds.
  void Expire();

  [[nodiscard]] std::size_t size() const;

 private:
  struct Key {
    std::string ns;
    std::string name;
    std::vector<std::pair<std::string, std::string>> metadata;
  };
  // A key and a reference to it are the same when they say the same.
  struct KeyHash {
    using is_transparent = void;
    template <class A>
    std::size_t operator()(const A& a) const;
  };
  struct KeyEqual {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  struct Trigger {
    Key key;
    TriggerConfig config;
    std::string followed;  // What its answers come from: "NAMESPACE/NAME", or the host's uid.
    std::shared_ptr<const WorkloadSpec> workload;  // The host's; null: an object's.
    Result<Answer> answer = Error{ErrorCode::kUnavailable, "not evaluated yet"};
    Timestamp asked{};
    Duration longest_pause{};
    std::vector<std::shared_ptr<TriggerListener>> listeners;
  };
  using Followers = std::unordered_map<std::string, std::set<Trigger*>, TextHash, std::equal_to<>>;

  [[nodiscard]] std::optional<Result<Answer>> ListenToKnown(
      const TriggerRef& ref, const std::shared_ptr<TriggerListener>& listener, Timestamp now);
  [[nodiscard]] Result<std::unique_ptr<Trigger>> MakeTrigger(const TriggerRef& ref);
  [[nodiscard]] Status FollowObject(const ObjectTrigger& config, Trigger& trigger);
  [[nodiscard]] Status FollowSource(const SourceTrigger& config, Trigger& trigger);
  [[nodiscard]] Status Add(const TriggerRef& ref);
  [[nodiscard]] Trigger* Find(const TriggerRef& ref) HPAPLUS_REQUIRES(mutex_);
  void Remove(Trigger& trigger) HPAPLUS_REQUIRES(mutex_);

  const Config config_;
  const DecisionBoard& objects_;
  TriggerHost& host_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::unordered_map<Key, std::unique_ptr<Trigger>, KeyHash, KeyEqual> triggers_
      HPAPLUS_GUARDED_BY(mutex_);
  Followers of_objects_ HPAPLUS_GUARDED_BY(mutex_);
  Followers of_workloads_ HPAPLUS_GUARDED_BY(mutex_);
  std::unordered_map<TriggerListener*, Trigger*> listening_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::api
