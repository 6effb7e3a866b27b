#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/pod_requests_sum.h"
#include "engine/model/quota.h"
#include "engine/model/quota_ledger.h"

namespace hpaplus {

/// A ResourceQuota as it was last seen. Immutable.
struct QuotaObject {
  std::string ns;
  std::string name;
  std::string uid;
  std::string version;
  bool scoped = false;            // It counts some of the pods only.
  QuotaAmounts hard;              // spec.hard
  QuotaAmounts used;              // status.used
  std::set<std::string> foreign;  // Keys of spec.hard that somebody else has set, too.
  std::string original;           // What hard was before us, as we recorded it; empty: nothing yet.
};

/// A DynamicQuota as it was last seen.
struct QuotaSubject {
  std::shared_ptr<const QuotaSpec> spec;  // The last usable one; never null.
  std::string problem;                    // Why the newest cannot be used; empty when it can.
  bool guarded = false;                   // It has our finalizer.
};

/// A QuotaPool, likewise.
struct PoolSubject {
  std::shared_ptr<const PoolSpec> spec;
  std::string problem;
  std::string version;
  Ledger ledger;
};

struct QuotaSnapshot {
  bool complete = false;              // Everything has been read once.
  std::optional<Timestamp> known_at;  // When all of it was last up to date.
  std::string freeze;                 // Not empty: nothing is to be written.
  std::vector<QuotaSubject> subjects;
  std::vector<PoolSubject> pools;
};

/// One write. Each has a precondition, so that it happens to what was decided on or not at all.
struct QuotaPatch {
  enum class Kind {
    kHard,     // spec.hard of the ResourceQuota.
    kRestore,  // What it was before us, and no trace of us.
    kGuard,    // Our finalizer onto the DynamicQuota.
    kUnguard,  // And off again.
  };
  Kind kind = Kind::kHard;
  std::string ns;
  std::string name;  // Of the ResourceQuota; of the DynamicQuota for kGuard and kUnguard.
  std::string version;
  std::string plan;        // Makes every write a change.
  QuotaAmounts hard;       // All keys that are ours.
  std::string original;    // kHard: to be recorded; kRestore: what is restored.
  QuotaAmounts in_use;     // kRestore: nothing is restored to less.
  bool take_over = false;  // Keys of others are taken.
};

/// What the quota loop has to do with the cluster.
class QuotaCluster {
 public:
  virtual ~QuotaCluster() = default;

  /// Does not block.
  [[nodiscard]] virtual QuotaSnapshot Snapshot(Timestamp now) = 0;

  /// Blocks until all are answered; the new versions in the order of the patches. What was written
  /// is in the next Snapshot().
  [[nodiscard]] virtual std::vector<Result<std::string>> WriteAll(
      std::span<const QuotaPatch> patches) = 0;

  /// Likewise, the ledger in the status of a pool.
  [[nodiscard]] virtual Result<std::string> WriteLedger(const std::string& pool,
                                                        const std::string& version,
                                                        const Ledger& ledger) = 0;
};

/// What is known of a namespace's quotas and pods. Thread-safe; must not block.
class QuotaBook {
 public:
  virtual ~QuotaBook() = default;

  [[nodiscard]] virtual std::vector<std::shared_ptr<const QuotaObject>> QuotasIn(
      const std::string& ns) = 0;
  /// What its pods request, of those that count; null: the pods are not known.
  [[nodiscard]] virtual std::optional<QuotaAmounts> RequestsIn(const std::string& ns) = 0;
};

}  // namespace hpaplus
