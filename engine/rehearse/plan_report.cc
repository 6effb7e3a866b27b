#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/rehearse/plan.h"
#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {
namespace {

using Kind = FieldChange::Kind;

constexpr double kPercent = 100;
constexpr double kMinute = 60;

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kAdded:
      return "added";
    case Kind::kRemoved:
      return "removed";
    case Kind::kChanged:
      return "changed";
  }
  return "";
}

Json ValueOf(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json::parse(text, nullptr, false);
}

Json FieldsJson(const Plan& plan) {
  Json list = Json::array();
  for (const FieldChange& field : plan.fields) {
    list.push_back({{"path", field.path},
                    {"change", KindName(field.kind)},
                    {"before", ValueOf(field.before)},
                    {"after", ValueOf(field.after)}});
  }
  return list;
}

Json NowJson(const NowEffect& now) {
  return {{"at", FormatRfc3339(now.at, true)},
          {"current", now.current},
          {"before", now.before},
          {"after", now.after},
          {"known", now.known},
          {"acts", now.acts},
          {"unmeasured", now.unmeasured}};
}

Json FiguresJson(const PastFigures& figures, Timestamp start) {
  const auto worst = start + std::chrono::duration_cast<Duration>(
                                 std::chrono::duration<double>(figures.worst_minute_seconds));
  const bool is_short = figures.worst_minute_share > 0;
  return {{"replica_hours", figures.replica_hours},
          {"under_provisioned_minutes", figures.short_seconds / kMinute},
          {"worst_minute", figures.worst_minute_share},
          {"worst_minute_at", is_short ? Json(FormatRfc3339(worst)) : Json(nullptr)},
          {"changes", figures.changes},
          {"quick_reversals", figures.quick_reversals}};
}

Json PastJson(const PastEffect& past) {
  Json json = {{"loop", "closed"},
               {"from", FormatRfc3339(past.from)},
               {"until", FormatRfc3339(past.until)},
               {"plant", PlantJson(past.options)}};
  json["before"] = past.before ? FiguresJson(*past.before, past.start) : Json(nullptr);
  json["after"] = FiguresJson(past.after, past.start);
  return json;
}

// "+12.3 %"; of nothing there is no share.
std::string ShareText(double before, double after) {
  if (before == after) return "same";
  if (before == 0) return fmt::format("{:+g}", after);
  return fmt::format("{:+.1f} %", (after / before - 1) * kPercent);
}

std::string Row(std::string_view what, const std::string& before, const std::string& after,
                const std::string& change) {
  return fmt::format("  {:<19}{:>10}{:>11}   {}\n", what, before, after, change);
}

std::string CountRow(std::string_view what, std::int64_t before, std::int64_t after) {
  const std::string share = ShareText(static_cast<double>(before), static_cast<double>(after));
  return Row(what, fmt::format("{}", before), fmt::format("{}", after),
             share + (after > before ? "   !" : ""));
}

std::string Rows(const PastFigures& before, const PastFigures& after) {
  const auto minutes = [](double seconds) { return fmt::format("{:.1f} min", seconds / kMinute); };
  const auto share = [](double part) { return fmt::format("{:.1f} %", part * kPercent); };
  const double more = (after.short_seconds - before.short_seconds) / kMinute;
  const double deeper = (after.worst_minute_share - before.worst_minute_share) * kPercent;
  std::string out = Row("", "now", "planned", "change");
  out += Row("replica-hours", fmt::format("{:.1f}", before.replica_hours),
             fmt::format("{:.1f}", after.replica_hours),
             ShareText(before.replica_hours, after.replica_hours) +
                 (after.replica_hours > before.replica_hours ? "   !" : ""));
  out += Row("under capacity", minutes(before.short_seconds), minutes(after.short_seconds),
             more == 0 ? "same" : fmt::format("{:+.1f} min{}", more, more > 0 ? "   !" : ""));
  out +=
      Row("worst minute lacks", share(before.worst_minute_share), share(after.worst_minute_share),
          deeper == 0 ? "same" : fmt::format("{:+.1f} points{}", deeper, deeper > 0 ? "   !" : ""));
  out += CountRow("changes", before.changes, after.changes);
  out += CountRow("reversals < 5 min", before.quick_reversals, after.quick_reversals);
  return out;
}

