#include "engine/rehearse/report_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/rehearse/report_json.h"
#include "engine/rehearse/run_series.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kPercent = 100;
constexpr double kMinute = 60;
constexpr double kDay = 86'400;
constexpr std::size_t kPoints = 1200;
constexpr std::size_t kLogMost = 2000;
constexpr std::size_t kDaysMost = 62;

double PerDay(std::int64_t count, const Scores& scores) {
  return scores.seconds > 0 ? static_cast<double>(count) * kDay / scores.seconds : 0;
}

Json Figures(const std::string& title, const std::string& caption) {
  Json columns = Json::array();
  const auto column = [&columns](const char* label, int digits) {
    columns.push_back({{"label", label}, {"digits", digits}});
  };
  column("replica-hours", 1);
  column("time short, %", 3);
  column("missing, replica-s", 0);
  column("unneeded, replica-s", 0);
  column("changes a day", 1);
  column("reversals a day", 1);
  column("shortage p50, s", 0);
  column("shortage p99, s", 0);
  column("worst minute, %", 1);
  return {{"title", title}, {"caption", caption}, {"columns", columns}, {"rows", Json::array()}};
}

void AddRow(const std::string& name, const Scores& scores, Json& figures) {
  figures["rows"].push_back({{"name", name},
                             {"values",
                              {scores.replica_hours, scores.under_provisioned_time_share * kPercent,
                               scores.under_provisioned_area, scores.over_provisioned_area,
                               PerDay(scores.changes, scores), PerDay(scores.reversals, scores),
                               scores.reaction_p50_seconds, scores.reaction_p99_seconds,
                               scores.worst_minute * kPercent}}});
}

// One row of 24 hours for each day; days beyond the most are left out.
Json Minutes(const std::vector<double>& hours) {
  constexpr std::size_t kHours = 24;
  Json days = Json::array();
  for (std::size_t at = 0; at < hours.size() && days.size() < kDaysMost; at += kHours) {
    Json day = Json::array();
    for (std::size_t hour = 0; hour < kHours; ++hour)
      day.push_back(at + hour < hours.size() ? hours[at + hour] : 0);
    days.push_back(std::move(day));
  }
  return days;
}

// What each run did over time, and when it was short.
void AddRuns(const Situation& situation, const std::vector<const PolicyRun*>& runs, Timestamp start,
             Json& page) {
  const double seconds = ToSeconds(start.time_since_epoch());
  Json lines = {{"start", seconds}, {"step", 0}, {"needed", Json::array()}};
  Json heat = {{"days", Json::array()}, {"policies", Json::array()}};
  lines["policies"] = Json::array();
  for (const PolicyRun* run : runs) {
    const RunSeries series = SeriesOf(situation, *run, start, kPoints);
    lines["step"] = series.step_seconds;
    lines["needed"] = series.needed;
    lines["policies"].push_back(
        {{"name", run->name}, {"ready", series.ready}, {"missing", series.missing}});
    heat["policies"].push_back({{"name", run->name}, {"minutes", Minutes(series.short_minutes)}});
  }
  const auto day = std::chrono::floor<std::chrono::days>(start);
  const std::size_t days = heat["policies"].front()["minutes"].size();
  for (std::size_t i = 0; i < days; ++i) {
    const auto at = day + std::chrono::days(static_cast<int>(i));
    heat["days"].push_back(FormatRfc3339(Timestamp(at)).substr(0, 10));
  }
  page["runs"] = std::move(lines);
  page["heat"] = std::move(heat);
}

void AddLog(const PolicyRun& run, Timestamp start, Json& log) {
  for (const Change& change : run.changes) {
    if (log.size() >= kLogMost) return;
    Json entry = {{"t", ToSeconds(start.time_since_epoch()) + change.seconds},
                  {"policy", run.name},
                  {"from", change.from},
                  {"to", change.to}};
    if (change.reason != Reason::kNone) {
      entry["stage"] = StageName(change.stage);
      entry["reason"] = ReasonName(change.reason);
    }
    if (!change.why.empty()) entry["why"] = change.why;
    log.push_back(std::move(entry));
  }
}

Json Facts(const std::string& trace, double seconds, double peak, const RunOptions& run) {
  return {{"Demand",
           fmt::format("{}, {}, peak {:g}, {} between its points", trace,
                       FormatDuration(std::chrono::seconds(static_cast<std::int64_t>(seconds))),
                       peak, run.between == Between::kHold ? "held" : "linear")},
          {"One replica",
           fmt::format("serves {:g}, and takes {} to start", run.plant.capacity_per_replica,
                       FormatDuration(run.plant.startup))},
          {"Kind", "closed loop: what is decided changes what is measured next"}};
}

