#include "engine/embedded/quota.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/base/quantity.h"

namespace hpaplus::embedded {
namespace {

constexpr std::int64_t kOne = 1000;

std::int64_t Milli(const Json& value) {
  if (!value.is_string()) return value.is_number_integer() ? value.get<std::int64_t>() * kOne : 0;
  const Result<Quantity> quantity = Quantity::Parse(value.get<std::string>());
  return quantity ? quantity->MilliValue() : 0;
}

// "requests.cpu" for what a quota calls "cpu", and the like.
std::string Canonical(const std::string& name) {
  return name == "cpu" || name == "memory" ? "requests." + name : name;
}

void AddContainer(const Json& container, Amounts& amounts) {
  for (const char* kind : {"requests", "limits"}) {
    const Json* list = Find(container, std::string("resources.") + kind);
    if (list == nullptr || !list->is_object()) continue;
    for (auto it = list->begin(); it != list->end(); ++it) {
      amounts[std::string(kind) + "." + it.key()] += Milli(it.value());
    }
  }
}

std::string CountName(const Resource& resource) {
  return "count/" + resource.plural + (resource.group.empty() ? "" : "." + resource.group);
}

std::string Formatted(const std::string& name, std::int64_t milli) {
  const bool bytes = name.find("memory") != std::string::npos;
  return Quantity::FromMilli(milli,
                             bytes ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI)
      .ToString();
}

// The containers of a pod that lack what a quota of `name` ("requests.cpu") makes compulsory.
std::string Lacking(const Json& pod, const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return {};
  std::string lacking;
  const Json* containers = Find(pod, "spec.containers");
  if (containers == nullptr || !containers->is_array()) return {};
  for (const Json& container : *containers) {
    const Json* list = Find(container, "resources." + name.substr(0, dot));
    if (list != nullptr && FindKey(*list, name.substr(dot + 1)) != nullptr) continue;
    lacking += (lacking.empty() ? "" : ",") + Text(container, "name");
  }
  return lacking;
}

}  // namespace

Amounts PodAmounts(const Json& pod) {
  const std::string phase = Text(pod, "status.phase");
  if (phase == "Succeeded" || phase == "Failed") return {};
  Amounts amounts;
  if (const Json* list = Find(pod, "spec.containers"); list != nullptr && list->is_array()) {
    for (const Json& container : *list)
      AddContainer(container, amounts);
  }
  if (const Json* list = Find(pod, "spec.initContainers"); list != nullptr && list->is_array()) {
    for (const Json& container : *list) {
      Amounts initial;
      AddContainer(container, initial);
      for (const auto& [name, milli] : initial)
        amounts[name] = std::max(amounts[name], milli);
    }
  }
  amounts["pods"] = kOne;
  return amounts;
}

void QuotaLedger::Sync() {
  const ChangeBatch batch = store_.Wait("/pods", version_, store_.epoch(), Duration::zero());
  if (batch.expired) {
    pods_.clear();
    const Result<Listing> all = store_.List("/pods", "");
    HPAPLUS_CHECK(all);
    for (const ObjectPtr& pod : all->objects) {
      Amounts& used = pods_[Text(*pod, "metadata.namespace")];
      for (const auto& [name, milli] : PodAmounts(*pod))
        used[name] += milli;
    }
    version_ = all->version;
    return;
  }
  for (const Change& change : batch.changes) {
    Amounts& used = pods_[Text(*change.object, "metadata.namespace")];
    if (change.before != nullptr) {
      for (const auto& [name, milli] : PodAmounts(*change.before))
        used[name] -= milli;
    }
    if (change.kind != Change::Kind::kDeleted) {
      for (const auto& [name, milli] : PodAmounts(*change.object))
        used[name] += milli;
    }
  }
  version_ = batch.version;
}

std::int64_t QuotaLedger::UsedOf(const std::string& ns, const std::string& name) {
  constexpr std::string_view kCount = "count/";
  if (!name.starts_with(kCount)) return pods_[ns][Canonical(name)];
  std::string resource = name.substr(kCount.size());
  const std::size_t dot = resource.find('.');
  const std::string group = dot == std::string::npos ? "" : resource.substr(dot + 1);
  return kOne *
         static_cast<std::int64_t>(store_.Count(StorageOf(group, resource.substr(0, dot)), ns));
}

std::optional<ApiError> QuotaLedger::Refusal(const Resource& resource, const std::string& ns,
                                             const Json& object) {
  const Result<Listing> quotas = store_.List("/resourcequotas", ns);
  if (!quotas || quotas->objects.empty()) return std::nullopt;
  Amounts wanted;
  const bool pod = resource.kind == "Pod";
  if (pod) wanted = PodAmounts(object);
  wanted[CountName(resource)] = kOne;
  const Subject subject = resource.Named(Text(object, "metadata.name"));
  const MutexLock lock(mutex_);
  Sync();
  for (const ObjectPtr& quota : quotas->objects) {
    const Json* hard = Find(*quota, "spec.hard");
    if (hard == nullptr || !hard->is_object()) continue;
    const std::string quota_name = Text(*quota, "metadata.name");
    std::string requested;
    std::string used;
    std::string limited;
    std::map<std::string, Json> sorted;
    for (auto it = hard->begin(); it != hard->end(); ++it)
      sorted[it.key()] = it.value();
    for (const auto& [name, limit] : sorted) {
      const std::string canonical = Canonical(name);
      if (pod && canonical != "pods" && !canonical.starts_with("count/")) {
        if (const std::string lacking = Lacking(object, canonical); !lacking.empty()) {
          return Forbidden(subject, "failed quota: " + quota_name + ": must specify " + name +
                                        " for: " + lacking);
        }
      }
      const auto it = wanted.find(canonical);
      if (it == wanted.end()) continue;
      const std::int64_t already = UsedOf(ns, name);
      if (already + it->second <= Milli(limit)) continue;
      const char* comma = requested.empty() ? "" : ",";
      requested += comma + name + "=" + Formatted(name, it->second);
      used += comma + name + "=" + Formatted(name, already);
      limited += comma + name + "=" + Formatted(name, Milli(limit));
    }
    if (requested.empty()) continue;
    return Forbidden(subject, "exceeded quota: " + quota_name + ", requested: " + requested +
                                  ", used: " + used + ", limited: " + limited);
  }
  return std::nullopt;
}

Json QuotaLedger::Used(const std::string& ns, const Json& hard) {
  const MutexLock lock(mutex_);
  Sync();
  Json used = Json::object();
  if (!hard.is_object()) return used;
  for (auto it = hard.begin(); it != hard.end(); ++it) {
    used[it.key()] = Formatted(it.key(), UsedOf(ns, it.key()));
  }
  return used;
}

}  // namespace hpaplus::embedded
