#include "engine/shell/quota_telemetry.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "engine/base/mutex.h"

namespace hpaplus {
namespace {

using Labels = std::map<std::string, std::string>;

double Units(const std::string& resource, Amount amount) {
  return QuantityOf(resource, amount).AsDouble();
}

Amount Beyond(Amount a, Amount b) {
  return std::max<Amount>(a - b, 0);
}

// Gauges of one row of labels, as long as the row is kept.
template <std::size_t N>
class Rows {
 public:
  using Values = std::array<double, N>;
  using Families = std::array<prometheus::Family<prometheus::Gauge>*, N>;
  using Key = std::tuple<std::string, std::string, std::string>;  // Sorted by owner first.

  Rows(Families families, std::size_t most) : families_(families), most_(most) {}

  void Set(const Key& key, const Labels& labels, const Values& values) {
    auto found = rows_.find(key);
    if (found == rows_.end()) {
      if (rows_.size() >= most_) return;
      found = rows_.try_emplace(key).first;
      for (std::size_t i = 0; i < N; ++i)
        found->second[i] = &families_[i]->Add(labels);
    }
    for (std::size_t i = 0; i < N; ++i)
      found->second[i]->Set(values[i]);
  }

  // Those of an owner but the named resources.
  template <class Keeps>
  void RemoveOthers(const std::string& ns, const std::string& name, const Keeps& keeps) {
    auto at = rows_.lower_bound({ns, name, ""});
    while (at != rows_.end() && std::get<0>(at->first) == ns && std::get<1>(at->first) == name) {
      if (keeps(std::get<2>(at->first))) {
        ++at;
        continue;
      }
      for (std::size_t i = 0; i < N; ++i)
        families_[i]->Remove(at->second[i]);
      at = rows_.erase(at);
    }
  }

 private:
  const Families families_;
  const std::size_t most_;
  std::map<Key, std::array<prometheus::Gauge*, N>> rows_;
};

// Whether a step is why the quota is not what is asked for.
bool Holds(const QuotaStep& step) {
  const bool says_so = step.stage == QuotaStage::kFreshness || step.stage == QuotaStage::kFreeze ||
                       step.stage == QuotaStage::kMode;
  return says_so || (step.stage != QuotaStage::kDemand && step.before != step.after);
}

bool KeepsNone(const std::string& /*resource*/) {
  return false;
}

class Registry final : public QuotaTelemetry {
 public:
  explicit Registry(const Config& config) : config_(config) {}

  void RecordQuota(const QuotaRecord& record) override {
    const MutexLock lock(mutex_);
    const QuotaSpec& spec = *record.spec;
    Count(rounds_, "result", record.Result());
    if (!record.failure.empty()) failures_.Increment();
    for (const ResourceDecision& one : record.decision.resources)
      RecordResource(record, one);
    const auto& decided = record.decision.resources;
    quotas_.RemoveOthers(spec.ns, spec.name, [&decided](const std::string& resource) {
      return std::ranges::find(decided, resource, &ResourceDecision::name) != decided.end();
    });
  }

  void RecordPool(const PoolRecord& record) override {
    const MutexLock lock(mutex_);
    const std::string& pool = record.spec->name;
    for (const auto& [resource, line] : record.resources) {
      pools_.Set({"", pool, resource}, {{"pool", pool}, {"resource", resource}},
                 {Units(resource, line.capacity), Units(resource, line.granted),
                  Units(resource, line.demand)});
    }
    pools_.RemoveOthers("", pool, [&record](const std::string& resource) {
      return record.resources.contains(resource);
    });
    deficits_.Set({"", pool, ""}, {{"pool", pool}}, {record.deficit ? 1.0 : 0.0});
  }

  void RecordQuotaGone(const std::string& ns, const std::string& name) override {
    const MutexLock lock(mutex_);
    quotas_.RemoveOthers(ns, name, KeepsNone);
  }

