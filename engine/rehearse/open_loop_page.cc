#include "engine/rehearse/open_loop_page.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/rehearse/decision_words.h"
#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {
namespace {

constexpr std::size_t kObjectsMost = 200;  // Whose sizes are kept.

Json Verdict(const record::OpenLoop& result) {
  if (result.verified()) {
    return {{"text", fmt::format("Open loop: all {} decisions, made again from exactly what they "
                                 "were made from, came out the same, byte for byte.",
                                 result.decisions)},
            {"tone", "good"}};
  }
  std::string text = fmt::format(
      "Open loop: of {} decisions, made again from exactly what they were "
      "made from, {} came out the same and {} differently.",
      result.decisions, result.same, result.different());
  if (result.first_difference) {
    text += fmt::format(" The first: {}, {}: {}.", FormatRfc3339(result.first_difference->at, true),
                        result.first_difference->object, result.first_difference->what);
  }
  if (result.undecidable > 0) {
    text += fmt::format(" {} could not be made again: their memory is not in the recording.",
                        result.undecidable);
  }
  if (!result.damage.empty()) text += " Part of the recording cannot be read.";
  return {{"text", text}, {"tone", "bad"}};
}

Json Facts(const record::OpenLoop& result, const std::string& recording) {
  Json facts = {
      {"Recording",
       fmt::format("{}, by {}", recording, result.writer.empty() ? "nobody" : result.writer)},
      {"Kind",
       "open loop: whether this program decides as that one did. It does not show what another "
       "policy would have led to, since what was measured then came of the sizes then"},
      {"Digest", fmt::format("{:016x}, of all decisions made now", result.digest)},
      {"Written", fmt::format("{} sizes", result.writes)}};
  if (result.from) {
    facts["Time"] = fmt::format("{} until {}", FormatRfc3339(*result.from, true),
                                FormatRfc3339(result.until, true));
  }
  if (result.lost > 0) facts["Not recorded"] = fmt::format("{} decisions", result.lost);
  if (!result.damage.empty()) facts["Damage"] = fmt::format("{}", fmt::join(result.damage, "; "));
  if (!result.notes.empty()) facts["Notes"] = fmt::format("{}", fmt::join(result.notes, "; "));
  return facts;
}

Json Figures(const record::OpenLoop& result) {
  Json columns = Json::array();
  for (const char* const label :
       {"decisions", "for another size", "held, unknown", "least replicas", "most replicas"})
    columns.push_back({{"label", label}, {"digits", 0}, {"marked", false}});
  Json rows = Json::array();
  for (const auto& [name, object] : result.objects) {
    rows.push_back(
        {{"name", name},
         {"values",
          {object.decisions, object.changes, object.unknown, object.least, object.most}}});
  }
  return {{"title", "Objects"},
          {"caption", "What was decided again, by object"},
          {"first", "object"},
          {"columns", columns},
          {"rows", rows}};
}

}  // namespace

void OpenLoopPage::Sizes::Add(Timestamp at, Point point) {
  if (points.empty()) start = at;
  if (at < start) return;  // Another writer's, from before.
  auto index = static_cast<std::size_t>((at - start) / step);
  while (index >= kPointsMost) {
    for (std::size_t i = 0; i < points.size(); i += 2)
      points[i / 2] = points[std::min(i + 1, points.size() - 1)];
    points.resize((points.size() + 1) / 2);
    step *= 2;
    index = static_cast<std::size_t>((at - start) / step);
  }
  // Until then it was as it was before.
  if (points.size() <= index) points.resize(index + 1, points.empty() ? point : points.back());
  points[index] = point;
}

void OpenLoopPage::Take(const Round& round, const record::Redecision& again) {
  const WorkloadSpec& spec = *round.view->spec;
  const std::string name = WorkloadName(spec);
  const Decision& decision = again.history ? again.decision : round.decided;
  if (sizes_.size() < kObjectsMost || sizes_.contains(name)) {
    Sizes& sizes = sizes_[name];
    sizes.Add(round.at, {decision.current, decision.desired});
    if (decision.changes_scale()) ++sizes.changes;
  }
  if (!decision.changes_scale()) return;
  ++changes_;
  if (log_.size() >= kLogMost) return;
  const LastWord word = LastWordOf(decision);
  log_.push_back({round.at, name, decision.current, decision.desired,
                  std::string(StageName(word.stage)), std::string(ReasonName(word.reason)),
                  ExplainSize(decision, spec)});
}

std::string OpenLoopPage::Page(const record::OpenLoop& result, const std::string& recording) const {
  Json page = {{"title", "Replay of " + recording},
               {"verdict", Verdict(result)},
               {"facts", Facts(result, recording)},
               {"figures", Json::array({Figures(result)})}};
  const auto busiest =
      std::ranges::max_element(sizes_, {}, [](const auto& one) { return one.second.changes; });
  if (busiest != sizes_.end()) {
    const auto& [name, sizes] = *busiest;
    Json real = Json::array();
    Json decided = Json::array();
    for (const Sizes::Point& point : sizes.points) {
      real.push_back(point.real);
      decided.push_back(point.decided);
    }
    page["runs"] = {
        {"title", "Recorded against decided: " + name},
        {"hint",
         fmt::format("One point is {}: the size that {} had, and the one that is decided for "
                     "it now.",
                     FormatDuration(sizes.step), name)},
        {"start", ToSeconds(sizes.start.time_since_epoch())},
        {"step", ToSeconds(sizes.step)},
        {"policies",
         {{{"name", "recorded"}, {"ready", real}}, {{"name", "decided"}, {"ready", decided}}}}};
  }
  Json log = Json::array();
  for (const Entry& entry : log_) {
    log.push_back({{"t", ToSeconds(entry.at.time_since_epoch())},
                   {"policy", entry.object},
                   {"from", entry.from},
                   {"to", entry.to},
                   {"stage", entry.stage},
                   {"reason", entry.reason},
                   {"why", entry.why}});
  }
  if (changes_ > log_.size()) {
    page["facts"]["Log"] =
        fmt::format("the first {} of {} decisions for another size", log_.size(), changes_);
  }
  page["who"] = "object";
  page["log"] = std::move(log);
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hpaplus::rehearse
