#include "engine/kube/pod_index.h"

#include <algorithm>
#include <utility>

#include "engine/base/hash.h"

namespace hpaplus::kube {
namespace {

const std::string* FindLabel(const Pod& pod, std::string_view key) {
  const auto at =
      std::lower_bound(pod.labels->begin(), pod.labels->end(), key,
                       [](const auto& label, std::string_view k) { return label.first < k; });
  return at != pod.labels->end() && at->first == key ? &at->second : nullptr;
}

std::uint64_t HashOf(const PodLabels& labels) {
  std::uint64_t hash = 0;
  for (const auto& [key, value] : labels)
    hash = hash * 31 + (Fnv1a(key) ^ (Fnv1a(value) << 1U));
  return hash;
}

// Of what differs between workloads most.
std::uint64_t HashOf(const PodResources& resources) {
  std::uint64_t hash = 0;
  for (const Container& container : resources.containers) {
    hash = hash * 31 + Fnv1a(container.name);
    for (const auto& [resource, amount] : container.requests)
      hash = hash * 31 + static_cast<std::uint64_t>(amount.MilliValue());
  }
  return hash;
}

template <class Entries>
auto PlaceOf(Entries& entries, std::string_view name) {
  return std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const auto* entry, std::string_view wanted) { return entry->pod->name < wanted; });
}

void EraseId(std::vector<WorkloadId>& ids, WorkloadId id) {
  const auto at = std::find(ids.begin(), ids.end(), id);
  if (at == ids.end()) return;
  *at = ids.back();
  ids.pop_back();
}

}  // namespace

void PodIndex::Chosen::Insert(Entry& entry) {
  const std::string_view name = entry.pod->name;
  if (entries_.empty() || entries_.back()->pod->name < name) {
    entries_.push_back(&entry);
  } else if (const auto at = PlaceOf(entries_, name); *at != &entry) {
    entries_.insert(at, &entry);
  }
}

void PodIndex::Chosen::Erase(std::string_view name) {
  if (const auto at = PlaceOf(entries_, name); at != entries_.end() && (*at)->pod->name == name) {
    entries_.erase(at);
  }
}

bool PodIndex::Chosen::Contains(std::string_view name) const {
  const auto at = PlaceOf(entries_, name);
  return at != entries_.end() && (*at)->pod->name == name;
}

void PodIndex::Select(WorkloadId id, std::string_view ns,
                      const std::optional<std::string>& selector, bool claims) {
  if (id.index >= workloads_.size()) workloads_.resize(id.index + 1);
  const Workload& known = workloads_[id.index];
  if (known.registered && known.ns == ns && known.text == selector && known.claims == claims) {
    return;
  }
  Forget(id);
  Workload& workload = workloads_[id.index];
  workload.registered = true;
  workload.ns = ns;
  workload.text = selector;
  workload.claims = claims;
  MarkDirty(id);
  if (!selector) return;
  Result<ParsedSelector> parsed = ParseSelector(*selector);
  if (!parsed) {
    workload.text.reset();  // The engine reads the text itself and says what is wrong with it.
    return;
  }
  workload.selector = *std::move(parsed);
  Namespace& home = namespaces_[workload.ns];
  File(id, home);
  SelectPods(id, home);
}

void PodIndex::Forget(WorkloadId id) {
  if (id.index >= workloads_.size() || !workloads_[id.index].registered) return;
  Workload& workload = workloads_[id.index];
  if (workload.text) {
    Namespace& home = namespaces_[workload.ns];
    while (!workload.pods.entries().empty())
      Drop(id, *workload.pods.entries().back());
    Unfile(id, home);
  }
  const bool dirty = workload.dirty;  // Still listed in dirty_.
  workload = Workload{};
  workload.dirty = dirty;
}

