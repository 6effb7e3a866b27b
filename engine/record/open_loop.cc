#include "engine/record/open_loop.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/base/hash.h"
#include "engine/record/codec.h"
#include "engine/record/recording.h"

namespace hpaplus::record {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNotesMost = 100;  // Damage and notes that are kept.

void Note(std::string text, std::vector<std::string>& notes) {
  if (notes.size() < kNotesMost) notes.push_back(std::move(text));
}

void Count(const Round& round, ReplayedObject& object) {
  const Decision& decision = round.admitted ? *round.admitted : round.decided;
  if (object.decisions == 0) object.least = object.most = decision.desired;
  ++object.decisions;
  if (decision.changes_scale()) ++object.changes;
  if (!decision.known) ++object.unknown;
  object.least = std::min(object.least, decision.desired);
  object.most = std::max(object.most, decision.desired);
}

void Count(const Round& round, const Redecision& again, OpenLoop& result) {
  const std::string name = WorkloadName(*round.view->spec);
  if (!result.from) result.from = round.at;
  result.until = round.at;
  ++result.decisions;
  Count(round, result.objects[name]);
  if (!again.history) {
    ++result.undecidable;
    return;
  }
  // Of the digest so far and this decision, so that the order counts.
  const std::string packed = PackDecision(again.decision);
  result.digest = Fnv1a(fmt::format("{:016x}", result.digest) + packed);
  if (again.same) {
    ++result.same;
  } else if (!result.first_difference) {
    result.first_difference = {round.at, name, again.difference};
  }
}

std::string TimeOrNull(const std::optional<Timestamp>& at) {
  return at ? FormatRfc3339(*at, true) : std::string();
}

Json ObjectsJson(const OpenLoop& result) {
  Json list = Json::array();
  for (const auto& [name, object] : result.objects) {
    list.push_back({{"object", name},
                    {"decisions", object.decisions},
                    {"changes", object.changes},
                    {"held_unknown", object.unknown},
                    {"replicas_least", object.least},
                    {"replicas_most", object.most}});
  }
  return list;
}

Json DifferenceJson(const OpenLoop& result) {
  if (!result.first_difference) return nullptr;
  return {{"at", FormatRfc3339(result.first_difference->at, true)},
          {"object", result.first_difference->object},
          {"what", result.first_difference->what}};
}

Json NumberJson(double number) {
  return std::isfinite(number) ? Json(number) : Json(std::to_string(number));
}

}  // namespace

Result<OpenLoop> ReplayOpen(const std::filesystem::path& recording, const PolicyFactory& policies,
                            const OpenLoopOptions& options) {
  Result<RecordingReader> reader = RecordingReader::Open(recording);
  if (!reader) return reader.error();
  Redecider redecider(policies);
  OpenLoop result;
  for (;;) {
    const Result<std::optional<Entry>> entry = reader->Next();
    if (!entry) {
      Note(entry.error().message, result.damage);
      continue;
    }
    if (!*entry) break;
    const Entry& one = **entry;
    if (one.kind == EntryKind::kHead) result.writer = one.head.writer;
    if (one.kind == EntryKind::kLost) result.lost += one.lost;
    if (one.kind == EntryKind::kWrite && one.write.written) ++result.writes;
    const std::optional<Redecision> again = redecider.Take(one);
    if (!again) continue;
    const bool asked =
        options.object.empty() || options.object == WorkloadName(*one.round->view->spec);
    if (!asked) continue;
    Count(*one.round, *again, result);
    if (options.on_decision) options.on_decision(*one.round, *again);
    if (options.until_first_difference && !again->same) break;
  }
  for (const std::string& note : reader->notes())
    Note(note, result.notes);
  return result;
}

std::string OpenLoopJson(const OpenLoop& result, const std::string& recording) {
  const Json json = {{"schema", "hpaplus.io/replay/v1"},
                     {"loop", "open"},
                     {"recording", recording},
                     {"writer", result.writer},
                     {"from", TimeOrNull(result.from)},
                     {"until", result.from ? FormatRfc3339(result.until, true) : ""},
                     {"decisions", result.decisions},
                     {"same", result.same},
                     {"different", result.different()},
                     {"undecidable", result.undecidable},
                     {"lost", result.lost},
                     {"writes", result.writes},
                     {"verified", result.verified()},
                     {"digest", fmt::format("{:016x}", result.digest)},
                     {"first_difference", DifferenceJson(result)},
                     {"objects", ObjectsJson(result)},
                     {"damage", result.damage},
                     {"notes", result.notes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string OpenLoopTable(const OpenLoop& result, const std::string& recording) {
  std::string out = fmt::format("{}: {} decisions by {}", recording, result.decisions,
                                result.writer.empty() ? "nobody" : result.writer);
  if (result.from) {
    out += fmt::format(", {} .. {}", FormatRfc3339(*result.from), FormatRfc3339(result.until));
  }
  out += "\nopen loop: each decided again from what it was made from\n\n";
  std::size_t width = 6;
  for (const auto& [name, object] : result.objects)
    width = std::max(width, name.size());
  out += fmt::format("{:<{}} {:>10} {:>8} {:>8} {:>12}\n", "object", width, "decisions", "changes",
                     "unknown", "replicas");
  for (const auto& [name, object] : result.objects) {
    out += fmt::format("{:<{}} {:>10} {:>8} {:>8} {:>12}\n", name, width, object.decisions,
                       object.changes, object.unknown,
                       fmt::format("{}..{}", object.least, object.most));
  }
  out += fmt::format("\n{} the same byte for byte, {} different", result.same, result.different());
  if (result.undecidable > 0) out += fmt::format(", {} without memory", result.undecidable);
  if (result.lost > 0) out += fmt::format("; {} were not recorded", result.lost);
  out += fmt::format("; digest {:016x}\n", result.digest);
  if (result.first_difference) {
    out += fmt::format("first difference: {} {}: {}\n",
                       FormatRfc3339(result.first_difference->at, true),
                       result.first_difference->object, result.first_difference->what);
  }
  return out;
}

std::string DecisionLine(const Round& round, const Redecision& again) {
  Json steps = Json::array();
  const Decision& decision = again.history ? again.decision : round.decided;
  for (const DecisionStep& step : decision.steps) {
    steps.push_back({{"stage", StageName(step.stage)},
                     {"before", step.before},
                     {"after", step.after},
                     {"reason", ReasonName(step.reason)},
                     {"evidence", NumberJson(step.evidence)},
                     {"index", step.index}});
  }
  const Json json = {{"at", FormatRfc3339(round.at, true)},
                     {"namespace", round.view->spec->ns},
                     {"name", round.view->spec->name},
                     {"current", decision.current},
                     {"recommended", decision.recommended},
                     {"desired", decision.desired},
                     {"known", decision.known},
                     {"same", again.history && again.same},
                     {"steps", std::move(steps)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hpaplus::record
