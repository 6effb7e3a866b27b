#include "engine/loop/quota_loop.h"

#include <algorithm>
#include <deque>
#include <tuple>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/model/quota_original.h"

namespace hpaplus {
namespace {

constexpr std::size_t kMembersMost = 5000;  // As many entries as the CRD takes.
constexpr std::size_t kDepthMost = 8;       // Pools above each other.

std::string KeyOf(const std::string& ns, const std::string& name) {
  return ns + "/" + name;
}

std::string NamespaceOf(const std::string& key) {
  return key.substr(0, key.find('/'));
}

// The next point of the group's own grid, so that groups are spread and a restart changes nothing.
Timestamp NextOnGrid(const std::string& name, Duration period, Timestamp now) {
  const std::int64_t step = period.count();
  const auto phase = static_cast<std::int64_t>(Fnv1a(name) % static_cast<std::uint64_t>(step));
  const std::int64_t since = now.time_since_epoch().count() - phase;
  return Timestamp(Duration(phase + (since / step + 1) * step));
}

Amount Get(const QuotaAmounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? 0 : found->second;
}

bool MayJoin(const PoolSpec& pool, const std::string& ns) {
  return !pool.namespaces || std::ranges::find(*pool.namespaces, ns) != pool.namespaces->end();
}

std::vector<std::string> NamesOf(const QuotaSpec& spec) {
  std::vector<std::string> names;
  for (const QuotaResource& one : spec.resources)
    names.push_back(one.name);
  return names;
}

// What stands in for a member whose entry stays as it is.
QuotaSpec KeptSpec(const std::string& key, const Ledger::Entry& entry) {
  QuotaSpec spec;
  spec.ns = NamespaceOf(key);
  spec.name = key.substr(std::min(key.size(), spec.ns.size() + 1));
  for (const auto& [resource, amount] : entry.granted)
    spec.resources.push_back({.name = resource, .max = amount});
  return spec;
}

// What was decided and has not been free.
void SayWhatIsLacking(const std::vector<Amount>& granted, bool acts, QuotaDecision& decision) {
  for (std::size_t r = 0; acts && r < decision.resources.size(); ++r) {
    ResourceDecision& one = decision.resources[r];
    if (!one.grows() || granted[r] >= one.target) continue;
    const Amount free = std::max(granted[r], one.hard.value_or(0));
    one.steps.push_back(
        {QuotaStage::kSlack, one.target, free, QuotaReason::kAwaitingSlack, granted[r]});
    one.target = free;
  }
}

void AddToPool(const ResourceDecision& decision, Amount granted, PoolRecord& pool) {
  const auto line = pool.resources.find(decision.name);
  if (line == pool.resources.end()) return;
  line->second.granted += granted;
  line->second.demand += decision.demand;
  pool.deficit = pool.deficit || decision.deficit;
}

}  // namespace

QuotaLoop::QuotaLoop(Config config, World world)
    : config_(std::move(config)), world_(std::move(world)), roll_(world_.journal) {}

void QuotaLoop::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Timestamp next = Tick();
    if (!world_.clock.WaitUntil(next, stop)) return;
  }
}

Timestamp QuotaLoop::Tick() {
  const Timestamp now = world_.clock.Now();
  roll_.Begin(now);
  const QuotaSnapshot snapshot = world_.cluster.Snapshot(now);
  urgent_.merge(world_.take_urgent());
  if (snapshot.complete) Serve(snapshot, now);
  Timestamp next = now + config_.idle;
  for (const auto& [group, at] : next_)
    next = std::min(next, std::max(at, now));
  return next;
}

void QuotaLoop::Serve(const QuotaSnapshot& snapshot, Timestamp now) {
  std::map<std::string, Group> groups = MakeGroups(snapshot);
  std::erase_if(next_, [&](const auto& item) { return !groups.contains(item.first); });
  for (auto& [name, group] : groups) {
    const auto known = next_.find(name);
    const bool due = known == next_.end() || known->second <= now || group.urgent;
    if (due) {
      for (Member& member : group.members) {
        member.observed = Observe(snapshot, *member.spec, *member.quota);
        member.observed.frozen = member.frozen;
      }
      RunGroup(group, now);
    }
    const Timestamp next = NextOnGrid(name, group.period, now);
    if (due || known->second > next) next_[name] = next;
  }
  urgent_.clear();
  budget_.KeepOnly(snapshot.pools);
  roll_.Call(snapshot);
}

