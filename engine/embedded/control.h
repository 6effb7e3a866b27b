#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/embedded/json.h"
#include "engine/embedded/objects.h"
#include "engine/embedded/resource.h"
#include "engine/embedded/store.h"

namespace hpaplus::embedded {

inline constexpr char kDeployments[] = "apps/deployments";
inline constexpr char kReplicaSets[] = "apps/replicasets";
inline constexpr char kStatefulSets[] = "apps/statefulsets";
inline constexpr char kPods[] = "/pods";
inline constexpr char kNamespaces[] = "/namespaces";
inline constexpr char kQuotas[] = "/resourcequotas";
inline constexpr char kEvents[] = "/events";
inline constexpr char kDefinitions[] = "apiextensions.k8s.io/customresourcedefinitions";
inline constexpr char kNodeName[] = "embedded";

/// What is to be reconciled, and when. Each key once.
class WorkQueue {
 public:
  void Add(const ObjectKey& key) { ready_.insert(key); }
  /// At `at`, or earlier if it is there already for an earlier time.
  void AddAt(const ObjectKey& key, Timestamp at);

  /// Moves what is due at `now` to the front; true when there is something to do.
  bool Advance(Timestamp now);
  [[nodiscard]] ObjectKey Take();
  [[nodiscard]] bool empty() const { return ready_.empty(); }
  /// When the next delayed key is due; Timestamp::max() when there is none.
  [[nodiscard]] Timestamp next() const;

 private:
  std::set<ObjectKey> ready_;
  std::map<ObjectKey, Timestamp> later_;
  std::set<std::pair<Timestamp, ObjectKey>> order_;
};

/// Since when a workload without pods wants what it wants.
struct Goal {
  std::int64_t replicas = 0;
  Timestamp since{};
};

/// What reconcilers work with. Used by the controllers' thread only.
struct Control {
  Objects& objects;
  WorkQueue& queue;
  std::map<ObjectKey, Goal>& goals;
  Duration start_delay{};
  Duration stop_delay{};

  [[nodiscard]] Store& store() const { return objects.store(); }

  /// The object's status becomes `status`, if it is not that already. False, and the key queued
  /// again, when somebody else has changed the object.
  bool PutStatus(const ObjectKey& key, const Json& present, Json status) const;
  /// The same for the whole object.
  bool Put(const ObjectKey& key, const Json& present, Json object) const;

  /// A core/v1 Event about `object`, as `component` would write it.
  void Emit(const Json& object, const char* component, const char* reason,
            const std::string& message, bool warning = false) const;

  /// The pods that `owner` controls, by name.
  [[nodiscard]] std::vector<ObjectPtr> PodsOf(const Json& owner) const;

  /// Creates a pod from `template` for `owner`: scheduled, not yet running.
  ApiResult<ObjectPtr> CreatePod(const Resource& resource, const Json& owner,
                                 const Json& pod_template, const std::string& name,
                                 const Json& labels) const;
  void DeletePod(const Json& pod) const;
};

[[nodiscard]] ObjectKey KeyOf(const std::string& resource, const Json& object);
[[nodiscard]] bool IsGoing(const Json& object);

/// How many pods there are in which state.
struct PodCounts {
  std::int64_t active = 0;
  std::int64_t ready = 0;
  std::int64_t available = 0;
  Timestamp next_available = Timestamp::max();  // When one more becomes available by waiting.
};
[[nodiscard]] PodCounts Count(const std::vector<ObjectPtr>& pods, Duration min_ready,
                              Timestamp now);

/// Sets a condition in a list of them; its transition time changes with its status only.
void SetCondition(Json& conditions, const std::string& type, bool status, const std::string& reason,
                  const std::string& message, Timestamp now);

/// Ten characters that stand for a pod template in names and labels.
[[nodiscard]] std::string TemplateHash(const Json& pod_template);

// The reconcilers: each looks at one object and does the next thing that brings the cluster nearer
// to what it says. The object may be gone.
void ReconcileDeployment(const Control& control, const ObjectKey& key);
void ReconcileReplicaSet(const Control& control, const ObjectKey& key);
void ReconcileStatefulSet(const Control& control, const ObjectKey& key);
void ReconcileCustomWorkload(const Control& control, const ObjectKey& key);
void ReconcileNamespace(const Control& control, const ObjectKey& key);
void ReconcileDefinition(const Control& control, const ObjectKey& key);
void ReconcileQuota(const Control& control, const ObjectKey& key);
/// Deletion: finalizers of garbage collection, and owners that are gone.
void ReconcileOwnership(const Control& control, const ObjectKey& key);
/// The dependents of an object that is gone.
void CollectOrphans(const Control& control, const std::string& uid);

}  // namespace hpaplus::embedded