PodIndex::Selection PodIndex::PodsOf(WorkloadId id) const {
  Selection selection;
  if (id.index >= workloads_.size()) return selection;
  const Workload& workload = workloads_[id.index];
  selection.pods.reserve(workload.pods.entries().size());
  for (const Entry* entry : workload.pods.entries()) {
    selection.pods.push_back(entry->pod);
    selection.ambiguous |= entry->claims > (workload.claims ? 1U : 0U);
  }
  return selection;
}

bool PodIndex::Has(std::string_view ns, std::string_view name) const {
  const auto home = namespaces_.find(ns);
  return home != namespaces_.end() && home->second.pods.contains(name);
}

// The pods that some workload's selector has filed already, if they contain all that match.
const PodIndex::Bucket* PodIndex::FiledUnder(const ParsedSelector& selector,
                                             const Namespace& home) {
  for (const ParsedSelector::Requirement& requirement : selector.requirements()) {
    if (requirement.op != ParsedSelector::Operator::kEqual) continue;
    const auto index = home.keys.find(requirement.key);
    if (index == home.keys.end()) continue;
    static const Bucket kNone;
    const auto bucket = index->second.values.find(requirement.values.front());
    return bucket == index->second.values.end() ? &kNone : &bucket->second;
  }
  return nullptr;
}

std::vector<PodAddress> PodIndex::Find(std::string_view ns, const ParsedSelector& selector) const {
  std::vector<PodAddress> found;
  const auto home = namespaces_.find(ns);
  if (home == namespaces_.end()) return found;
  const auto consider = [&](const Entry& entry) {
    const Pod& pod = *entry.pod;
    if (!selector.Matches(*pod.labels)) return;
    PodAddress address;
    address.name = pod.name;
    address.phase = pod.phase;
    if (entry.place) {
      address.ip = entry.place->ip;
      address.node = entry.place->node;
      address.host_ip = entry.place->host_ip;
    }
    address.ready = pod.ready && pod.ready->status == ConditionStatus::kTrue;
    address.deleting = pod.deleting;
    found.push_back(std::move(address));
  };
  if (const Bucket* bucket = FiledUnder(selector, home->second); bucket != nullptr) {
    for (const Entry* entry : bucket->pods.entries())
      consider(*entry);
  } else {
    for (const Entry& entry : home->second.pods)
      consider(entry);
  }
  return found;
}

void PodIndex::Upsert(PodObject object) {
  Namespace& home = namespaces_[object.ns];
  const auto at = home.pods.find(std::string_view(object.pod.name));
  if (at == home.pods.end()) return Insert(home, std::move(object));
  Entry& entry = Writable(at);
  entry.epoch = epoch_;
  if (const auto version = VersionNumber(object.resource_version);
      version && *version < entry.version) {
    return;
  }
  Stamp(object, entry);
  if (*entry.pod == object.pod) return;
  home.requests.reset();

  const std::shared_ptr<const Pod> old =
      std::exchange(entry.pod, WithSharedParts(std::move(object.pod)));
  if (old->labels == entry.pod->labels) return MarkSelectorsOf(home, entry);
  UnfilePod(home, *old);
  DropFromAll(home, *old, entry);
  FilePod(home, entry);
  Reselect(home, entry);
}

void PodIndex::Insert(Namespace& home, PodObject object) {
  Entry made;
  Stamp(object, made);
  made.epoch = epoch_;
  made.pod = WithSharedParts(std::move(object.pod));
  Entry& entry = Writable(home.pods.insert(std::move(made)).first);
  ++size_;
  home.requests.reset();
  FilePod(home, entry);
  Reselect(home, entry);
}

void PodIndex::Stamp(PodObject& object, Entry& entry) const {
  entry.uid_hash = Fnv1a(object.uid);
  entry.version = VersionNumber(object.resource_version).value_or(0);
  if (keeps_places_) {
    entry.place = std::make_unique<const Place>(
        Place{std::move(object.ip), std::move(object.node), std::move(object.host_ip)});
  }
}

std::shared_ptr<const Pod> PodIndex::WithSharedParts(Pod pod) {
  pod.labels = labels_.Share(pod.labels, HashOf(*pod.labels));
  pod.resources = resources_.Share(pod.resources, HashOf(*pod.resources));
  return std::make_shared<const Pod>(std::move(pod));
}