std::map<std::string, QuotaLoop::Group> QuotaLoop::MakeGroups(const QuotaSnapshot& snapshot) {
  std::map<std::string, Group> groups;
  Places places;
  AddPools(snapshot, groups, places);
  std::vector<const QuotaSubject*> subjects;
  for (const QuotaSubject& subject : snapshot.subjects)
    subjects.push_back(&subject);
  // Of several that want one ResourceQuota the oldest has it.
  std::ranges::stable_sort(subjects, [](const QuotaSubject* a, const QuotaSubject* b) {
    return std::tie(a->spec->created, a->spec->ns, a->spec->name) <
           std::tie(b->spec->created, b->spec->ns, b->spec->name);
  });
  std::set<Key> present;
  std::set<std::pair<std::string, std::string>> taken;
  std::vector<QuotaPatch> guards;
  for (const QuotaSubject* const subject : subjects) {
    const QuotaSpec& spec = *subject->spec;
    if (!spec.deleting) present.insert(KeyOf(spec.ns, spec.name));
    if (spec.deleting) {
      Release(*subject, snapshot);
    } else if (!taken.emplace(spec.ns, spec.quota).second) {
      roll_.Say(*subject, "Conflict", "another DynamicQuota keeps ResourceQuota " + spec.quota);
    } else if (spec.mode == QuotaMode::kAuto && !subject->guarded && snapshot.freeze.empty()) {
      guards.push_back({.kind = QuotaPatch::Kind::kGuard, .ns = spec.ns, .name = spec.name});
    } else {
      AddSubject(snapshot, *subject, groups, places);
    }
  }
  if (!guards.empty()) (void)world_.cluster.WriteAll(guards);
  AddKept(present, groups);
  std::erase_if(memories_, [&](const auto& item) { return !present.contains(item.first); });
  return groups;
}

void QuotaLoop::AddKept(const std::set<Key>& present, std::map<std::string, Group>& groups) const {
  for (auto& [name, group] : groups) {
    if (group.root == nullptr) continue;
    std::set<Key> members;
    for (const Member& member : group.members)
      members.insert(KeyOf(member.spec->ns, member.spec->name));
    for (const auto& entry : group.root->ledger.entries) {
      const Key& key = entry.first;
      const bool of_others = !config_.ns.empty() && NamespaceOf(key) != config_.ns;
      if (members.contains(key)) continue;
      if (of_others || present.contains(key)) {
        group.kept.push_back(key);
      } else {
        group.urgent = true;  // It leaves the pool.
      }
    }
  }
}

void QuotaLoop::AddPools(const QuotaSnapshot& snapshot, std::map<std::string, Group>& groups,
                         Places& places) {
  std::map<std::string, const PoolSubject*> open;
  for (const PoolSubject& pool : snapshot.pools)
    open[pool.spec->name] = &pool;
  for (std::size_t depth = 0; depth < kDepthMost; ++depth) {
    std::vector<std::string> placed;
    for (const auto& [name, pool] : open) {
      const PoolSpec& spec = *pool->spec;
      const auto parent = places.find(spec.parent);
      if (!spec.parent.empty() && parent == places.end()) continue;
      const std::string group_name = spec.parent.empty() ? "pool:" + name : parent->second.first;
      Group& group = groups[group_name];
      if (spec.parent.empty()) group.root = pool;
      group.tree.pools.push_back(spec);
      group.tree.parents.push_back(spec.parent.empty() ? 0 : parent->second.second);
      placed.push_back(name);
    }
    // Only now: a pool's children are one level deeper.
    for (const std::string& name : placed) {
      const std::string& parent = open[name]->spec->parent;
      const std::string group_name = parent.empty() ? "pool:" + name : places[parent].first;
      const auto& pools = groups[group_name].tree.pools;
      const auto at = std::ranges::find(pools, name, &PoolSpec::name);
      places[name] = {group_name, static_cast<std::size_t>(at - pools.begin())};
      open.erase(name);
    }
    if (placed.empty()) break;
  }
  for (const auto& [name, pool] : open) {
    roll_.Record(PoolRecord{pool->spec,
                            {},
                            "ParentNotFound",
                            "parent " + pool->spec->parent + " does not exist, or leads nowhere",
                            false});
  }
}

