#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/ids.h"
#include "engine/kube/objects_reply.h"
#include "engine/kube/shared_values.h"
#include "engine/model/label_selector.h"
#include "engine/model/pod.h"
#include "engine/model/pod_requests_sum.h"
#include "engine/ports/pod_directory.h"

namespace hpaplus::kube {

/// All pods, and which workloads select them. Made for many of both: a workload's selector is filed
/// under one `key=value` that it requires, so that a pod's change asks only the workloads filed
/// under the pod's labels, and a new selector asks only the pods that carry its label.
///
/// A pod whose update changes nothing that we keep marks nobody dirty. An update that is older than
/// what we have is ignored. Not thread-safe.
class PodIndex {
 public:
  struct Selection {
    std::vector<std::shared_ptr<const Pod>> pods;  // Ordered by name.
    bool ambiguous = false;  // Another workload that claims its pods selects one of these, too.
  };

  /// Sets which pods a workload selects and marks it dirty if that is news. Nothing is selected
  /// without a selector, nor with a text that is none. `claims`: it may write a size, so its pods
  /// are ambiguous to others that select them.
  void Select(WorkloadId id, std::string_view ns, const std::optional<std::string>& selector,
              bool claims);
  void Forget(WorkloadId id);
  [[nodiscard]] Selection PodsOf(WorkloadId id) const;

  [[nodiscard]] bool Has(std::string_view ns, std::string_view name) const;
  void Upsert(PodObject object);
  /// A uid that is not the pod's (any more) is ignored.
  void Erase(std::string_view ns, std::string_view name, std::string_view uid);

  /// From now on the addresses and the node of every pod that is upserted are kept, too. Before
  /// that they cost nothing.
  void KeepPlaces() { keeps_places_ = true; }
  /// Ordered by name. A pod that was last upserted before KeepPlaces() has no place.
  [[nodiscard]] std::vector<PodAddress> Find(std::string_view ns,
                                             const ParsedSelector& selector) const;

  /// Between these two every pod that exists is upserted; the others are gone at the end.
  void BeginReplace() { ++epoch_; }
  void EndReplace();

  /// The workloads whose Selection may have changed since the previous call, each once.
  [[nodiscard]] std::vector<WorkloadId> TakeDirty();
  [[nodiscard]] bool has_dirty() const { return !dirty_.empty(); }

  /// What the pods of a namespace request, of those that have not come to their end. Costs what
  /// there is of pods when one of them has changed since it was last asked, else nothing.
  [[nodiscard]] const QuotaAmounts& RequestsIn(std::string_view ns);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Place {
    std::string ip;
    std::string node;
    std::string host_ip;
  };
  // There may be a million, so names are where the pod is and the uid is a number.
  struct Entry {
    std::shared_ptr<const Pod> pod;      // Never null; another one's name is the same.
    std::unique_ptr<const Place> place;  // Null unless places are kept.
    std::uint64_t uid_hash = 0;
    std::uint64_t version = 0;  // Of the resource; 0: not a number.
    std::uint32_t epoch = 0;
    std::uint32_t claims = 0;  // Workloads that select it and claim their pods.
  };
  struct ByName {
    using is_transparent = void;
    bool operator()(const Entry& a, const Entry& b) const { return a.pod->name < b.pod->name; }
    bool operator()(const Entry& a, std::string_view b) const { return a.pod->name < b; }
    bool operator()(std::string_view a, const Entry& b) const { return a < b.pod->name; }
  };
  using Entries = std::set<Entry, ByName>;
  // Some of a namespace's entries. A plain array: a list comes ordered by name, so that they are
  // mostly appended.
  class Chosen {
   public:
    void Insert(Entry& entry);
    void Erase(std::string_view name);
    [[nodiscard]] bool Contains(std::string_view name) const;
    [[nodiscard]] const std::vector<Entry*>& entries() const { return entries_; }

   private:
    std::vector<Entry*> entries_;  // Ordered by name.
  };
  // What is filed under one label value.
  struct Bucket {
    std::vector<WorkloadId> workloads;
    Chosen pods;

    [[nodiscard]] bool unused() const { return pods.entries().empty() && workloads.empty(); }
  };
  // A label that some selector is filed under.
  struct KeyIndex {
    std::map<std::string, Bucket, std::less<>> values;
    std::size_t workloads = 0;
  };
  struct Namespace {
    Entries pods;
    std::map<std::string, KeyIndex, std::less<>> keys;
    std::vector<WorkloadId> unfiled;       // Their selectors require no particular value.
    std::optional<QuotaAmounts> requests;  // Null: has to be summed up anew.

    [[nodiscard]] bool unused() const { return pods.empty() && keys.empty() && unfiled.empty(); }
  };
  struct Filed {
    std::string key;
    std::string value;
  };
  struct Workload {
    bool registered = false;
    std::string ns;
    std::optional<std::string> text;
    bool claims = false;
    ParsedSelector selector;
    std::optional<Filed> filed;
    Chosen pods;
    bool dirty = false;
  };

  // Of a set, whose order is by what does not change.
  [[nodiscard]] static Entry& Writable(Entries::iterator at) { return const_cast<Entry&>(*at); }
  [[nodiscard]] static const Bucket* FiledUnder(const ParsedSelector& selector,
                                                const Namespace& home);
  static std::optional<Filed> WhereToFile(const ParsedSelector& selector, const Namespace& home);
  static KeyIndex& IndexOf(Namespace& home, const std::string& key);
  static void FilePod(Namespace& home, Entry& entry);
  static void UnfilePod(Namespace& home, const Pod& pod);
  void Insert(Namespace& home, PodObject object);
  void Stamp(PodObject& object, Entry& entry) const;
  [[nodiscard]] std::shared_ptr<const Pod> WithSharedParts(Pod pod);
  void File(WorkloadId id, Namespace& home);
  void Unfile(WorkloadId id, Namespace& home);
  void SelectPods(WorkloadId id, Namespace& home);
  void Add(WorkloadId id, Entry& entry);
  void Drop(WorkloadId id, Entry& entry);
  void DropFromAll(const Namespace& home, const Pod& pod, Entry& entry);
  void Reselect(Namespace& home, Entry& entry);
  void EraseEntry(Namespace& home, Entries::iterator at);
  void MarkDirty(WorkloadId id);
  void MarkSelectorsOf(const Namespace& home, const Entry& entry);
  [[nodiscard]] static std::vector<WorkloadId> Candidates(const Namespace& home, const Pod& pod);

  std::map<std::string, Namespace, std::less<>> namespaces_;
  SharedValues<PodLabels> labels_;
  SharedValues<PodResources> resources_;
  std::deque<Workload> workloads_;  // By id.
  std::vector<WorkloadId> dirty_;
  std::uint32_t epoch_ = 1;
  std::size_t size_ = 0;
  bool keeps_places_ = false;
};

}  // namespace hpaplus::kube
