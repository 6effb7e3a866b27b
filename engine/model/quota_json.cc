#include "engine/model/quota_json.h"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "engine/model/json_fields.h"
#include "engine/model/json_names.h"
#include "engine/model/safety_json.h"
#include "engine/model/spec_json.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kResourcesMost = 32;
constexpr std::int64_t kWeightMost = 1'000'000;
constexpr std::int64_t kPriorityMost = 1000;
constexpr auto kWindowMost = hours(168);

constexpr Names<QuotaMode, 4> kModes{{{"Off", QuotaMode::kOff},
                                      {"DryRun", QuotaMode::kDryRun},
                                      {"Recommend", QuotaMode::kRecommend},
                                      {"Auto", QuotaMode::kAuto}}};

// Whether it has the headroom.
constexpr Names<bool, 2> kFloors{{{"Used", false}, {"UsedPlusHeadroom", true}}};

void CheckKind(const JsonField& root, std::string_view wanted) {
  const JsonField version = root.Field("apiVersion");
  if (version.Text(kApiVersion) != kApiVersion) {
    version.Fail(fmt::format("is \"{}\" and not {}", version.Text().substr(0, 64), kApiVersion));
  }
  const JsonField kind = root.Field("kind");
  if (kind.Text(wanted) != wanted) {
    kind.Fail(fmt::format("is \"{}\" and not {}", kind.Text().substr(0, 64), wanted));
  }
}

std::int64_t ReadGeneration(const JsonField& metadata) {
  return metadata.Field("generation").Integer(0, 0, std::numeric_limits<std::int64_t>::max());
}

std::int32_t ReadCount(const JsonField& field, std::int64_t absent, std::int64_t least,
                       std::int64_t most) {
  return static_cast<std::int32_t>(field.Integer(absent, least, most));
}

std::optional<Amount> ReadAmount(const JsonField& field, const std::string& resource,
                                 AmountRounding rounding) {
  const std::optional<Quantity> quantity = field.Amount();
  if (!quantity) return std::nullopt;
  if (quantity->Sign() < 0) field.Fail("is negative");
  return AmountOf(resource, *quantity, rounding);
}

// What must be there.
Amount ReadNeeded(const JsonField& field, const std::string& resource, AmountRounding rounding) {
  if (!field.present()) field.Fail("is missing");
  return ReadAmount(field, resource, rounding).value_or(0);
}

// Names must be unique, and there are some, but not too many.
template <class Resource, class Read>
std::vector<Resource> ReadResources(const JsonField& field, const Read& read) {
  std::vector<Resource> out;
  field.Each([&](const JsonField& one) {
    Resource resource = read(one);
    if (std::ranges::find(out, resource.name, &Resource::name) != out.end()) {
      one.Field("name").Fail("is there twice");
    }
    if (out.size() < kResourcesMost) {
      out.push_back(std::move(resource));
    } else {
      field.Fail(fmt::format("has more than {} elements", kResourcesMost));
    }
  });
  if (out.empty()) field.Fail("is missing or empty");
  return out;
}

QuotaResource ReadResource(const JsonField& field) {
  QuotaResource out;
  out.name = field.Field("name").Required();
  out.min = ReadNeeded(field.Field("min"), out.name, AmountRounding::kUp);
  out.max = ReadNeeded(field.Field("max"), out.name, AmountRounding::kDown);
  // A min and a max inside one unit are one amount.
  if (out.min > out.max + 1) field.Field("min").Fail("exceeds max");
  out.min = std::min(out.min, out.max);
  out.headroom_percent =
      ReadCount(field.Field("headroomPercent"), out.headroom_percent, 0, kPriorityMost);
  out.headroom = ReadAmount(field.Field("headroom"), out.name, AmountRounding::kUp).value_or(0);
  const JsonField step = field.Field("step");
  out.step = std::max<Amount>(ReadAmount(step, out.name, AmountRounding::kUp).value_or(1), 1);
  if (const auto exact = step.Amount(); exact && exact->Sign() <= 0) step.Fail("is not above 0");
  out.weight = field.Field("weight").Integer(out.weight, 1, kWeightMost);
  const JsonField lends = field.Field("lends");
  out.lends_most = ReadAmount(lends, out.name, AmountRounding::kDown).value_or(0);
  if (*out.lends_most > out.min) lends.Fail("exceeds min");
  out.borrows_most = ReadAmount(field.Field("borrows"), out.name, AmountRounding::kDown);
  return out;
}

PoolResource ReadPoolResource(const JsonField& field) {
  PoolResource out;
  out.name = field.Field("name").Required();
  out.capacity = ReadNeeded(field.Field("capacity"), out.name, AmountRounding::kDown);
  out.min = ReadAmount(field.Field("min"), out.name, AmountRounding::kUp).value_or(0);
  if (out.min > out.capacity + 1) field.Field("min").Fail("exceeds capacity");
  out.min = std::min(out.min, out.capacity);
  out.weight = field.Field("weight").Integer(out.weight, 1, kWeightMost);
  const JsonField lends = field.Field("lends");
  out.lends_most = ReadAmount(lends, out.name, AmountRounding::kDown);
  if (out.lends_most.value_or(0) > out.min) lends.Fail("exceeds min");
  out.borrows_most = ReadAmount(field.Field("borrows"), out.name, AmountRounding::kDown);
  return out;
}

