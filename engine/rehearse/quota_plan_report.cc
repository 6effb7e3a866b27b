#include <algorithm>

#include <fmt/format.h>

#include "engine/rehearse/quota_plan.h"
#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {
namespace {

constexpr std::string_view kUnlimited = "-";

std::string Text(const std::string& resource, std::optional<Amount> amount) {
  return amount ? QuantityOf(resource, *amount).ToString() : std::string(kUnlimited);
}

double Number(const std::string& resource, std::optional<Amount> amount) {
  return amount ? QuantityOf(resource, *amount).AsDouble() : 0;
}

Json OrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json AmountJson(const std::string& resource, std::optional<Amount> amount) {
  return amount ? Json(Text(resource, amount)) : Json(nullptr);
}

// "+4", "-500m", "same"; where there was or will be no limit, that.
std::string GainText(const QuotaChange& one) {
  if (!one.changes()) return "same";
  if (!one.before || !one.after) return one.after ? "limited" : "unlimited";
  const Amount gain = one.gain();
  const std::string amount = QuantityOf(one.resource, std::abs(gain)).ToString();
  return (gain < 0 ? "-" : "+") + amount;
}

char SignOf(const FieldChange& field) {
  switch (field.kind) {
    case FieldChange::Kind::kAdded:
      return '+';
    case FieldChange::Kind::kRemoved:
      return '-';
    case FieldChange::Kind::kChanged:
      break;
  }
  return '~';
}

const char* KindName(const FieldChange& field) {
  switch (field.kind) {
    case FieldChange::Kind::kAdded:
      return "added";
    case FieldChange::Kind::kRemoved:
      return "removed";
    case FieldChange::Kind::kChanged:
      break;
  }
  return "changed";
}

std::string ObjectsText(const QuotaPlan& plan) {
  std::string out;
  for (const QuotaObjectChange& object : plan.objects) {
    out += fmt::format("{} {}\n", object.is_new ? '+' : '~', object.object);
    for (const FieldChange& field : object.fields) {
      const std::string value = field.kind == FieldChange::Kind::kChanged
                                    ? field.before + " -> " + field.after
                                    : field.before + field.after;
      out += fmt::format("  {} {}   {}\n", SignOf(field), field.path, value);
    }
  }
  return out;
}

std::string ChangesText(const QuotaPlan& plan) {
  std::string out =
      fmt::format("\n{:<30} {:<20} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "quota", "resource",
                  "now", "as it is", "planned", "change", "wanted", "takes");
  for (const QuotaChange& one : plan.changes) {
    const bool loses = one.changes() && one.gain() < 0;
    out += fmt::format("{:<30} {:<20} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}{}{}\n", one.quota,
                       one.resource, Text(one.resource, one.now), Text(one.resource, one.before),
                       Text(one.resource, one.after), GainText(one), Text(one.resource, one.wanted),
                       one.takes == Duration::zero() ? "-" : FormatDuration(one.takes),
                       one.why.empty() ? "" : "  " + one.why, loses ? "   !" : "");
  }
  return out;
}

std::string WaitingText(const QuotaPlan& plan) {
  if (plan.waiting.empty()) return "";
  std::string out = fmt::format("\n{:<30} {:>6} {:>6} {:>9} {:>9}  {}\n", "pods that would wait",
                                "there", "wanted", "as it is", "planned", "for");
  for (const WaitingPods& one : plan.waiting) {
    out += fmt::format("{:<30} {:>6} {:>6} {:>9} {:>9}  {} of {}{}\n", one.workload, one.pods,
                       one.wants, one.before, one.after, one.resource, one.quota,
                       one.after > one.before ? "   !" : "");
  }
  return out;
}

struct Counts {
  std::ptrdiff_t created = 0;
  std::ptrdiff_t gain = 0;
  std::ptrdiff_t lose = 0;
};

Counts CountsOf(const QuotaPlan& plan) {
  const auto with = [&plan](int sign) {
    return std::ranges::count_if(plan.changes, [sign](const QuotaChange& one) {
      return one.changes() && (sign > 0 ? one.gain() > 0 : one.gain() < 0);
    });
  };
  return {std::ranges::count_if(plan.objects, &QuotaObjectChange::is_new), with(1), with(-1)};
}

Json ObjectsJson(const QuotaPlan& plan) {
  Json list = Json::array();
  for (const QuotaObjectChange& object : plan.objects) {
    Json fields = Json::array();
    for (const FieldChange& field : object.fields) {
      const auto value = [](const std::string& text) {
        return text.empty() ? Json(nullptr) : Json::parse(text, nullptr, false);
      };
      fields.push_back({{"path", field.path},
                        {"change", KindName(field)},
                        {"before", value(field.before)},
                        {"after", value(field.after)}});
    }
    list.push_back({{"object", object.object},
                    {"action", object.is_new ? "create" : "update"},
                    {"fields", fields}});
  }
  return list;
}

Json Figures(const std::string& title, std::string caption, std::vector<std::string> columns) {
  Json figures = {{"title", title}, {"caption", std::move(caption)}, {"rows", Json::array()}};
  for (const std::string& column : columns)
    figures["columns"].push_back({{"label", column}, {"digits", 3}, {"marked", false}});
  return figures;
}

}  // namespace

