#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/loop/move_budget.h"
#include "engine/loop/quota_roll.h"
#include "engine/model/quota_ledger.h"
#include "engine/ports/clock.h"
#include "engine/ports/quota_cluster.h"
#include "engine/ports/quota_journal.h"
#include "engine/quota/pool_round.h"

namespace hpaplus {

/// What workloads of a namespace want, by the names that quotas have for it.
struct QuotaWants {
  QuotaAmounts desired;       // With what is there besides.
  QuotaAmounts desired_most;  // At maxReplicas.
  QuotaAmounts in_flight;     // Of pods that are wanted, but not there yet.
};

/// Decides on quotas and writes them: level-triggered, each pool in the shortest period of its
/// members, a quota without a pool in its own. A namespace that lacks quota right now has its group
/// looked at at once. Every round goes by PoolRound, so that a crash anywhere, and other engines,
/// do no harm.
///
/// One thread owns it, which its writes block.
class QuotaLoop {
 public:
  struct Config {
    std::string engine = "hpaplus";  // Unique among engines: part of every plan's id.
    std::string ns;                  // Only this namespace; entries of others are left alone.
    Duration idle = std::chrono::seconds(1);  // How often it looks for new objects.
  };
  struct World {
    Clock& clock;
    QuotaCluster& cluster;
    QuotaBook& book;
    QuotaJournal& journal;
    /// What is wanted in a namespace; null: nothing is scaled there.
    std::function<std::optional<QuotaWants>(const std::string& ns)> wants;
    /// The namespaces that lack quota since the previous call.
    std::function<std::set<std::string>()> take_urgent;
  };

  QuotaLoop(Config config, World world);

  /// Ticks until the stop.
  void Run(const std::stop_token& stop);

  /// One look; returns when to look again.
  Timestamp Tick();

 private:
  using Key = std::string;  // "namespace/name" of a DynamicQuota.
  // By pool: the group that it belongs to, and its index in the group's tree.
  using Places = std::map<std::string, std::pair<std::string, std::size_t>>;

  // A DynamicQuota that can be decided on.
  struct Member {
    std::shared_ptr<const QuotaSpec> spec;
    std::shared_ptr<const QuotaObject> quota;
    QuotaObservation observed;  // Once its group is due.
    std::size_t pool = 0;
    bool frozen = false;
    bool acts = true;
    std::string conflict;  // Who else writes it; empty: nobody.
  };

  // What shares one root, or one quota alone.
  struct Group {
    PoolTree tree;
    const PoolSubject* root = nullptr;  // Null: a quota alone.
    std::vector<Member> members;
    std::vector<Key> kept;  // Entries of the ledger that stay, though nothing is decided on them.
    Duration period = std::chrono::hours(1);
    bool urgent = false;
  };

  struct Memory {
    QuotaHistory history;
    std::vector<std::string> resources;  // Whose history it is.
    std::int64_t generation = -1;        // Of the spec that was last decided by.
  };

  void Serve(const QuotaSnapshot& snapshot, Timestamp now);
  [[nodiscard]] std::map<std::string, Group> MakeGroups(const QuotaSnapshot& snapshot);
  // Which entries of the ledgers stay, and which leave.
  void AddKept(const std::set<Key>& present, std::map<std::string, Group>& groups) const;
  void AddPools(const QuotaSnapshot& snapshot, std::map<std::string, Group>& groups,
                Places& places);
  void AddSubject(const QuotaSnapshot& snapshot, const QuotaSubject& subject,
                  std::map<std::string, Group>& groups, const Places& places);
  [[nodiscard]] QuotaObservation Observe(const QuotaSnapshot& snapshot, const QuotaSpec& spec,
                                         const QuotaObject& quota);
  void RunGroup(Group& group, Timestamp now);
  void Drive(PoolRound& round, const Group& group, const std::string& plan,
             std::vector<QuotaRecord>& records);
  void RecordGroup(const Group& group, const PoolRound& round,
                   const std::vector<QuotaDecision>& decisions);
  void Release(const QuotaSubject& subject, const QuotaSnapshot& snapshot);
  [[nodiscard]] std::shared_ptr<const QuotaObject> FindQuota(const std::string& ns,
                                                             const std::string& name);

  const Config config_;
  const World world_;
  QuotaRoll roll_;
  std::uint64_t rounds_ = 0;
  std::set<std::string> urgent_;
  std::map<std::string, Timestamp> next_;  // By group.
  std::map<Key, Memory> memories_;
  MoveBudget budget_;
};

}  // namespace hpaplus
