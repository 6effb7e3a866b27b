#include "engine/embedded/controllers.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/embedded/owners.h"

namespace hpaplus::embedded {
namespace {

// The clock may be one that a test moves, which wakes nobody here.
constexpr Duration kPatience = std::chrono::milliseconds(50);

}  // namespace

Controllers::Controllers(Objects& objects, PodMetrics& metrics, const Config& config)
    : objects_(objects),
      metrics_(metrics),
      config_(config),
      control_{objects, queue_, goals_, config.start_delay, config.stop_delay} {}

Controllers::~Controllers() {
  thread_.request_stop();
  objects_.store().Wake();
}

void Controllers::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Controllers::Settle() {
  while (true) {
    const Dirt dirt = objects_.store().TakeDirt(Duration::zero());
    Look(dirt);
    queue_.Advance(objects_.Now());
    if (dirt.keys.empty() && queue_.empty()) return;
    Drain();
  }
}

void Controllers::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Duration left = std::min(queue_.next(), next_scrape_) - objects_.Now();
    Look(objects_.store().TakeDirt(std::clamp<Duration>(left, Duration::zero(), kPatience)));
    queue_.Advance(objects_.Now());
    Drain();
    if (objects_.Now() < next_scrape_) continue;
    metrics_.Scrape(objects_.Now());
    next_scrape_ = objects_.Now() + config_.metrics_interval;
  }
}

void Controllers::Look(const Dirt& dirt) {
  std::set<std::string> namespaces;
  for (const ObjectKey& key : dirt.keys) {
    queue_.Add(key);
    namespaces.insert(key.ns);
    if (const ObjectPtr object = objects_.store().Get(key)) LookAtOwner(*object);
  }
  for (const ObjectPtr& object : dirt.gone)
    LookAtOwner(*object);
  for (const std::string& uid : dirt.orphans)
    orphans_.insert(uid);
  for (const std::string& ns : namespaces) {
    if (ns.empty()) continue;
    const Result<Listing> quotas = objects_.store().List(kQuotas, ns);
    if (!quotas) continue;
    for (const ObjectPtr& quota : quotas->objects)
      queue_.Add(KeyOf(kQuotas, *quota));
  }
}

void Controllers::LookAtOwner(const Json& object) {
  const ObjectPtr owner = ControllerOf(objects_.store(), objects_.resources(), object);
  if (owner == nullptr) return;
  const ResourcePtr resource =
      objects_.resources().FindByKind(Text(*owner, "apiVersion"), Text(*owner, "kind"));
  if (resource != nullptr) queue_.Add(KeyOf(resource->storage, *owner));
}

void Controllers::Drain() {
  if (config_.workloads) {
    for (const std::string& uid : orphans_)
      CollectOrphans(control_, uid);
  }
  orphans_.clear();
  while (!queue_.empty())
    Reconcile(queue_.Take());
}

void Controllers::Reconcile(const ObjectKey& key) {
  if (key.resource == kDefinitions) ReconcileDefinition(control_, key);
  if (!config_.workloads) return;
  if (key.resource == kPods) {
    pods_.Reconcile(control_, key);
  } else if (key.resource == kReplicaSets) {
    ReconcileReplicaSet(control_, key);
  } else if (key.resource == kDeployments) {
    ReconcileDeployment(control_, key);
  } else if (key.resource == kStatefulSets) {
    ReconcileStatefulSet(control_, key);
  } else if (key.resource == kNamespaces) {
    ReconcileNamespace(control_, key);
  } else if (key.resource == kQuotas) {
    ReconcileQuota(control_, key);
  } else if (key.resource != kDefinitions && key.resource != kEvents) {
    ReconcileCustomWorkload(control_, key);
  }
  if (key.resource != kEvents) ReconcileOwnership(control_, key);
}

}  // namespace hpaplus::embedded