std::string PlannedRows(const PastFigures& after) {
  return fmt::format(
      "  replica-hours      {:>10.1f}\n  under capacity     {:>6.1f} min\n"
      "  worst minute lacks {:>8.1f} %\n  changes            {:>10}\n"
      "  reversals < 5 min  {:>10}\n",
      after.replica_hours, after.short_seconds / kMinute, after.worst_minute_share * kPercent,
      after.changes, after.quick_reversals);
}

std::string FieldsText(const Plan& plan) {
  std::size_t width = 0;
  for (const FieldChange& field : plan.fields)
    width = std::max(width, field.path.size());
  std::string out;
  for (const FieldChange& field : plan.fields) {
    const char sign = field.kind == Kind::kAdded ? '+' : field.kind == Kind::kRemoved ? '-' : '~';
    std::string value = field.before + field.after;
    if (field.kind == Kind::kChanged) value = field.before + " -> " + field.after;
    out += fmt::format("  {} {:<{}}   {}\n", sign, field.path, width, value);
  }
  return out;
}

std::string NowText(const NowEffect& now) {
  std::string said = "no immediate change";
  if (!now.known) said = "held: too much is unknown";
  if (now.after != now.before) said = fmt::format("the object that is there: {}", now.before);
  if (now.after != now.current && !now.acts) said += "; decided, but not written";
  return fmt::format("\nEffect at the last decision, {}\n  {} -> {}   {}\n", FormatRfc3339(now.at),
                     now.current, now.after, said);
}

std::string PastText(const PastEffect& past) {
  return fmt::format(
      "\nOver {}, {} .. {}; closed loop, {:g} per replica, {} until one serves\n{}",
      FormatDuration(std::chrono::duration_cast<std::chrono::seconds>(past.until - past.from)),
      FormatRfc3339(past.from), FormatRfc3339(past.until), past.options.plant.capacity_per_replica,
      FormatDuration(past.options.plant.startup),
      past.before ? Rows(*past.before, past.after) : PlannedRows(past.after));
}

}  // namespace

std::string PlanJson(const Plan& plan) {
  const char* action = "update";
  if (!plan.has_changes()) action = "none";
  if (plan.is_new()) action = "create";
  const Json json = {{"schema", "hpaplus.io/plan/v1"},
                     {"object", plan.object},
                     {"file", plan.file},
                     {"against", plan.is_new() ? Json(nullptr) : Json(plan.against)},
                     {"action", action},
                     {"means_the_same", plan.means_the_same},
                     {"fields", FieldsJson(plan)},
                     {"now", plan.now ? NowJson(*plan.now) : Json(nullptr)},
                     {"past", plan.past ? PastJson(*plan.past) : Json(nullptr)},
                     {"warnings", plan.warnings},
                     {"notes", plan.notes}};
  return Dump(json);
}

std::string PlanTable(const Plan& plan) {
  std::string out;
  if (plan.is_new()) {
    out = fmt::format("+ {} (HPAPlus), a new object\n", plan.object);
  } else if (plan.fields.empty()) {
    out = fmt::format("  {} (HPAPlus), as it is in {}\n", plan.object, plan.against);
  } else {
    out = fmt::format("~ {} (HPAPlus), against {}\n", plan.object, plan.against);
    out += FieldsText(plan);
    if (plan.means_the_same) out += "  which means the same: it decides alike\n";
  }
  if (plan.now) out += NowText(*plan.now);
  if (plan.past) out += PastText(*plan.past);
  if (!plan.warnings.empty()) out += "\n";
  for (const std::string& warning : plan.warnings)
    out += "! " + warning + "\n";
  if (!plan.notes.empty()) out += "\n";
  for (const std::string& note : plan.notes)
    out += "note: " + note + "\n";
  const char* verdict = "\nNothing to change.\n";
  if (plan.has_changes()) verdict = plan.is_new() ? "\n1 to create.\n" : "\n1 to change.\n";
  return out + verdict;
}

}  // namespace hpaplus::rehearse
