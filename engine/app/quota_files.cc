#include "engine/app/quota_files.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/app/rehearse_files.h"
#include "engine/kube/objects_reply.h"
#include "engine/kube/quota_reply.h"
#include "engine/model/quota_json.h"
#include "engine/model/spec_json.h"
#include "engine/model/yaml_json.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;
using rehearse::QuotaClaimant;
using rehearse::QuotaState;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TextAt(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  return json.contains(at) && json[at].is_string() ? json[at].get<std::string>() : "";
}

std::optional<Replicas> CountAt(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  if (!json.contains(at) || !json[at].is_number_integer()) return std::nullopt;
  const auto count = json[at].get<std::int64_t>();
  if (count < 0 || count > std::numeric_limits<Replicas>::max()) return std::nullopt;
  return static_cast<Replicas>(count);
}

Status AddObject(const std::string& file, Json json, std::vector<FileObject>& out) {
  if (json.is_object() && json.contains("items") && json["items"].is_array()) {
    for (Json& item : json["items"]) {
      if (Status added = AddObject(file, std::move(item), out); !added) return added;
    }
    return Done{};
  }
  FileObject object{TextAt(json, "/kind"), TextAt(json, "/metadata/namespace"),
                    TextAt(json, "/metadata/name"), ""};
  if (object.kind.empty() || object.name.empty()) {
    return Error{ErrorCode::kMalformedData, file + ": an object has no kind or no name"};
  }
  const bool in_none = object.kind == "QuotaPool" || object.kind == "Namespace";
  if (object.ns.empty() && !in_none) object.ns = "default";
  object.json = Dump(json);
  out.push_back(std::move(object));
  return Done{};
}

Error About(const FileObject& object, const Error& error) {
  return {error.code, object.Title() + ": " + error.message};
}

// What is scaled: how many pods there are, and what each requests.
struct Target {
  std::optional<Replicas> pods;
  QuotaAmounts per_pod;
};

class StateReader {
 public:
  explicit StateReader(std::vector<std::string>& notes) : notes_(notes) {}

  Status Add(const FileObject& object) {
    const auto& kind = object.kind;
    if (kind == "ResourceQuota") return AddQuota(object);
    if (kind == "DynamicQuota") return AddSubject(object);
    if (kind == "QuotaPool") return AddPool(object);
    if (kind == "Pod") return AddPod(object);
    if (kind == "HPAPlus") return AddWorkload(object);
    return AddTarget(object);
  }

  QuotaState Take() {
    for (auto& [claimant, target] : waiting_) {
      const auto found = targets_.find(target);
      if (found == targets_.end() || found->second.per_pod.empty()) {
        notes_.push_back(
            fmt::format("what the pods of {}/{} request is not known", claimant.ns, claimant.name));
      } else {
        claimant.per_pod = found->second.per_pod;
        claimant.pods = found->second.pods.value_or(claimant.pods);
      }
      state_.claimants.push_back(std::move(claimant));
    }
    if (has_pods_) {
      for (const QuotaObject& quota : state_.quotas)
        state_.requests.try_emplace(quota.ns);
    } else {
      notes_.emplace_back("there are no pods: what is in use is what the ResourceQuotas say");
    }
    return std::move(state_);
  }

 private:
  using TargetKey = std::tuple<std::string, std::string, std::string>;  // Kind, namespace, name.

  Status AddQuota(const FileObject& object) {
    auto quota = kube::ParseResourceQuota(object.json);
    if (!quota) return About(object, quota.error());
    if (quota->ns.empty()) quota->ns = object.ns;
    state_.quotas.push_back(*std::move(quota));
    return Done{};
  }

  Status AddSubject(const FileObject& object) {
    auto spec = ParseQuota(object.json);
    if (!spec) return About(object, spec.error());
    if (spec->deleting) return Done{};
    state_.subjects.push_back({std::make_shared<const QuotaSpec>(*std::move(spec)), "", true});
    return Done{};
  }

