#include "engine/kube/quota_reply.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "engine/model/json_fields.h"
#include "engine/model/quota_original.h"

namespace hpaplus::kube {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class T>
Result<T> Read(std::string_view json, std::string_view what, T (*read)(const JsonField&)) {
  constexpr std::size_t kObjectMost = 16U << 20U;  // A ledger with many members.
  JsonDocument document;
  if (const Status parsed = document.Parse(json, kObjectMost); !parsed) return parsed.error();
  std::string problem;
  T value = read(document.Root(problem));
  if (!problem.empty()) {
    return Error{ErrorCode::kMalformedData, std::string(what) + ": " + problem};
  }
  return value;
}

QuotaAmounts ReadAmounts(const JsonField& field, AmountRounding rounding) {
  QuotaAmounts out;
  field.EachField([&](std::string_view key, const JsonField& value) {
    const auto quantity = value.Amount();
    if (quantity) out[std::string(key)] = AmountOf(key, *quantity, rounding);
  });
  return out;
}

QuotaObject ReadQuotaObject(const JsonField& root) {
  QuotaObject out;
  const JsonField metadata = root.Field("metadata");
  out.ns = metadata.Field("namespace").Required();
  out.name = metadata.Field("name").Required();
  out.uid = metadata.Field("uid").Text();
  out.version = metadata.Field("resourceVersion").Text();
  out.original = metadata.Field("annotations").Field(kQuotaOriginalAnnotation).Text();
  const JsonField spec = root.Field("spec");
  spec.Field("scopes").Each([&](const JsonField&) { out.scoped = true; });
  out.scoped = out.scoped || spec.Field("scopeSelector").present();
  out.hard = ReadAmounts(spec.Field("hard"), AmountRounding::kDown);
  out.used = ReadAmounts(root.Field("status").Field("used"), AmountRounding::kUp);
  metadata.Field("managedFields").Each([&](const JsonField& entry) {
    if (entry.Field("manager").Text() == kQuotaManager) return;
    if (!entry.Field("subresource").Text().empty()) return;
    entry.Field("fieldsV1")
        .Field("f:spec")
        .Field("f:hard")
        .EachField([&](std::string_view key, const JsonField&) {
          if (key.starts_with("f:")) out.foreign.emplace(key.substr(2));
        });
  });
  return out;
}

Ledger ReadLedger(const JsonField& root) {
  Ledger out;
  const JsonField ledger = root.Field("status").Field("ledger");
  out.plan = ledger.Field("plan").Text();
  ledger.Field("entries").Each([&](const JsonField& entry) {
    Ledger::Entry& one = out.entries[entry.Field("quota").Required()];
    for (const auto& [resource, amount] :
         ReadAmounts(entry.Field("granted"), AmountRounding::kUp)) {
      one.granted[resource] = amount;
    }
  });
  return out;
}

Json HardJson(const QuotaAmounts& hard) {
  Json out = Json::object();
  for (const auto& [name, amount] : hard)
    out[name] = QuantityOf(name, amount).ToString();
  return out;
}

// What the API server keeps as it is: our own entry of the object, and nothing else.
QuotaBody ApplyBody(const QuotaPatch& patch) {
  const Json body = {{"apiVersion", "v1"},
                     {"kind", "ResourceQuota"},
                     {"metadata",
                      {{"name", patch.name},
                       {"namespace", patch.ns},
                       {"resourceVersion", patch.version},
                       {"annotations",
                        {{std::string(kQuotaPlanAnnotation), patch.plan},
                         {std::string(kQuotaOriginalAnnotation), patch.original}}}}},
                     {"spec", {{"hard", HardJson(patch.hard)}}}};
  return {Dump(body), "application/apply-patch+yaml"};
}

QuotaBody RestoreBody(const QuotaPatch& patch) {
  Json hard = Json::object();
  for (const auto& [name, amount] : ReadOriginal(patch.original)) {
    if (!amount) {
      hard[name] = nullptr;
      continue;
    }
    const auto in_use = patch.in_use.find(name);
    const Amount least = in_use == patch.in_use.end() ? 0 : in_use->second;
    hard[name] = QuantityOf(name, std::max(*amount, least)).ToString();
  }
  const Json body = {{"metadata",
                      {{"resourceVersion", patch.version},
                       {"annotations",
                        {{std::string(kQuotaPlanAnnotation), nullptr},
                         {std::string(kQuotaOriginalAnnotation), nullptr}}}}},
                     {"spec", {{"hard", hard}}}};
  return {Dump(body), "application/merge-patch+json"};
}

}  // namespace

Result<QuotaObject> ParseResourceQuota(std::string_view json) {
  return Read(json, "ResourceQuota", &ReadQuotaObject);
}

Result<Ledger> ParseLedger(std::string_view json) {
  return Read(json, "QuotaPool", &ReadLedger);
}

bool HasQuotaFinalizer(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  const Json::json_pointer place("/metadata/finalizers");
  if (!object.is_object() || !object.contains(place)) return false;
  const Json& all = object.at(place);
  return all.is_array() && std::ranges::find(all, Json(kQuotaFinalizer)) != all.end();
}

QuotaBody BodyOf(const QuotaPatch& patch) {
  return patch.kind == QuotaPatch::Kind::kRestore ? RestoreBody(patch) : ApplyBody(patch);
}

std::string LedgerPatch(const Ledger& ledger, const std::string& version) {
  Json entries = Json::array();
  for (const auto& [quota, entry] : ledger.entries) {
    Json granted = Json::object();
    for (const auto& [resource, amount] : entry.granted)
      granted[resource] = QuantityOf(resource, amount).ToString();
    entries.push_back({{"quota", quota}, {"granted", granted}});
  }
  return Dump({{"metadata", {{"resourceVersion", version}}},
               {"status", {{"ledger", {{"plan", ledger.plan}, {"entries", entries}}}}}});
}

std::string FinalizerPatch(std::string_view json, bool guard) {
  const Json object = Json::parse(json, nullptr, false);
  Json finalizers = Json::array();
  const Json::json_pointer place("/metadata/finalizers");
  if (object.is_object() && object.contains(place) && object.at(place).is_array()) {
    for (const Json& one : object.at(place)) {
      if (one != Json(kQuotaFinalizer)) finalizers.push_back(one);
    }
  }
  if (guard) finalizers.push_back(kQuotaFinalizer);
  const Json::json_pointer version("/metadata/resourceVersion");
  Json metadata = {{"finalizers", finalizers}};
  if (object.is_object() && object.contains(version)) {
    metadata["resourceVersion"] = object.at(version);
  }
  return Dump({{"metadata", metadata}});
}

}  // namespace hpaplus::kube
