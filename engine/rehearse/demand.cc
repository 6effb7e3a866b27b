#include "engine/rehearse/demand.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/rehearse/decision_words.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kPercent = 100;

Replicas ReadyPods(const WorkloadView& view) {
  return static_cast<Replicas>(std::ranges::count_if(view.pods, [](const auto& pod) {
    return !pod->deleting && pod->ready && pod->ready->status == ConditionStatus::kTrue;
  }));
}

// In the unit of the capacity; null: unknown.
std::optional<double> DemandOf(const MetricSpec& metric, const MetricOutcome& outcome,
                               Replicas ready, double capacity) {
  if (!outcome.proposal || outcome.stood_in) return std::nullopt;
  std::optional<double> demand = outcome.total;
  if (!demand && metric.type == MetricType::kSource) demand = outcome.value;
  if (demand && metric.target.type == TargetType::kValue) *demand *= ready;  // One replica's share.
  if (!demand && outcome.average_utilization) {
    // The percentage is a whole number; the ratio to the target has the rest of it.
    const double target = metric.target.average_utilization.value_or(0);
    const double percent =
        target > 0 && outcome.ratio > 0 ? outcome.ratio * target : *outcome.average_utilization;
    demand = percent / kPercent * capacity * ready;
  }
  if (!demand && outcome.average_value_milli) {
    demand = static_cast<double>(*outcome.average_value_milli) / 1000 * ready;
  }
  if (!demand || !std::isfinite(*demand) || *demand < 0) return std::nullopt;
  return demand;
}

bool IsSaturated(const MetricSpec& metric, const MetricOutcome& outcome) {
  return metric.target.type == TargetType::kUtilization &&
         outcome.average_utilization.value_or(0) >= kPercent;
}

}  // namespace

std::optional<std::size_t> DemandBuilder::IndexIn(const WorkloadSpec& spec) const {
  const auto fits = [this](const MetricSpec& metric) {
    return metric_.empty() ? metric.role == MetricRole::kScale && !metric.step
                           : metric.name == metric_;
  };
  const auto found = std::ranges::find_if(spec.metrics, fits);
  if (found == spec.metrics.end()) return std::nullopt;
  return static_cast<std::size_t>(found - spec.metrics.begin());
}

void DemandBuilder::Take(const Round& round) {
  const WorkloadView& view = *round.view;
  Moment moment;
  moment.at = round.at;
  moment.replicas = view.scale.spec_replicas;
  moment.has_pods = !view.pods.empty();
  moment.ready = moment.has_pods ? ReadyPods(view) : view.scale.status_replicas;
  const std::optional<std::size_t> index = IndexIn(*view.spec);
  if (index && *index < round.decided.metrics.size()) {
    const MetricSpec& metric = view.spec->metrics[*index];
    const MetricOutcome& outcome = round.decided.metrics[*index];
    found_ = metric.name;
    moment.demand = DemandOf(metric, outcome, moment.ready, plant_.capacity_per_replica);
    moment.saturated = IsSaturated(metric, outcome);
  }
  if (const Decision& last = round.admitted ? *round.admitted : round.decided; last.acts) {
    const LastWord word = LastWordOf(last);
    decided_[round.at] = {0,          last.current, last.desired,
                          word.stage, word.reason,  ExplainSize(last, *view.spec)};
  }
  if (moments_.empty() || moments_.back().at < moment.at) moments_.push_back(moment);
}

Result<Reconstruction> DemandBuilder::Build() const {
  if (found_.empty()) {
    return Error{ErrorCode::kNotFound,
                 metric_.empty()
                     ? "the recording has no decision with a metric that asks for a size"
                     : fmt::format("the recording has no metric \"{}\"", metric_)};
  }
  const auto first =
      std::ranges::find_if(moments_, [](const Moment& m) { return m.demand.has_value(); });
  if (first == moments_.end()) {
    return Error{ErrorCode::kNotFound, fmt::format("the metric \"{}\" was never known", found_)};
  }
  const std::vector<Moment> moments(first, moments_.end());
  Reconstruction out;
  out.start = moments.front().at;
  out.metric = found_;
  out.initial = std::max(moments.front().replicas, 1);
  out.moments = moments.size();
  std::string csv = "t_seconds,value\n";
  Timestamp known = out.start;
  for (const Moment& moment : moments) {
    if (!moment.demand) {
      ++out.unknown;
      continue;
    }
    if (moment.saturated) ++out.saturated;
    out.longest_gap = std::max(out.longest_gap, moment.at - known);
    known = moment.at;
    csv += fmt::format("{},{}\n", ToSeconds(moment.at - out.start), *moment.demand);
  }
  Result<Trace> trace = Trace::FromCsv(csv);
  if (!trace) return trace.error();
  out.trace = *std::move(trace);
  Score(moments, out);
  return out;
}

// The recorded sizes, and the plant that follows them.
void DemandBuilder::Score(const std::vector<Moment>& moments, Reconstruction& out) const {
  const Duration step = std::chrono::seconds(1);
  PlantOptions options = plant_;
  options.initial = out.initial;
  Plant plant(options);
  TraceReader demand(out.trace, Between::kHold);
  ScoreKeeper keeper(ToSeconds(step));
  double differences = 0;
  std::size_t compared = 0;
  std::size_t at = 0;
  const Timestamp end = out.start + std::chrono::duration_cast<Duration>(
                                        std::chrono::duration<double>(out.trace.seconds()));
  for (Timestamp now = out.start; now < end; now += step) {
    for (; at + 1 < moments.size() && moments[at + 1].at <= now; ++at) {
      if (moments[at + 1].replicas == moments[at].replicas) continue;
      const Replicas to = moments[at + 1].replicas;
      const auto decided = decided_.find(moments[at].at);
      keeper.AddChange(moments[at].replicas, to);
      const bool ours = decided != decided_.end() && decided->second.to == to;
      Change change = ours ? decided->second : Change();
      change.seconds = ToSeconds(now - out.start);
      change.from = moments[at].replicas;
      change.to = to;
      out.changes.push_back(std::move(change));
      plant.Resize(moments[at + 1].replicas, now);
    }
    (void)plant.Advance(now);
    const Moment& moment = moments[at];
    keeper.Add(plant.Needed(demand.At(ToSeconds(now - out.start))), moment.ready, moment.replicas);
    if (!moment.has_pods || moment.ready <= 0) continue;
    differences += std::abs(static_cast<double>(plant.ready()) / moment.ready - 1);
    ++compared;
  }
  out.recorded = keeper.Total();
  if (compared > 0) out.fit_error = differences / static_cast<double>(compared);
}

}  // namespace hpaplus::rehearse
