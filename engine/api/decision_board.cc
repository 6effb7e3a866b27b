#include "engine/api/decision_board.h"

namespace hpaplus::api {

void DecisionBoard::Follow(const std::vector<WorkloadUpdate>& updates) {
  for (const WorkloadUpdate& update : updates) {
    Entry before;
    Entry after;
    {
      const MutexLock lock(mutex_);
      if (update.id.index >= by_id_.size()) by_id_.resize(update.id.index + 1U);
      Entry& slot = by_id_[update.id.index];
      before = slot;
      if (update.view) {
        BoardEntry entry;
        // An object is its uid: of another one's decision under this id nothing is kept.
        if (before && before->view->spec->uid == update.view->spec->uid) entry = *before;
        entry.view = update.view;
        after = std::make_shared<const BoardEntry>(std::move(entry));
      }
      if (before) by_name_.erase({before->view->spec->ns, before->view->spec->name});
      if (after) by_name_[{after->view->spec->ns, after->view->spec->name}] = after;
      slot = after;
    }
    if (after) {
      Tell(*after->view->spec, after);
    } else if (before) {
      Tell(*before->view->spec, nullptr);
    }
  }
}

void DecisionBoard::RecordDecision(const Decision& decision, const WorkloadView& view) {
  auto copy = std::make_shared<const Decision>(decision);
  const ShadowState* const shadow =
      shadows_ != nullptr ? shadows_->Find(decision.workload) : nullptr;
  Entry entry;
  {
    const MutexLock lock(mutex_);
    if (decision.workload.index >= by_id_.size()) return;
    Entry& slot = by_id_[decision.workload.index];
    if (!slot || slot->view->spec->uid != view.spec->uid) return;
    BoardEntry newest{slot->view, std::move(copy), view.spec};
    if (shadow != nullptr) newest.shadow = *shadow;
    entry = std::make_shared<const BoardEntry>(std::move(newest));
    by_name_[{view.spec->ns, view.spec->name}] = entry;
    slot = entry;
  }
  Tell(*view.spec, entry);
}

DecisionBoard::Entry DecisionBoard::Find(std::string_view ns, std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = by_name_.find(KeyView(ns, name));
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<DecisionBoard::Entry> DecisionBoard::All() const {
  const MutexLock lock(mutex_);
  std::vector<Entry> all;
  all.reserve(by_name_.size());
  for (const auto& [name, entry] : by_name_)
    all.push_back(entry);
  return all;
}

void DecisionBoard::Tell(const WorkloadSpec& spec, const Entry& entry) const {
  if (listener_) listener_(spec.ns, spec.name, entry);
}

}  // namespace hpaplus::api