void AddNotes(const std::vector<std::string>& notes, Json& page) {
  if (!notes.empty()) page["facts"]["Notes"] = fmt::format("{}", fmt::join(notes, "; "));
}

Json SimulateVerdict(const std::vector<PolicyRun>& runs) {
  const Scores& own = runs.front().scores;
  std::string text = fmt::format(
      "{} would have used {:.1f} replica-hours, been short for {:.3f} % of the time and changed "
      "its "
      "size {} times.",
      runs.front().name, own.replica_hours, own.under_provisioned_time_share * kPercent,
      own.changes);
  std::string tone;
  if (runs.size() > 1) {
    const Scores& other = runs[1].scores;
    const double cost = own.replica_hours - other.replica_hours;
    const double under = own.under_provisioned_time_share - other.under_provisioned_time_share;
    text += fmt::format(" {}: {:.1f} replica-hours, {:.3f} %, {} times.", runs[1].name,
                        other.replica_hours, other.under_provisioned_time_share * kPercent,
                        other.changes);
    if (cost <= 0 && under <= 0) tone = "good";
    if (cost >= 0 && under >= 0 && (cost > 0 || under > 0)) tone = "bad";
  }
  return {{"text", text}, {"tone", tone}};
}

// "100%/15s or 4 pods/15s" of rates, and what is written of anything else.
std::string Text(const std::string& choice) {
  const Json value = Json::parse(choice);
  if (value.is_string()) return value;
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& rate : value) {
    if (!text.empty()) text += " or ";
    text +=
        fmt::format("{}{}/{}s", rate["value"].get<int>(), rate["type"] == "Percent" ? "%" : " pods",
                    rate["periodSeconds"].get<int>());
  }
  return text;
}

// A circle of the scatter.
Json Circle(const std::string& name, const Scores& scores, bool mark) {
  return {{"name", name},
          {"x", scores.replica_hours},
          {"y", scores.under_provisioned_time_share * kPercent},
          {"size", PerDay(scores.changes, scores)},
          {"mark", mark}};
}

Json Circles(const char* title, Json points) {
  return {{"title", title},
          {"x", "replica-hours"},
          {"y", "% of the time short"},
          {"size", "changes a day"},
          {"points", std::move(points)}};
}

// Of a few runs that are all named; one alone is not compared with anything.
void AddScatter(const std::vector<const PolicyRun*>& runs, Json& page) {
  if (runs.size() < 2) return;
  Json points = Json::array();
  for (const PolicyRun* run : runs)
    points.push_back(Circle(run->name, run->scores, true));
  page["scatter"] = Circles("Cost against time short", std::move(points));
}

Json Scatter(const TuneResult& result, const SearchSpace& space) {
  constexpr std::size_t kMost = 150;
  Json points = Json::array();
  const std::size_t every = result.front.size() / kMost + 1;
  for (std::size_t i = 0; i < result.front.size(); i += every) {
    const Tried& tried = result.front[i];
    Json point = Circle(fmt::format("policy {}", i + 1), tried.scores.plain, false);
    std::string detail;
    for (std::size_t knob = 0; knob < tried.point.size(); ++knob) {
      const SearchSpace::Knob& is = space.knobs()[knob];
      detail += fmt::format("{} {}; ", is.name.substr(5), Text(is.choices[tried.point[knob]]));
    }
    point["detail"] = detail;
    points.push_back(std::move(point));
  }
  points.push_back(Circle("hpa-default", result.hpa.search.plain, true));
  points.push_back(Circle("current", result.current.search.plain, true));
  if (result.chosen) points.push_back(Circle("tuned", result.chosen->search.plain, true));
  return Circles("Cost against time short, where it was searched", std::move(points));
}