void PodIndex::Erase(std::string_view ns, std::string_view name, std::string_view uid) {
  const auto home = namespaces_.find(ns);
  if (home == namespaces_.end()) return;
  const auto at = home->second.pods.find(name);
  if (at == home->second.pods.end() || at->uid_hash != Fnv1a(uid)) return;
  EraseEntry(home->second, at);
  if (home->second.unused()) namespaces_.erase(home);
}

void PodIndex::EndReplace() {
  for (auto& [ns, home] : namespaces_) {
    for (auto at = home.pods.begin(); at != home.pods.end();) {
      const auto current = at++;
      if (current->epoch != epoch_) EraseEntry(home, current);
    }
  }
  std::erase_if(namespaces_, [](const auto& item) { return item.second.unused(); });
}

const QuotaAmounts& PodIndex::RequestsIn(std::string_view ns) {
  static const QuotaAmounts kNothing;
  const auto found = namespaces_.find(ns);
  if (found == namespaces_.end()) return kNothing;
  Namespace& home = found->second;
  if (!home.requests) {
    home.requests.emplace();
    for (const Entry& entry : home.pods)
      AddAmounts(PodAmounts(*entry.pod), *home.requests);
  }
  return *home.requests;
}

std::vector<WorkloadId> PodIndex::TakeDirty() {
  for (const WorkloadId id : dirty_)
    workloads_[id.index].dirty = false;
  return std::exchange(dirty_, {});
}

// Of all pairs the selector requires, the one that fewest others are filed under.
std::optional<PodIndex::Filed> PodIndex::WhereToFile(const ParsedSelector& selector,
                                                     const Namespace& home) {
  std::optional<Filed> best;
  std::size_t fewest = 0;
  const auto consider = [&](const std::string& key, const std::string& value) {
    std::size_t count = 0;
    if (const auto index = home.keys.find(key); index != home.keys.end()) {
      const auto bucket = index->second.values.find(value);
      if (bucket != index->second.values.end()) count = bucket->second.workloads.size();
    }
    if (best && count >= fewest) return;
    best = Filed{key, value};
    fewest = count;
  };
  using Operator = ParsedSelector::Operator;
  for (const ParsedSelector::Requirement& requirement : selector.requirements()) {
    const bool one_value = requirement.op == Operator::kEqual ||
                           (requirement.op == Operator::kIn && requirement.values.size() == 1);
    if (one_value) consider(requirement.key, requirement.values.front());
  }
  return best;
}

// The first selector filed under a label has all pods of the namespace filed by it.
PodIndex::KeyIndex& PodIndex::IndexOf(Namespace& home, const std::string& key) {
  const auto [at, is_new] = home.keys.try_emplace(key);
  if (is_new) {
    for (auto entry = home.pods.begin(); entry != home.pods.end(); ++entry) {
      const std::string* value = FindLabel(*entry->pod, key);
      if (value != nullptr) at->second.values[*value].pods.Insert(Writable(entry));
    }
  }
  return at->second;
}

void PodIndex::FilePod(Namespace& home, Entry& entry) {
  for (auto& [key, index] : home.keys) {
    const std::string* value = FindLabel(*entry.pod, key);
    if (value != nullptr) index.values[*value].pods.Insert(entry);
  }
}

void PodIndex::UnfilePod(Namespace& home, const Pod& pod) {
  for (auto& [key, index] : home.keys) {
    const std::string* value = FindLabel(pod, key);
    if (value == nullptr) continue;
    const auto bucket = index.values.find(*value);
    if (bucket == index.values.end()) continue;
    bucket->second.pods.Erase(pod.name);
    if (bucket->second.unused()) index.values.erase(bucket);
  }
}

