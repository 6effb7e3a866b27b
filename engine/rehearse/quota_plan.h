#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/loop/quota_loop.h"
#include "engine/model/workload.h"
#include "engine/rehearse/field_diff.h"

namespace hpaplus::rehearse {

/// A workload that wants pods.
struct QuotaClaimant {
  std::string ns;
  std::string name;
  Replicas pods = 0;     // That are there, or on their way.
  Replicas wants = 0;    // Before quota limits it.
  Replicas most = 0;     // maxReplicas
  QuotaAmounts per_pod;  // Empty: nobody knows.
  QuotaShareSpec share;
};

/// Everything that decisions on quotas are made from, as it stands still.
struct QuotaState {
  std::vector<QuotaSubject> subjects;
  std::vector<PoolSubject> pools;
  std::vector<QuotaObject> quotas;
  std::map<std::string, QuotaAmounts> requests;  // Of pods, by namespace; absent: not known.
  std::vector<QuotaClaimant> claimants;
};

/// Where it all comes to rest.
struct SettledQuotas {
  using Key = std::pair<std::string, std::string>;  // Namespace, name.

  std::map<Key, QuotaRecord> records;  // The last one of every DynamicQuota.
  std::map<Key, QuotaAmounts> hard;    // Of every ResourceQuota.
  std::map<Key, Duration> changed;     // When each was last written, from the start on.
  bool settled = true;                 // False: it had not come to rest when the time was over.
};

/// Runs the quota loop on a state until nothing changes any more: pods neither come nor go, what is
/// wanted stays, and every write is one that succeeds. At most six hours of its time.
[[nodiscard]] SettledQuotas SettleQuotas(const QuotaState& state);

/// A resource of one DynamicQuota, now and where it would settle.
struct QuotaChange {
  std::string quota;  // "namespace/name" of the DynamicQuota.
  std::string resource;
  std::optional<Amount> now;     // Null: not limited, here and below.
  std::optional<Amount> before;  // By the objects as they are.
  std::optional<Amount> after;   // By those that are planned.
  Amount wanted = 0;             // By those that are planned.
  Duration takes{};              // Until the last change.
  std::string why;               // Why it gets no more, or is not decided on; empty: it gets all.

  /// What it gains by the plan; less than nothing: loses.
  [[nodiscard]] Amount gain() const { return after.value_or(0) - before.value_or(0); }
  [[nodiscard]] bool changes() const { return before != after; }
};

/// A workload some of whose pods wait for quota.
struct WaitingPods {
  std::string workload;  // "namespace/name"
  Replicas pods = 0;
  Replicas wants = 0;
  Replicas before = 0;  // That would wait by the objects as they are, and what is short:
  Replicas after = 0;   // By those that are planned.
  std::string quota;    // What is short after, or else before.
  std::string resource;
};

struct QuotaObjectChange {
  std::string object;  // "DynamicQuota shop/team"
  bool is_new = false;
  std::vector<FieldChange> fields;
};

/// What applying files with DynamicQuotas and QuotaPools would change.
struct QuotaPlan {
  std::vector<std::string> files;
  std::string against;
  std::vector<QuotaObjectChange> objects;  // Those that change.
  std::vector<QuotaChange> changes;        // Of all DynamicQuotas, by name.
  std::vector<WaitingPods> waiting;        // Those who wait before or after.
  std::vector<std::string> warnings;
  std::vector<std::string> notes;

  [[nodiscard]] bool has_changes() const { return !objects.empty(); }
};

/// Fills in what follows from the two states: changes, waiting, warnings, and notes on them.
void CompareQuotas(const QuotaState& before, const QuotaState& after, QuotaPlan& plan);

/// One JSON object, "schema": "hpaplus.io/quota-plan/v1"; docs/plan.md has its fields.
[[nodiscard]] std::string QuotaPlanJson(const QuotaPlan& plan);
/// For people.
[[nodiscard]] std::string QuotaPlanTable(const QuotaPlan& plan);
/// The data of a page, for HtmlReport().
[[nodiscard]] std::string QuotaPlanPage(const QuotaPlan& plan);

}  // namespace hpaplus::rehearse