Json Sensitivities(const TuneResult& result) {
  Json list = Json::array();
  for (const Sensitivity& one : result.sensitivity) {
    const Scores& chosen = result.chosen->search.plain;
    Json entry = {{"setting", one.name}, {"chosen", Text(one.chosen)}};
    for (const auto& [name, side] :
         {std::pair("lower", &one.lower), std::pair("higher", &one.higher)}) {
      if (!*side) continue;
      const Scores& scores = (*side)->scores;
      entry[name] = {
          {"value", Text((*side)->choice)},
          {"cost", (scores.replica_hours / chosen.replica_hours - 1) * kPercent},
          {"under",
           (scores.under_provisioned_time_share - chosen.under_provisioned_time_share) * kPercent}};
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json PlanVerdict(const Plan& plan) {
  const PastFigures& after = plan.past->after;
  std::string text = fmt::format(
      "{} as planned would have used {:.1f} replica-hours, been under capacity for {:.1f} min and "
      "changed its size {} times.",
      plan.object, after.replica_hours, after.short_seconds / kMinute, after.changes);
  if (plan.past->before) {
    const PastFigures& before = *plan.past->before;
    text += fmt::format(" As it is: {:.1f} replica-hours, {:.1f} min, {} times.",
                        before.replica_hours, before.short_seconds / kMinute, before.changes);
  }
  for (const std::string& warning : plan.warnings)
    text += fmt::format(" Warning: {}.", warning);
  const bool is_better = plan.past->before && plan.warnings.empty();
  return {{"text", text}, {"tone", plan.warnings.empty() ? is_better ? "good" : "" : "bad"}};
}

Json PlanFigures(const PastEffect& past) {
  Json columns = Json::array();
  for (const auto& [label, digits] :
       {std::pair("replica-hours", 1), std::pair("under capacity, min", 1),
        std::pair("worst minute, %", 1), std::pair("changes", 0),
        std::pair("reversals < 5 min", 0)})
    columns.push_back({{"label", label}, {"digits", digits}});
  Json rows = Json::array();
  const auto row = [&rows](const char* name, const PastFigures& figures) {
    rows.push_back(
        {{"name", name},
         {"values",
          {figures.replica_hours, figures.short_seconds / kMinute,
           figures.worst_minute_share * kPercent, figures.changes, figures.quick_reversals}}});
  };
  if (past.before) row("now", *past.before);
  row("planned", past.after);
  const std::string caption = fmt::format("From {} until {}; the best of each column is marked",
                                          FormatRfc3339(past.from), FormatRfc3339(past.until));
  return {{"title", "Figures"}, {"caption", caption}, {"columns", columns}, {"rows", rows}};
}

std::string FitText(const Reconstruction& demand) {
  return demand.fit_error ? fmt::format("the model's replicas are {:.1f} % off those recorded",
                                        *demand.fit_error * kPercent)
                          : "how well the model fits is unknown, since the recording has no pods";
}

// Says first how far it can be believed.
Json ReplayVerdict(const ClosedLoop& loop, const Scores& real, const Scores& own) {
  const Reconstruction& demand = loop.demand;
  constexpr double kBadFit = 0.2;
  const bool fits = !demand.fit_error || *demand.fit_error <= kBadFit;
  std::string text = fmt::format(
      "Closed loop: on the demand that is found in {}, {} as it was in the end would have used "
      "{:.1f} replica-hours, been short for {:.3f} % of the time and changed its size {} times. "
      "Recorded: {:.1f} replica-hours, {:.3f} %, {} times. ",
      demand.metric, WorkloadName(loop.spec), own.replica_hours,
      own.under_provisioned_time_share * kPercent, own.changes, real.replica_hours,
      real.under_provisioned_time_share * kPercent, real.changes);
  text += fits ? "Of the replicas: " : "But the model fits badly: ";
  text += FitText(demand) + ".";
  if (demand.saturated > 0) {
    text +=
        fmt::format(" In {} of {} moments the pods were saturated: more may have been demanded.",
                    demand.saturated, demand.moments);
  }
  const double cost = own.replica_hours - real.replica_hours;
  const double under = own.under_provisioned_time_share - real.under_provisioned_time_share;
  std::string tone;
  if (fits && cost <= 0 && under <= 0) tone = "good";
  if (!fits || (cost >= 0 && under >= 0 && (cost > 0 || under > 0))) tone = "bad";
  return {{"text", text}, {"tone", tone}};
}

}  // namespace

std::string ClosedLoopPage(const ClosedLoop& loop, const std::string& recording,
                           const std::vector<PolicyRun>& runs) {
  const Reconstruction& demand = loop.demand;
  const PolicyRun recorded = RecordedRun(loop);
  std::vector<const PolicyRun*> all = {&recorded};
  for (const PolicyRun& run : runs)
    all.push_back(&run);
  Json page = {{"title", "Replay of " + WorkloadName(loop.spec)},
               {"verdict", ReplayVerdict(loop, recorded.scores, runs.front().scores)},
               {"facts", Facts(fmt::format("found in {} of {}", demand.metric, recording),
                               demand.trace.seconds(), demand.trace.peak(), loop.options)}};
  page["facts"]["Fit"] = FitText(demand);
  page["facts"]["Known"] =
      fmt::format("in {} of {} moments, the longest gap {}", demand.moments - demand.unknown,
                  demand.moments, FormatDuration(demand.longest_gap));
  if (!loop.notes.empty()) page["facts"]["Notes"] = fmt::format("{}", fmt::join(loop.notes, "; "));
  Json figures = Figures("Figures", "Over the whole recording; the best of each column is marked");
  Json log = Json::array();
  for (const PolicyRun* run : all)
    AddRow(run->name, run->scores, figures);
  page["figures"] = Json::array({figures});
  AddScatter(all, page);
  AddRuns(Situation(demand.trace, loop.options), all, demand.start, page);
  page["runs"]["title"] = "Recorded against decided";
  AddLog(runs.front(), demand.start, log);
  AddLog(recorded, demand.start, log);
  page["log"] = std::move(log);
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string SimulatePage(const SimulateReport& report, const Trace& trace, Timestamp start) {
  Json page = {
      {"title", "Simulation of " + report.runs.front().name},
      {"verdict", SimulateVerdict(report.runs)},
      {"facts", Facts(report.trace, report.trace_seconds, report.trace_peak, report.options)}};
  Json figures = Figures("Figures", "Over the whole demand; the best of each column is marked");
  Json log = Json::array();
  std::vector<const PolicyRun*> runs;
  for (const PolicyRun& run : report.runs) {
    AddRow(run.name, run.scores, figures);
    runs.push_back(&run);
  }
  AddLog(report.runs.front(), start, log);
  page["figures"] = Json::array({figures});
  AddScatter(runs, page);
  AddRuns(Situation(trace, report.options), runs, start, page);
  page["log"] = std::move(log);
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TunePage(const TuneReport& report, const SearchSpace& space) {
  const TuneResult& result = report.result;
  const TuneDemand& demand = report.demand;
  Json page = {
      {"title", "Tuning of " + report.spec},
      {"verdict", {{"text", TuneVerdict(report)}, {"tone", result.better ? "good" : "bad"}}},
      {"facts", Facts(demand.name, demand.trace.seconds(), demand.trace.peak(), report.run)}};
  AddNotes(demand.notes, page);
  page["facts"].push_back({"Objective", report.objective.text});
  page["facts"].push_back(
      {"Searched", fmt::format("{} policies, seed {}", result.tried.size(), report.seed)});
  Json aside = Figures("On days kept aside", "The end of the demand, on which nothing was chosen");
  Json search = Figures("Where it was searched", "The part of the demand before");
  std::vector<const PolicyRun*> runs;
  for (const TunedPolicy* policy :
       {&result.hpa, &result.current, result.chosen ? &*result.chosen : nullptr}) {
    if (policy == nullptr) continue;
    AddRow(policy->name, policy->aside.scores, aside);
    AddRow(policy->name, policy->search.plain, search);
    runs.push_back(&policy->aside);
  }
  page["figures"] = Json::array({aside, search});
  page["scatter"] = Scatter(result, space);
  const Timestamp start =
      demand.start + std::chrono::duration_cast<Duration>(
                         std::chrono::duration<double>(result.split.search_until));
  AddRuns(*result.aside, runs, start, page);
  page["runs"]["title"] = "Demand and capacity on the days kept aside";
  if (result.chosen) page["sensitivity"] = Sensitivities(result);
  Json log = Json::array();
  AddLog(*runs.back(), start, log);
  page["log"] = std::move(log);
  page["patch"] = report.patch;
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string PlanPage(const Plan& plan, const PlanDemand& demand) {
  const PastEffect& past = *plan.past;
  Json page = {
      {"title", "Plan of " + plan.object},
      {"verdict", PlanVerdict(plan)},
      {"facts", Facts(demand.source, demand.trace.seconds(), demand.trace.peak(), demand.options)}};
  for (const FieldChange& field : plan.fields) {
    page["facts"][field.path] =
        fmt::format("{} -> {}", field.before.empty() ? "absent" : field.before,
                    field.after.empty() ? "absent" : field.after);
  }
  AddNotes(plan.notes, page);
  page["figures"] = Json::array({PlanFigures(past)});
  std::vector<const PolicyRun*> runs;
  for (const PolicyRun& run : past.runs)
    runs.push_back(&run);
  AddScatter(runs, page);
  AddRuns(Situation(demand.trace, demand.options), runs, demand.start, page);
  Json log = Json::array();
  AddLog(*runs.back(), demand.start, log);
  page["log"] = std::move(log);
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hpaplus::rehearse
