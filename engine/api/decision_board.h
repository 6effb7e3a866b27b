#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/model/decision.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/journal.h"
#include "engine/ports/shadow_book.h"

namespace hpaplus::api {

/// What is known of one object now. Immutable.
struct BoardEntry {
  std::shared_ptr<const WorkloadView> view;     // Never null: the newest.
  std::shared_ptr<const Decision> decision;     // Null: not evaluated yet.
  std::shared_ptr<const WorkloadSpec> decided;  // What `decision` was made for; null with it.
  std::optional<ShadowState> shadow;            // At that decision; null: it has none.
};

/// The last decision about each object, for those who only read: a journal that keeps the newest
/// entry and nothing else. Thread-safe; what it gives out never changes.
class DecisionBoard final : public Journal {
 public:
  using Entry = std::shared_ptr<const BoardEntry>;
  /// Called on the tick's thread after each change, without a lock; must not block. The entry is
  /// null when the object is gone.
  using Listener = std::function<void(const std::string& ns, const std::string& name, Entry)>;

  /// `shadows` outlives it; null: there are none.
  explicit DecisionBoard(const ShadowBook* shadows = nullptr) : shadows_(shadows) {}

  /// Before the first tick, once.
  void Listen(Listener listener) { listener_ = std::move(listener); }

  /// The objects as the engine is about to see them.
  void Follow(const std::vector<WorkloadUpdate>& updates);

  void RecordDecision(const Decision& decision, const WorkloadView& view) override;
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}  // Follow() has said so.
  void RecordTick(const TickReport& /*report*/) override {}

  /// Null: there is no such object.
  [[nodiscard]] Entry Find(std::string_view ns, std::string_view name) const;
  /// By namespace and name.
  [[nodiscard]] std::vector<Entry> All() const;

 private:
  using Key = std::pair<std::string, std::string>;  // Namespace, name.
  using KeyView = std::pair<std::string_view, std::string_view>;
  struct Before {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return KeyView(a.first, a.second) < KeyView(b.first, b.second);
    }
  };

  void Tell(const WorkloadSpec& spec, const Entry& entry) const;

  const ShadowBook* const shadows_;
  Listener listener_;
  mutable Mutex mutex_;
  std::vector<Entry> by_id_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<Key, Entry, Before> by_name_ HPAPLUS_GUARDED_BY(mutex_);
};

/// A ClusterView whose changes a board follows. Both must outlive it.
class BoardedView final : public ClusterView {
 public:
  BoardedView(ClusterView& view, DecisionBoard& board) : view_(view), board_(board) {}

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override {
    std::vector<WorkloadUpdate> updates = view_.TakeChanges();
    board_.Follow(updates);
    return updates;
  }

 private:
  ClusterView& view_;
  DecisionBoard& board_;
};

}  // namespace hpaplus::api
