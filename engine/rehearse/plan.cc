#include "engine/rehearse/plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "engine/eval/read_plan.h"
#include "engine/record/recording.h"
#include "engine/record/verify.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kPercent = 100;
constexpr double kMinute = 60;
constexpr double kRoughFit = 0.1;
constexpr double kNoticeable = 0.005;  // Less of a difference in cost is none.

struct Last {
  std::shared_ptr<const Round> round;
  History history;
  DecideConfig config;
  Decision decision;
};

Result<Last> FindLast(const std::filesystem::path& recording, const std::string& object,
                      const PolicyFactory& policies) {
  Result<record::RecordingReader> reader = record::RecordingReader::Open(recording);
  if (!reader) return reader.error();
  record::Redecider redecider(policies);
  std::optional<Last> last;
  for (;;) {
    const Result<std::optional<record::Entry>> entry = reader->Next();
    if (!entry) return entry.error();
    if (!*entry) break;
    std::optional<record::Redecision> again = redecider.Take(**entry);
    if (!again || !again->history) continue;
    const std::shared_ptr<const Round>& round = (*entry)->round;
    if (WorkloadName(*round->view->spec) != object) continue;
    last = Last{round, *std::move(again->history), redecider.config(), std::move(again->decision)};
  }
  if (last) return *std::move(last);
  return Error{ErrorCode::kNotFound,
               fmt::format("{}: there is no decision of {}", recording.string(), object)};
}

bool AskTheSame(const MetricSpec& one, const MetricSpec& other) {
  return one.type == other.type && one.resource == other.resource &&
         one.container == other.container && one.metric == other.metric &&
         one.metric_selector == other.metric_selector &&
         one.described_object == other.described_object && one.source == other.source &&
         one.query == other.query;
}

// What was read for the metrics of the recorded object, for those of the planned one.
std::vector<ReadingResult> ReadingsFor(const Round& round, const WorkloadView& view,
                                       std::vector<std::string>& unmeasured) {
  const std::vector<MetricSpec>& recorded = round.view->spec->metrics;
  const auto planned = PlanReads(view, PodMetricsFrom::kMetricsServer);
  std::vector<ReadingResult> readings;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const MetricSpec& metric = view.spec->metrics[i];
    if (metric.type == MetricType::kFormula) {
      readings.emplace_back(planned[i].error());
      continue;
    }
    const auto found = std::ranges::find_if(
        recorded, [&metric](const MetricSpec& other) { return AskTheSame(metric, other); });
    const auto index = static_cast<std::size_t>(found - recorded.begin());
    if (index < round.readings.size()) {
      readings.push_back(round.readings[index]);
      continue;
    }
    unmeasured.push_back(metric.name);
    readings.emplace_back(Error{ErrorCode::kNotFound, "was not measured when it was recorded"});
  }
  return readings;
}

// What an API server would keep of the object that is there.
std::shared_ptr<const WorkloadSpec> InPlaceOf(const WorkloadSpec& there, WorkloadSpec planned) {
  planned.uid = there.uid;
  planned.generation = there.generation + 1;
  planned.created = there.created;
  return std::make_shared<const WorkloadSpec>(std::move(planned));
}

void WarnOfNow(const NowEffect& now, std::vector<std::string>& warnings) {
  if (!now.unmeasured.empty()) {
    warnings.push_back(fmt::format("what {} would say now is not known: it was not measured",
                                   fmt::join(now.unmeasured, ", ")));
  }
  if (now.acts && now.after != now.before) {
    warnings.push_back(
        fmt::format("applying it changes the size at once: {} -> {}", now.current, now.after));
  }
}

Timestamp After(Timestamp start, double seconds) {
  return start + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::string WorstText(const PastEffect& past) {
  return fmt::format("the worst minute begins at {} and lacks {:.1f} % of what is needed",
                     FormatRfc3339(After(past.start, past.after.worst_minute_seconds)),
                     past.after.worst_minute_share * kPercent);
}

void WarnOfCapacity(const PastEffect& past, std::vector<std::string>& warnings) {
  const PastFigures& after = past.after;
  const double before = past.before ? past.before->short_seconds : 0;
  const double worst = past.before ? past.before->worst_minute_share : 0;
  if (after.short_seconds > before) {
    warnings.push_back(fmt::format("{:.1f} min {}under capacity; {}",
                                   (after.short_seconds - before) / kMinute,
                                   past.before ? "more " : "", WorstText(past)));
  } else if (after.worst_minute_share > worst) {
    warnings.push_back(
        fmt::format("a deeper shortage: {}, before {:.1f} %", WorstText(past), worst * kPercent));
  }
}

void WarnOfUnrest(const PastFigures& before, const PastFigures& after,
                  std::vector<std::string>& warnings) {
  if (after.replica_hours > before.replica_hours * (1 + kNoticeable)) {
    const double more = (after.replica_hours / before.replica_hours - 1) * kPercent;
    warnings.push_back(before.replica_hours > 0
                           ? fmt::format("{:.1f} % more replica-hours", more)
                           : fmt::format("{:.1f} replica-hours, before none", after.replica_hours));
  }
  if (after.changes > before.changes) {
    warnings.push_back(
        fmt::format("more changes of the size: {}, before {}", after.changes, before.changes));
  }
  if (after.quick_reversals > before.quick_reversals) {
    warnings.push_back(fmt::format("more reversals within 5 min: {}, before {}",
                                   after.quick_reversals, before.quick_reversals));
  }
}

}  // namespace