void PodIndex::File(WorkloadId id, Namespace& home) {
  Workload& workload = workloads_[id.index];
  workload.filed = WhereToFile(workload.selector, home);
  if (!workload.filed) {
    home.unfiled.push_back(id);
    return;
  }
  KeyIndex& index = IndexOf(home, workload.filed->key);
  ++index.workloads;
  index.values[workload.filed->value].workloads.push_back(id);
}

void PodIndex::Unfile(WorkloadId id, Namespace& home) {
  const Workload& workload = workloads_[id.index];
  if (!workload.filed) return EraseId(home.unfiled, id);
  const auto index = home.keys.find(workload.filed->key);
  const auto bucket = index->second.values.find(workload.filed->value);
  EraseId(bucket->second.workloads, id);
  if (bucket->second.unused()) index->second.values.erase(bucket);
  if (--index->second.workloads == 0) home.keys.erase(index);
}

void PodIndex::SelectPods(WorkloadId id, Namespace& home) {
  const Workload& workload = workloads_[id.index];
  const auto consider = [&](Entry& entry) {
    if (workload.selector.Matches(*entry.pod->labels)) Add(id, entry);
  };
  if (!workload.filed) {
    for (auto at = home.pods.begin(); at != home.pods.end(); ++at)
      consider(Writable(at));
    return;
  }
  const Bucket& bucket =
      home.keys.find(workload.filed->key)->second.values.find(workload.filed->value)->second;
  for (Entry* entry : bucket.pods.entries())
    consider(*entry);
}

void PodIndex::Add(WorkloadId id, Entry& entry) {
  Workload& workload = workloads_[id.index];
  workload.pods.Insert(entry);
  MarkDirty(id);
  // With the second claim the pod becomes ambiguous to whoever selected it before.
  if (workload.claims) ++entry.claims;
  if (entry.claims > 0) MarkSelectorsOf(namespaces_.find(workload.ns)->second, entry);
}

void PodIndex::Drop(WorkloadId id, Entry& entry) {
  Workload& workload = workloads_[id.index];
  workload.pods.Erase(entry.pod->name);
  MarkDirty(id);
  if (!workload.claims) return;
  --entry.claims;
  MarkSelectorsOf(namespaces_.find(workload.ns)->second, entry);
}

// `pod`: as which they have selected it.
void PodIndex::DropFromAll(const Namespace& home, const Pod& pod, Entry& entry) {
  for (const WorkloadId id : Candidates(home, pod)) {
    if (workloads_[id.index].pods.Contains(pod.name)) Drop(id, entry);
  }
}

void PodIndex::Reselect(Namespace& home, Entry& entry) {
  for (const WorkloadId id : Candidates(home, *entry.pod)) {
    if (workloads_[id.index].selector.Matches(*entry.pod->labels)) Add(id, entry);
  }
}

void PodIndex::EraseEntry(Namespace& home, Entries::iterator at) {
  Entry& entry = Writable(at);
  DropFromAll(home, *entry.pod, entry);
  UnfilePod(home, *entry.pod);
  home.requests.reset();
  home.pods.erase(at);
  --size_;
}

void PodIndex::MarkDirty(WorkloadId id) {
  Workload& workload = workloads_[id.index];
  if (workload.dirty) return;
  workload.dirty = true;
  dirty_.push_back(id);
}

void PodIndex::MarkSelectorsOf(const Namespace& home, const Entry& entry) {
  for (const WorkloadId id : Candidates(home, *entry.pod)) {
    if (workloads_[id.index].pods.Contains(entry.pod->name)) MarkDirty(id);
  }
}

std::vector<WorkloadId> PodIndex::Candidates(const Namespace& home, const Pod& pod) {
  std::vector<WorkloadId> candidates = home.unfiled;
  for (const auto& [key, index] : home.keys) {
    const std::string* value = FindLabel(pod, key);
    if (value == nullptr) continue;
    const auto bucket = index.values.find(*value);
    if (bucket == index.values.end()) continue;
    candidates.insert(candidates.end(), bucket->second.workloads.begin(),
                      bucket->second.workloads.end());
  }
  return candidates;
}

}  // namespace hpaplus::kube
