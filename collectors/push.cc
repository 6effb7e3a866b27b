#include "collectors/push.h"

#include <limits>
#include <utility>

#include "collectors/numbers.h"

namespace hpaplus::collectors {
namespace {

constexpr std::size_t kMostKnown = 10'000;  // Queries that are remembered.

std::vector<std::uint64_t> Selected(const SelectorQuery& query, const PushedCatalog& catalog) {
  std::vector<std::uint64_t> selected;
  std::vector<SeriesLabel> labels;
  for (const PushedCatalog::Series& series : catalog.series) {
    labels.clear();
    for (const auto& [name, value] : *series.labels)
      labels.push_back({name, value});
    if (query.Selects(labels)) selected.push_back(series.id);
  }
  return selected;
}

}  // namespace

Result<std::unique_ptr<Collector>> PushCollector::Create(const ResolvedSource& source,
                                                         const CollectorDeps& deps) {
  if (deps.pushed == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "push: nobody listens for what is pushed; see push.listen in the configuration"};
  }
  return std::unique_ptr<Collector>(new PushCollector(NameOf(source.spec), *deps.pushed));
}

PushCollector::PushCollector(SourceName source, const PushedSamples& pushed)
    : source_(std::move(source)), pushed_(pushed) {}

std::vector<ReadingResult> PushCollector::Collect(std::span<const MetricQuery> queries,
                                                  const CollectContext& context) {
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  const auto fail_all = [&](const Error& error) {
    results.assign(queries.size(), error);
    return std::move(results);
  };
  if (queries.empty()) return results;
  if (context.deadline <= context.now) {
    return fail_all({ErrorCode::kDeadlineExceeded, "push: no time is left to look"});
  }
  if (context.stop.stop_requested()) {
    return fail_all({ErrorCode::kUnavailable, "push: stopped before looking"});
  }
  const auto catalog = pushed_.Catalog(source_);
  if (!catalog) return fail_all(catalog.error());
  if (known_.size() + queries.size() > kMostKnown) known_.clear();
  for (const MetricQuery& query : queries)
    results.push_back(Answer(query, *catalog, context.now));
  return results;
}

ReadingResult PushCollector::Answer(const MetricQuery& query,
                                    const std::shared_ptr<const PushedCatalog>& catalog,
                                    Timestamp now) {
  if (query.type != MetricType::kSource) {
    return Error{ErrorCode::kInvalidArgument, "push: only metrics of type Source are read"};
  }
  const Known& known = Look(query.expression, catalog);
  if (!known.query) {
    return Error{known.query.error().code, "push: " + known.query.error().message};
  }
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  reading->values = Aggregate(*known.query, Read(known, now));
  return std::shared_ptr<const Reading>(std::move(reading));
}

PushCollector::Known& PushCollector::Look(const std::string& expression,
                                          const std::shared_ptr<const PushedCatalog>& catalog) {
  const auto [entry, is_new] = known_.try_emplace(expression);
  Known& known = entry->second;
  if (is_new) known.query = ParseSelectorQuery(expression);
  if (known.query && known.catalog != catalog) {
    known.series = Selected(*known.query, *catalog);
    known.catalog = catalog;
  }
  return known;
}

std::vector<ScalarSample> PushCollector::Read(const Known& known, Timestamp now) const {
  const std::optional<Duration>& range = known.query->rate_range;
  const std::size_t newest = range ? std::numeric_limits<std::size_t>::max() : 1;
  std::vector<ScalarSample> read;
  for (const std::vector<TimedValue>& samples : pushed_.Read(source_, known.series, newest)) {
    if (samples.empty()) continue;
    if (range) {
      const std::optional<ScalarSample> rate = RateOf(samples, *range, now);
      if (rate) read.push_back(*rate);
      continue;
    }
    const TimedValue& last = samples.back();
    read.push_back({last.at, last.value, MilliFromDouble(last.value)});
  }
  return read;
}

}  // namespace hpaplus::collectors