  Status AddPool(const FileObject& object) {
    auto spec = ParsePool(object.json);
    if (!spec) return About(object, spec.error());
    auto ledger = kube::ParseLedger(object.json);
    if (!ledger) return About(object, ledger.error());
    state_.pools.push_back(
        {std::make_shared<const PoolSpec>(*std::move(spec)), "", "", *std::move(ledger)});
    return Done{};
  }

  Status AddPod(const FileObject& object) {
    auto pod = kube::ParsePod(object.json);
    if (!pod) return About(object, pod.error());
    has_pods_ = true;
    AddAmounts(PodAmounts(pod->pod), state_.requests[object.ns]);
    return Done{};
  }

  Status AddWorkload(const FileObject& object) {
    auto spec = ParseWorkload(object.json);
    if (!spec) return About(object, spec.error());
    const Json json = Json::parse(object.json, nullptr, false);
    QuotaClaimant one;
    one.ns = object.ns;
    one.name = object.name;
    one.share = spec->quota;
    one.pods = CountAt(json, "/status/currentReplicas").value_or(0);
    const Replicas desired = CountAt(json, "/status/desiredReplicas").value_or(one.pods);
    const Replicas asked = CountAt(json, "/status/recommendedReplicas").value_or(desired);
    const bool writes = Writes(spec->mode);
    one.wants = writes ? std::clamp(asked, spec->min_replicas, spec->max_replicas) : one.pods;
    one.most = writes ? spec->max_replicas : one.pods;
    waiting_.emplace_back(std::move(one),
                          TargetKey{spec->target.kind, object.ns, spec->target.name});
    return Done{};
  }

  // Anything with a template of pods.
  Status AddTarget(const FileObject& object) {
    const Json json = Json::parse(object.json, nullptr, false);
    const Json::json_pointer at("/spec/template/spec");
    if (!json.contains(at)) return Done{};
    const Json pod = {{"metadata", {{"name", object.name}, {"namespace", object.ns}}},
                      {"spec", json[at]}};
    auto parsed = kube::ParsePod(Dump(pod));
    if (!parsed) return About(object, parsed.error());
    targets_[{object.kind, object.ns, object.name}] = {CountAt(json, "/status/replicas"),
                                                       PodAmounts(parsed->pod)};
    return Done{};
  }

  std::vector<std::string>& notes_;
  QuotaState state_;
  bool has_pods_ = false;
  std::map<TargetKey, Target> targets_;
  std::vector<std::pair<QuotaClaimant, TargetKey>> waiting_;
};

}  // namespace

Result<std::vector<FileObject>> ReadObjects(const std::string& file) {
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  std::vector<FileObject> objects;
  // A whole cluster is more than YAML is read for.
  if (Json json = Json::parse(*text, nullptr, false); json.is_object()) {
    if (Status added = AddObject(file, std::move(json), objects); !added) return added.error();
    return objects;
  }
  const auto documents = ParseYaml(*text);
  if (!documents) {
    return Error{ErrorCode::kMalformedData, file + ": " + documents.error().message};
  }
  for (const YamlDocument& document : *documents) {
    Status added = AddObject(file, Json::parse(document.json, nullptr, false), objects);
    if (!added) return added.error();
  }
  return objects;
}

bool IsOfQuota(const FileObject& object) {
  return object.kind == "DynamicQuota" || object.kind == "QuotaPool";
}

std::string WithStatusOf(const std::string& there, const std::string& planned) {
  const Json before = Json::parse(there, nullptr, false);
  Json after = Json::parse(planned, nullptr, false);
  after.erase("status");
  if (before.contains("status")) after["status"] = before["status"];
  return Dump(after);
}

Result<QuotaState> QuotaStateOf(const std::vector<FileObject>& objects,
                                std::vector<std::string>& notes) {
  StateReader reader(notes);
  for (const FileObject& object : objects) {
    if (Status added = reader.Add(object); !added) return added.error();
  }
  return reader.Take();
}

}  // namespace hpaplus::app