QuotaDrivers ReadDrivers(const JsonField& field) {
  if (!field.present()) return {};
  constexpr Names<bool QuotaDrivers::*, 4> kDrivers{{{"Used", &QuotaDrivers::used},
                                                     {"Requested", &QuotaDrivers::requested},
                                                     {"HPAPlusDesired", &QuotaDrivers::desired},
                                                     {"HPAPlusMax", &QuotaDrivers::largest}}};
  QuotaDrivers out{false, false, false, false};
  field.Each([&](const JsonField& one) {
    const auto driver = Named(kDrivers, one.Text());
    if (!driver) return one.Fail("is none of Used, Requested, HPAPlusDesired, HPAPlusMax");
    out.** driver = true;
  });
  if (out == QuotaDrivers{false, false, false, false}) field.Fail("is empty");
  return out;
}

QuotaSpec ReadQuota(const JsonField& root) {
  CheckKind(root, "DynamicQuota");
  QuotaSpec out;
  const JsonField metadata = root.Field("metadata");
  out.ns = metadata.Field("namespace").Text("default");
  out.name = metadata.Field("name").Required();
  out.uid = metadata.Field("uid").Text();
  out.generation = ReadGeneration(metadata);
  out.deleting = metadata.Field("deletionTimestamp").present();
  out.created = metadata.Field("creationTimestamp").Time().value_or(Timestamp{});
  out.frozen_until = ReadFreeze(metadata);

  const JsonField spec = root.Field("spec");
  if (!spec.present()) spec.Fail("is missing");
  out.quota = spec.Field("quotaRef").Field("name").Required();
  out.take_over = spec.Field("takeOver").Flag(false);
  out.mode = OneOf(spec.Field("mode"), kModes, out.mode);
  const JsonField evaluation = spec.Field("evaluation");
  out.period = evaluation.Field("period").Period(seconds(1), hours(1)).value_or(out.period);
  out.stale_after =
      evaluation.Field("staleAfter").Period(seconds(1), hours(24)).value_or(out.stale_after);
  out.resources = ReadResources<QuotaResource>(spec.Field("resources"), &ReadResource);
  out.drivers = ReadDrivers(spec.Field("drivers"));
  const JsonField pool = spec.Field("poolRef");
  if (pool.present()) out.pool = pool.Field("name").Required();
  out.priority = ReadCount(spec.Field("priority"), out.priority, 0, kPriorityMost);
  out.min_delta_percent = ReadCount(spec.Field("minDeltaPercent"), out.min_delta_percent, 0, 100);
  const JsonField grow = spec.Field("grow");
  out.grow_cooldown = grow.Field("cooldown").Period(Duration(0), kWindowMost).value_or(Duration(0));
  const JsonField step = grow.Field("maxStepPercent");
  if (step.present()) out.grow_percent_most = ReadCount(step, 1, 1, 1000);
  const JsonField shrink = spec.Field("shrink");
  out.shrink_window = shrink.Field("stabilizationWindow")
                          .Period(Duration(0), kWindowMost)
                          .value_or(out.shrink_window);
  out.shrink_percent_most =
      ReadCount(shrink.Field("maxStepPercent"), out.shrink_percent_most, 1, 100);
  out.keeps_headroom = OneOf(shrink.Field("floor"), kFloors, out.keeps_headroom);
  return out;
}

std::optional<std::vector<std::string>> ReadAllowed(const JsonField& field) {
  const std::string from = field.Field("from").Text("All");
  const JsonField names = field.Field("names");
  if (from != "All" && from != "Names") field.Field("from").Fail("is neither All nor Names");
  if (names.present() != (from == "Names")) names.Fail("goes with from: Names");
  if (from == "All") return std::nullopt;
  std::vector<std::string> out;
  names.Each([&](const JsonField& one) { out.push_back(one.Required()); });
  return out;
}

PoolSpec ReadPool(const JsonField& root) {
  CheckKind(root, "QuotaPool");
  PoolSpec out;
  const JsonField metadata = root.Field("metadata");
  out.name = metadata.Field("name").Required();
  out.uid = metadata.Field("uid").Text();
  out.generation = ReadGeneration(metadata);
  out.frozen_until = ReadFreeze(metadata);
  const JsonField spec = root.Field("spec");
  if (!spec.present()) spec.Fail("is missing");
  const JsonField parent = spec.Field("parentRef");
  if (parent.present()) out.parent = parent.Field("name").Required();
  if (!out.parent.empty() && out.parent == out.name)
    parent.Field("name").Fail("is the pool itself");
  out.resources = ReadResources<PoolResource>(spec.Field("resources"), &ReadPoolResource);
  out.priority = ReadCount(spec.Field("priority"), out.priority, 0, kPriorityMost);
  const JsonField budget = spec.Field("moveBudgetPercentPerMinute");
  if (budget.present()) out.move_percent_per_minute = ReadCount(budget, 1, 1, 100);
  out.namespaces = ReadAllowed(spec.Field("allowedNamespaces"));
  return out;
}

template <class Spec>
Result<Spec> Parse(std::string_view json, std::string_view kind, Spec (*read)(const JsonField&)) {
  JsonDocument document;
  if (const Status parsed = document.Parse(json); !parsed) return parsed.error();
  std::string problem;
  Spec spec = read(document.Root(problem));
  if (!problem.empty()) {
    return Error{ErrorCode::kMalformedData, std::string(kind) + ": " + problem};
  }
  return spec;
}

}  // namespace

Result<QuotaSpec> ParseQuota(std::string_view json) {
  return Parse(json, "DynamicQuota", &ReadQuota);
}

Result<PoolSpec> ParsePool(std::string_view json) {
  return Parse(json, "QuotaPool", &ReadPool);
}

}  // namespace hpaplus