  void RecordPoolGone(const std::string& name) override {
    const MutexLock lock(mutex_);
    pools_.RemoveOthers("", name, KeepsNone);
    deficits_.RemoveOthers("", name, KeepsNone);
  }

  std::string Scrape() override {
    const MutexLock lock(mutex_);
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  using Counters = prometheus::Family<prometheus::Counter>;

  void RecordResource(const QuotaRecord& record, const ResourceDecision& one)
      HPAPLUS_REQUIRES(mutex_) {
    const QuotaSpec& spec = *record.spec;
    if (const auto written = record.written.find(one.name); written != record.written.end()) {
      const bool grew = !one.hard || written->second > *one.hard;
      Count(writes_, "direction", grew ? "grow" : "shrink");
    }
    for (const QuotaStep& step : one.steps) {
      if (Holds(step)) Count(limited_, "by", std::string(QuotaReasonName(step.reason)));
    }
    const auto resource = std::ranges::find(spec.resources, one.name, &QuotaResource::name);
    const Amount guaranteed = resource == spec.resources.end() ? 0 : resource->min;
    // Where nothing is limited all of it is there.
    const Amount hard = record.HardOf(one).value_or(one.demand);
    const std::array<Amount, 7> amounts = {hard,
                                           one.in_use,
                                           one.demand,
                                           guaranteed,
                                           Beyond(guaranteed, hard),
                                           Beyond(hard, guaranteed),
                                           Beyond(one.demand, hard)};
    std::array<double, 7> values{};
    for (std::size_t i = 0; i < amounts.size(); ++i)
      values[i] = Units(one.name, amounts[i]);
    quotas_.Set({spec.ns, spec.name, one.name},
                {{"namespace", spec.ns}, {"name", spec.name}, {"resource", one.name}}, values);
  }

  // The values come from closed sets.
  static void Count(Counters& family, const char* label, const std::string& value) {
    family.Add({{label, value}}).Increment();
  }

  prometheus::Family<prometheus::Gauge>* Gauge(const char* name, const char* help) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
  }
  Counters& Counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
  }

  const Config config_;
  Mutex mutex_;
  prometheus::Registry registry_;
  Rows<7> quotas_ HPAPLUS_GUARDED_BY(mutex_){
      {Gauge("hpaplus_quota_hard", "spec.hard of the ResourceQuota."),
       Gauge("hpaplus_quota_used", "What is in use, with what is being created."),
       Gauge("hpaplus_quota_wanted", "What is asked for, within min and max."),
       Gauge("hpaplus_quota_guaranteed", "Its min."),
       Gauge("hpaplus_quota_lent", "What of its min others have."),
       Gauge("hpaplus_quota_borrowed", "What it has beyond its min."),
       Gauge("hpaplus_quota_unmet", "What it asks for and has not.")},
      config_.lines_max};
  Rows<3> pools_ HPAPLUS_GUARDED_BY(mutex_){
      {Gauge("hpaplus_quota_pool_capacity", "What a pool has to share."),
       Gauge("hpaplus_quota_pool_granted", "What of it is given away."),
       Gauge("hpaplus_quota_pool_demand", "What is asked of it.")},
      config_.lines_max};
  Rows<1> deficits_ HPAPLUS_GUARDED_BY(mutex_){
      {Gauge("hpaplus_quota_pool_deficit", "1: guarantees do not fit.")}, config_.lines_max};
  Counters& rounds_ =
      Counter("hpaplus_quota_rounds_total", "Rounds of DynamicQuotas by what came of them.");
  Counters& limited_ =
      Counter("hpaplus_quota_limited_total", "Resources of rounds by what changed or held them.");
  Counters& writes_ = Counter("hpaplus_quota_writes_total", "Resources written.");
  prometheus::Counter& failures_ =
      Counter("hpaplus_quota_write_failures_total", "ResourceQuotas not written.").Add({});
};

}  // namespace

std::unique_ptr<QuotaTelemetry> QuotaTelemetry::Create(const Config& config) {
  return std::make_unique<Registry>(config);
}

}  // namespace hpaplus