std::shared_ptr<const QuotaObject> QuotaLoop::FindQuota(const std::string& ns,
                                                        const std::string& name) {
  for (auto& quota : world_.book.QuotasIn(ns)) {
    if (quota->name == name) return quota;
  }
  return nullptr;
}

void QuotaLoop::AddSubject(const QuotaSnapshot& snapshot, const QuotaSubject& subject,
                           std::map<std::string, Group>& groups, const Places& places) {
  const QuotaSpec& spec = *subject.spec;
  if (!subject.problem.empty()) return roll_.Say(subject, "InvalidSpec", subject.problem);
  std::string group_name = KeyOf(spec.ns, spec.name);
  std::size_t pool = 0;
  if (!spec.pool.empty()) {
    const auto place = places.find(spec.pool);
    if (place == places.end()) {
      return roll_.Say(subject, "PoolNotFound", "there is no " + spec.pool);
    }
    std::tie(group_name, pool) = place->second;
    if (!MayJoin(groups[group_name].tree.pools[pool], spec.ns)) {
      return roll_.Say(subject, "PoolForbidden", spec.pool + " is not for this namespace");
    }
  }
  auto quota = FindQuota(spec.ns, spec.quota);
  if (quota == nullptr) return roll_.Say(subject, "QuotaNotFound", "there is no " + spec.quota);
  if (quota->scoped) {
    return roll_.Say(subject, "ScopedQuota", spec.quota + " has scopes: it counts some pods only");
  }
  Group& group = groups[group_name];
  if (group.members.size() == kMembersMost) {
    return roll_.Say(subject, "TooManyMembers",
                     "its pool has 5000 members, the most that are served");
  }
  const bool takes = spec.take_over && quota->original.empty();
  const bool conflict = !takes && std::ranges::any_of(spec.resources, [&](const auto& one) {
    return quota->foreign.contains(one.name);
  });
  Member member{.spec = subject.spec, .quota = quota, .observed = {}, .pool = pool, .conflict = ""};
  if (conflict) member.conflict = "somebody else has set keys of " + spec.quota;
  member.frozen = !snapshot.freeze.empty();
  const Timestamp now = world_.clock.Now();
  for (std::size_t i = pool; !group.tree.pools.empty(); i = group.tree.parents[i]) {
    const auto& until = group.tree.pools[i].frozen_until;
    member.frozen = member.frozen || (until && now < *until);
    if (i == 0) break;
  }
  const bool frozen = member.frozen || (spec.frozen_until && now < *spec.frozen_until);
  member.acts = spec.mode == QuotaMode::kAuto && !frozen && !conflict;
  group.period = std::min(group.period, spec.period);
  Memory& memory = memories_[KeyOf(spec.ns, spec.name)];
  const bool is_news = std::exchange(memory.generation, spec.generation) != spec.generation;
  group.urgent = group.urgent || is_news || urgent_.contains(spec.ns);
  group.members.push_back(std::move(member));
}

QuotaObservation QuotaLoop::Observe(const QuotaSnapshot& snapshot, const QuotaSpec& spec,
                                    const QuotaObject& quota) {
  QuotaObservation out;
  out.known_at = snapshot.known_at;
  const auto requests = world_.book.RequestsIn(spec.ns);
  const auto wants = world_.wants(spec.ns);
  for (const QuotaResource& resource : spec.resources) {
    ResourceUse& use = out.resources.emplace_back();
    const auto hard = quota.hard.find(resource.name);
    if (hard != quota.hard.end()) use.hard = hard->second;
    const auto used = quota.used.find(resource.name);
    const std::string counted = CountedAs(resource.name);
    const bool by_pods = IsCountedByPods(resource.name);
    if (by_pods && requests) use.requested = Get(*requests, counted);
    // What nobody says is not zero.
    if (used == quota.used.end() && !use.requested) out.known_at.reset();
    use.used = used == quota.used.end() ? use.requested.value_or(0) : used->second;
    if (!by_pods || !wants) continue;
    use.desired = Get(wants->desired, counted);
    use.desired_most = Get(wants->desired_most, counted);
    use.in_flight = Get(wants->in_flight, counted);
  }
  return out;
}