Result<LastDecision> DecideLastAgain(const std::filesystem::path& recording,
                                     const WorkloadSpec& planned, const PolicyFactory& policies) {
  Result<Last> last = FindLast(recording, WorkloadName(planned), policies);
  if (!last) return last.error();
  const Round& round = *last->round;
  LastDecision out;
  out.spec = round.view->spec;
  WorkloadView view = *round.view;
  view.spec = InPlaceOf(*round.view->spec, planned);
  const std::vector<ReadingResult> readings = ReadingsFor(round, view, out.effect.unmeasured);
  const PolicySet set = policies(*view.spec);
  const Decided decided =
      Decide({round.at, last->config, round.id, view, set, readings}, std::move(last->history));
  out.effect.at = round.at;
  out.effect.current = decided.decision.current;
  out.effect.before = last->decision.desired;
  out.effect.after = decided.decision.desired;
  out.effect.known = decided.decision.known;
  out.effect.acts = decided.decision.acts;
  return out;
}

PastEffect Rehearse(const PlanDemand& demand, const WorkloadSpec* before,
                    const WorkloadSpec& planned, const PolicyFactory& policies) {
  const double length = demand.trace.seconds();
  const double from = std::max(length - ToSeconds(demand.over), 0.0);
  const Situation situation(demand.trace, demand.options);
  PastEffect past;
  const auto figures = [&](const char* name, WorkloadSpec spec) {
    spec.frozen_until.reset();
    past.runs.push_back(
        RunEngine(name, spec, demand.trace, demand.options, policies, demand.start));
    return FiguresOf(situation, past.runs.back(), from);
  };
  past.options = demand.options;
  past.start = demand.start;
  past.from = After(demand.start, from);
  past.until = After(demand.start, length);
  if (before != nullptr) past.before = figures("now", *before);
  // Decided at the same moments: a uid says when in a period.
  past.after = figures("planned", before != nullptr ? *InPlaceOf(*before, planned) : planned);
  return past;
}

std::vector<std::string> NotesOf(const Reconstruction& demand) {
  std::vector<std::string> notes;
  notes.push_back(fmt::format("the demand was found again in the metric {}", demand.metric));
  if (demand.unknown > 0) {
    notes.push_back(fmt::format("{} of {} moments have no known demand, the longest gap is {}",
                                demand.unknown, demand.moments,
                                FormatDuration(demand.longest_gap)));
  }
  if (demand.saturated > 0) {
    notes.push_back(fmt::format("at {} moments all capacity was used: demand may have been larger",
                                demand.saturated));
  }
  if (!demand.fit_error) {
    notes.push_back("how well the model fits is not known: the recording has no pods");
  } else if (*demand.fit_error > kRoughFit) {
    notes.push_back(fmt::format(
        "modelled replicas are {:.1f} % off those recorded: these figures are rough, look at "
        "--startup",
        *demand.fit_error * kPercent));
  }
  return notes;
}

std::vector<std::string> NotesOf(const WorkloadSpec& planned) {
  std::vector<std::string> notes;
  if (planned.mode != Mode::kActive) {
    notes.emplace_back("its mode is not Active: the past is what it would be if it were");
  }
  if (planned.frozen_until) {
    notes.emplace_back("it is frozen: the past is what it would be if it were not");
  }
  const auto asks = [](const MetricSpec& metric) {
    return metric.role == MetricRole::kScale && metric.type != MetricType::kFormula;
  };
  const auto count = std::ranges::count_if(planned.metrics, asks);
  if (count > 1) {
    notes.push_back(
        fmt::format("{} metrics ask for a size; in the past each is given the same demand", count));
  }
  return notes;
}

std::vector<std::string> WarningsOf(const Plan& plan) {
  std::vector<std::string> warnings;
  if (plan.now) WarnOfNow(*plan.now, warnings);
  if (!plan.past) return warnings;
  WarnOfCapacity(*plan.past, warnings);
  if (plan.past->before) WarnOfUnrest(*plan.past->before, plan.past->after, warnings);
  return warnings;
}

}  // namespace hpaplus::rehearse
