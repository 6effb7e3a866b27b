#pragma once

#include <initializer_list>
#include <vector>

#include "engine/ports/journal.h"
#include "engine/ports/quota_journal.h"

namespace hpaplus::app {

/// Tells several journals the same, in order. All must outlive it.
class JournalFanout final : public Journal {
 public:
  JournalFanout(std::initializer_list<Journal*> journals) : journals_(journals) {}

  /// Before the first tick.
  void Add(Journal& journal) { journals_.push_back(&journal); }

  void RecordDecision(const Decision& decision, const WorkloadView& view) override {
    for (Journal* journal : journals_)
      journal->RecordDecision(decision, view);
  }
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override {
    for (Journal* journal : journals_)
      journal->RecordOutcome(outcome, at);
  }
  void RecordGone(WorkloadId workload) override {
    for (Journal* journal : journals_)
      journal->RecordGone(workload);
  }
  void RecordTick(const TickReport& report) override {
    for (Journal* journal : journals_)
      journal->RecordTick(report);
  }

 private:
  std::vector<Journal*> journals_;
};

/// The same for what is said of quotas.
class QuotaJournalFanout final : public QuotaJournal {
 public:
  QuotaJournalFanout(std::initializer_list<QuotaJournal*> journals) : journals_(journals) {}

  void RecordQuota(const QuotaRecord& record) override {
    for (QuotaJournal* journal : journals_)
      journal->RecordQuota(record);
  }
  void RecordPool(const PoolRecord& record) override {
    for (QuotaJournal* journal : journals_)
      journal->RecordPool(record);
  }
  void RecordQuotaGone(const std::string& ns, const std::string& name) override {
    for (QuotaJournal* journal : journals_)
      journal->RecordQuotaGone(ns, name);
  }
  void RecordPoolGone(const std::string& name) override {
    for (QuotaJournal* journal : journals_)
      journal->RecordPoolGone(name);
  }

 private:
  const std::vector<QuotaJournal*> journals_;
};

}  // namespace hpaplus::app