// As it was before us; only then the object may go.
void QuotaLoop::Release(const QuotaSubject& subject, const QuotaSnapshot& snapshot) {
  const QuotaSpec& spec = *subject.spec;
  if (!subject.guarded || !snapshot.freeze.empty()) return;
  for (const PoolSubject& pool : snapshot.pools) {
    // First it leaves its pool, with the next round of that: the sum is of members only.
    if (pool.ledger.entries.contains(KeyOf(spec.ns, spec.name))) return;
  }
  const auto quota = FindQuota(spec.ns, spec.quota);
  if (quota != nullptr && !quota->original.empty()) {
    QuotaPatch restore{.kind = QuotaPatch::Kind::kRestore,
                       .ns = spec.ns,
                       .name = spec.quota,
                       .version = quota->version,
                       .original = quota->original,
                       .in_use = quota->used};
    if (const auto requests = world_.book.RequestsIn(spec.ns)) {
      for (auto& [name, amount] : restore.in_use)
        amount = std::max(amount, Get(*requests, CountedAs(name)));
    }
    if (!world_.cluster.WriteAll({&restore, 1}).front()) return;
  }
  const QuotaPatch unguard{.kind = QuotaPatch::Kind::kUnguard, .ns = spec.ns, .name = spec.name};
  if (!world_.cluster.WriteAll({&unguard, 1}).front()) return;
  HPAPLUS_LOG(kInfo, "quota restored", {{"quota", KeyOf(spec.ns, spec.name)}});
}

void QuotaLoop::RunGroup(Group& group, Timestamp now) {
  std::vector<QuotaDecision> decisions;
  std::deque<QuotaSpec> kept;
  std::deque<QuotaObservation> kept_observed;
  std::vector<PoolMember> members;
  for (const Member& one : group.members)
    members.push_back({one.spec.get(), &one.observed, one.pool, one.acts});
  for (const Key& key : group.kept) {
    const Ledger::Entry& entry = group.root->ledger.entries.at(key);
    kept.push_back(KeptSpec(key, entry));
    QuotaObservation& observed = kept_observed.emplace_back();
    for (const auto& [resource, amount] : entry.granted)
      observed.resources.push_back({.hard = amount});
    members.push_back({&kept.back(), &observed, 0, false});
  }
  const ByResource<NodeShare> shares = SharePool(group.tree, members);

  PoolRound::Input input;
  input.tree = group.tree;
  if (group.root != nullptr) {
    input.ledger = group.root->ledger;
    input.version = group.root->version;
    input.grow_most = budget_.Left(*group.root, now);
  }
  input.plan = PlanId(config_.engine, now, ++rounds_);
  for (std::size_t i = 0; i < members.size(); ++i) {
    RoundMember& one = input.members.emplace_back();
    one.member = members[i];
    const bool decides = i < group.members.size();
    if (decides) {
      const Member& member = group.members[i];
      Memory& memory = memories_[KeyOf(member.spec->ns, member.spec->name)];
      if (memory.resources != NamesOf(*member.spec)) {
        memory.history = {};
        memory.resources = NamesOf(*member.spec);
      }
      DecidedQuota decided =
          DecideQuota({now, *member.spec, member.observed, shares[i]}, std::move(memory.history));
      memory.history = std::move(decided.history);
      one.version = member.quota->version;
      decisions.push_back(std::move(decided.decision));
    }
    for (std::size_t r = 0; r < members[i].spec->resources.size(); ++r) {
      const std::optional<Amount> hard = members[i].observed->resources[r].hard;
      one.hard.push_back(hard);
      const bool acts = decides && decisions[i].acts && members[i].acts;
      one.targets.push_back(acts ? decisions[i].resources[r].target : hard.value_or(0));
    }
  }
  const std::string plan = input.plan;
  PoolRound round(std::move(input));
  std::vector<QuotaRecord> records;
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const std::string& conflict = group.members[i].conflict;
    records.push_back({group.members[i].spec,
                       decisions[i],
                       conflict.empty() ? "" : "Conflict",
                       conflict,
                       {},
                       ""});
  }
  Drive(round, group, plan, records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Member& member = group.members[i];
    Memory& memory = memories_[KeyOf(member.spec->ns, member.spec->name)];
    for (std::size_t r = 0; r < member.spec->resources.size(); ++r) {
      const auto written = records[i].written.find(member.spec->resources[r].name);
      const std::optional<Amount> hard = member.observed.resources[r].hard;
      if (written == records[i].written.end() || !hard) continue;
      auto& history = memory.history.resources[r];
      history = AdvanceQuota(std::move(history), *hard, written->second, now);
      if (group.root != nullptr && written->second > *hard) {
        budget_.Spend(group.root->spec->name, written->first, written->second - *hard, now);
      }
    }
    SayWhatIsLacking(round.granted()[i], member.acts, records[i].decision);
    roll_.Record(records[i]);
  }
  RecordGroup(group, round, decisions);
}