std::string QuotaPlanJson(const QuotaPlan& plan) {
  Json json = {{"schema", "hpaplus.io/quota-plan/v1"},
               {"files", plan.files},
               {"against", plan.against},
               {"action", plan.has_changes() ? "update" : "none"},
               {"objects", ObjectsJson(plan)},
               {"quotas", Json::array()},
               {"waiting", Json::array()}};
  for (const QuotaChange& one : plan.changes) {
    json["quotas"].push_back({{"quota", one.quota},
                              {"resource", one.resource},
                              {"now", AmountJson(one.resource, one.now)},
                              {"before", AmountJson(one.resource, one.before)},
                              {"after", AmountJson(one.resource, one.after)},
                              {"wanted", AmountJson(one.resource, one.wanted)},
                              {"takes_seconds", ToSeconds(one.takes)},
                              {"why", OrNull(one.why)}});
  }
  for (const WaitingPods& one : plan.waiting) {
    json["waiting"].push_back({{"workload", one.workload},
                               {"pods", one.pods},
                               {"wanted", one.wants},
                               {"before", one.before},
                               {"after", one.after},
                               {"quota", one.quota},
                               {"resource", one.resource}});
  }
  json["warnings"] = plan.warnings;
  json["notes"] = plan.notes;
  return Dump(json);
}

std::string QuotaPlanTable(const QuotaPlan& plan) {
  std::string out = ObjectsText(plan);
  if (!plan.changes.empty()) out += ChangesText(plan);
  out += WaitingText(plan);
  for (const std::string& warning : plan.warnings)
    out += fmt::format("{}! {}\n", &warning == &plan.warnings.front() ? "\n" : "", warning);
  for (const std::string& note : plan.notes)
    out += fmt::format("{}note: {}\n", &note == &plan.notes.front() ? "\n" : "", note);
  if (!plan.has_changes()) return out + "\nNothing to change.\n";
  const Counts counts = CountsOf(plan);
  return out + fmt::format("\n{} to create, {} to change; {} gain and {} lose quota.\n",
                           counts.created,
                           static_cast<std::ptrdiff_t>(plan.objects.size()) - counts.created,
                           counts.gain, counts.lose);
}

std::string QuotaPlanPage(const QuotaPlan& plan) {
  const Counts counts = CountsOf(plan);
  std::string verdict =
      fmt::format("{} resources of quotas gain, {} lose.", counts.gain, counts.lose);
  for (const std::string& warning : plan.warnings)
    verdict += fmt::format(" Warning: {}.", warning);
  Json page = {{"title", "Plan of quotas"},
               {"verdict", {{"text", verdict}, {"tone", plan.warnings.empty() ? "" : "bad"}}},
               {"facts",
                {{"Planned", fmt::format("{}", fmt::join(plan.files, ", "))},
                 {"Cluster", plan.against},
                 {"Kind", "the cluster stands still while quotas come to rest"}}}};
  for (const QuotaObjectChange& object : plan.objects) {
    std::string fields = object.is_new ? "new" : "";
    for (const FieldChange& field : object.fields) {
      fields += fmt::format("{}{} {} -> {}", fields.empty() ? "" : "; ", field.path,
                            field.before.empty() ? "absent" : field.before,
                            field.after.empty() ? "absent" : field.after);
    }
    page["facts"][object.object] = fields;
  }
  if (!plan.notes.empty()) page["facts"]["Notes"] = fmt::format("{}", fmt::join(plan.notes, "; "));
  Json quotas = Figures("Quotas", "In cores, bytes or pieces; 0 where nothing is limited",
                        {"now", "as it is", "planned", "wanted"});
  for (const QuotaChange& one : plan.changes) {
    const std::string why = one.why.empty() ? "" : " (" + one.why + ")";
    quotas["rows"].push_back(
        {{"name", fmt::format("{} {}{}", one.quota, one.resource, why)},
         {"values",
          {Number(one.resource, one.now), Number(one.resource, one.before),
           Number(one.resource, one.after), Number(one.resource, one.wanted)}}});
  }
  page["figures"] = Json::array({std::move(quotas)});
  if (plan.waiting.empty()) return page.dump(-1, ' ', false, Json::error_handler_t::replace);
  Json waiting = Figures("Pods that would wait", "For quota of their namespace",
                         {"there", "wanted", "waiting as it is", "waiting as planned"});
  for (const WaitingPods& one : plan.waiting) {
    waiting["rows"].push_back(
        {{"name", fmt::format("{} ({} of {})", one.workload, one.resource, one.quota)},
         {"values", {one.pods, one.wants, one.before, one.after}}});
  }
  page["figures"].push_back(std::move(waiting));
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hpaplus::rehearse