void QuotaLoop::Drive(PoolRound& round, const Group& group, const std::string& plan,
                      std::vector<QuotaRecord>& records) {
  while (!round.done()) {
    if (const auto ledger = round.TakeLedger()) {
      const std::string& pool = group.root->spec->name;
      const auto entered = world_.cluster.WriteLedger(pool, ledger->version, ledger->ledger);
      if (entered) budget_.Entered(pool, plan);
      round.OnLedger(entered);
      continue;
    }
    const std::vector<QuotaWrite> writes = round.TakeWrites();
    std::vector<QuotaPatch> patches;
    for (const QuotaWrite& write : writes) {
      const Member& member = group.members[write.member];
      QuotaPatch& patch = patches.emplace_back();
      patch.ns = member.spec->ns;
      patch.name = member.spec->quota;
      patch.version = write.version;
      patch.plan = plan;
      patch.take_over = member.spec->take_over && member.quota->original.empty();
      patch.original = RecordOriginal(member.quota->original, *member.spec, member.quota->hard);
      for (std::size_t r = 0; r < write.hard.size(); ++r) {
        if (write.hard[r]) patch.hard[member.spec->resources[r].name] = *write.hard[r];
      }
    }
    const auto answers = world_.cluster.WriteAll(patches);
    for (std::size_t i = 0; i < writes.size(); ++i) {
      QuotaRecord& record = records[writes[i].member];
      if (!answers[i]) record.failure = answers[i].error().message;
      const Member& member = group.members[writes[i].member];
      for (std::size_t r = 0; answers[i] && r < writes[i].hard.size(); ++r) {
        if (writes[i].hard[r] && writes[i].hard[r] != member.observed.resources[r].hard) {
          record.written[member.spec->resources[r].name] = *writes[i].hard[r];
        }
      }
      round.OnWritten(writes[i], answers[i]);
    }
  }
}

void QuotaLoop::RecordGroup(const Group& group, const PoolRound& round,
                            const std::vector<QuotaDecision>& decisions) {
  if (group.root == nullptr) return;
  std::vector<PoolRecord> records;
  for (const PoolSpec& pool : group.tree.pools) {
    PoolRecord& record = records.emplace_back();
    record.spec = std::make_shared<const PoolSpec>(pool);
    for (const PoolResource& one : pool.resources)
      record.resources[one.name].capacity = one.capacity;
  }
  records[0].problem = group.root->problem;
  if (!records[0].problem.empty()) records[0].reason = "InvalidSpec";
  const ByResource<Amount>& granted = round.granted();
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    for (std::size_t p = group.members[i].pool;; p = group.tree.parents[p]) {
      for (std::size_t r = 0; r < decisions[i].resources.size(); ++r)
        AddToPool(decisions[i].resources[r], granted[i][r], records[p]);
      if (p == 0) break;
    }
  }
  for (std::size_t k = 0; k < group.kept.size(); ++k) {
    std::size_t r = 0;
    for (const auto& entered : group.root->ledger.entries.at(group.kept[k]).granted) {
      const Amount stays = granted[decisions.size() + k][r++];
      const auto line = records[0].resources.find(entered.first);
      if (line != records[0].resources.end()) line->second.granted += stays;
    }
  }
  for (PoolRecord& record : records)
    roll_.Record(std::move(record));
}

}  // namespace hpaplus
