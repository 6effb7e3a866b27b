#include <deque>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/app/commands.h"
#include "engine/app/decision_json.h"
#include "engine/app/exit_codes.h"
#include "engine/app/explain_table.h"
#include "engine/app/explainer.h"
#include "engine/app/quota_table.h"
#include "engine/base/url.h"
#include "engine/record/recording.h"
#include "engine/record/verify.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kPatience = std::chrono::seconds(10);
// How long the next decision is waited for: if it is only to say what would change it; if that is
// what was asked.
constexpr Duration kGlance = std::chrono::seconds(3);
constexpr Duration kNextDecision = std::chrono::minutes(5);
constexpr Duration kAskAgain = std::chrono::milliseconds(300);

Error Invalid(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

Result<Json> Explained(const Situation& situation, const std::string& what_if) {
  const Round& round = *situation.round;
  Json json = DecisionJson(round.admitted ? *round.admitted : round.decided, *round.view);
  if (situation.write) json["written"] = WriteText(*situation.write);
  if (!situation.history) {
    if (what_if.empty()) return json;
    return Invalid("the memory of this decision was not recorded, so it cannot be made again");
  }
  const Status added = AddAlternatives(situation, what_if, json);
  if (!added) return added.error();
  return json;
}

// The decisions asked for, oldest first.
Result<std::vector<Situation>> FindSituations(const ExplainOptions& options, std::ostream& err) {
  auto reader = record::RecordingReader::Open(options.recording);
  if (!reader) return reader.error();
  record::Redecider redecider(policies::MakeBuiltinPolicies);
  std::deque<Situation> found;
  const std::size_t most = options.at || !options.decision.empty() ? 1 : options.last;
  for (;;) {
    auto entry = reader->Next();
    if (!entry) {
      err << "hpaplus explain: " << entry.error().message << "\n";
      continue;
    }
    if (!*entry) break;
    const record::Entry& one = **entry;
    auto again = redecider.Take(one);
    if (one.kind == record::EntryKind::kWrite && !found.empty() &&
        found.back().round->id == one.workload && !found.back().write &&
        found.back().round->decided.acts) {
      found.back().write = one.write;
    }
    if (!again) continue;
    const WorkloadSpec& spec = *one.round->view->spec;
    if (WorkloadName(spec) != options.object) continue;
    if (options.at && one.at > *options.at) break;
    if (!options.decision.empty() && DecisionId(spec, one.at) != options.decision) continue;
    found.push_back({one.round, std::move(again->history), redecider.config(), {}});
    if (found.size() > most) found.pop_front();
  }
  for (const std::string& note : reader->notes())
    err << "hpaplus explain: " << note << "\n";
  if (!found.empty()) return std::vector<Situation>(found.begin(), found.end());
  return Error{ErrorCode::kNotFound,
               fmt::format("the recording has no such decision of {}", options.object)};
}

// What a running engine says of an object, below /v1/.
Result<Json> AskEngine(const std::string& url, const char* list, const std::string& object,
                       const std::string& query = "") {
  const std::size_t slash = object.find('/');
  HttpRequest request;
  request.url = fmt::format("{}/v1/{}/{}/{}{}", url, list, PercentEncode(object.substr(0, slash)),
                            PercentEncode(object.substr(slash + 1)), query);
  SystemClock clock;
  CurlClient http(clock);
  const auto answers = http.SendAll(std::span(&request, 1), clock.Now() + kPatience);
  if (!answers[0]) return answers[0].error();
  if (answers[0]->status == 404) {
    return Error{ErrorCode::kNotFound, "the engine has no object " + object};
  }
  Json json = Json::parse(answers[0]->body, nullptr, false);
  if (answers[0]->status == 400 && json.is_object() && json.contains("error")) {
    return Invalid(json["error"].dump());
  }
  if (answers[0]->status != 200 || !json.is_object()) {
    return Error{ErrorCode::kMalformedData,
                 fmt::format("{} answers with HTTP status {}", url, answers[0]->status)};
  }
  return json;
}

// "?last=3", "?at=...", "?id=...", perhaps with "&whatIf=..."
std::string QueryOf(const ExplainOptions& options) {
  std::string query = fmt::format("?last={}", options.last);
  if (options.at) query = "?at=" + PercentEncode(FormatRfc3339(*options.at, true));
  if (!options.decision.empty()) query = "?id=" + PercentEncode(options.decision);
  if (!options.what_if.empty()) query += "&whatIf=" + PercentEncode(options.what_if);
  return query;
}

Result<std::vector<Json>> AskDecisions(const ExplainOptions& options) {
  const Result<Json> json = AskEngine(options.url, "decisions", options.object, QueryOf(options));
  if (!json) return json.error();
  const auto decisions = json->find("decisions");
  if (decisions == json->end() || !decisions->is_array()) {
    return Error{ErrorCode::kMalformedData, options.url + " does not tell decisions of an object"};
  }
  if (decisions->empty()) {
    return Error{ErrorCode::kNotFound, "the engine keeps no such decision of " + options.object};
  }
  return std::vector<Json>(decisions->begin(), decisions->end());
}

// As a running engine tells it. What a decision was made from it keeps of objects that somebody
// asks for, from then on: so the newest decision is waited for, if it was not asked for before.
Result<std::vector<Json>> KeptDecisions(const ExplainOptions& options, std::ostream& err) {
  const char* const wanted = options.what_if.empty() ? "counterfactuals" : "whatIf";
  const bool is_past = options.at || !options.decision.empty();
  SystemClock clock;
  const Timestamp begun = clock.Now();
  const Duration patience = options.what_if.empty() ? kGlance : kNextDecision;
  for (bool told = false;;) {
    auto decisions = AskDecisions(options);
    if (!decisions || decisions->back().contains(wanted)) return decisions;
    if (is_past || clock.Now() - begun >= patience) {
      if (options.what_if.empty()) return decisions;
      return Error{ErrorCode::kNotFound,
                   "the engine keeps what a decision was made from only once it has been asked for "
                   "the object, as it is now; for what was before, run it with --record and name "
                   "the directory with --recording"};
    }
    if (!told && !options.what_if.empty()) {
      err << "hpaplus explain: waiting for the next decision of " << options.object << "\n";
      told = true;
    }
    (void)clock.WaitUntil(clock.Now() + kAskAgain, {});
  }
}

Result<std::vector<Json>> Explanations(const ExplainOptions& options, std::ostream& err) {
  if (options.object.find('/') == std::string::npos) {
    return Invalid("the object is wanted as NAMESPACE/NAME");
  }
  if (!options.url.empty()) return KeptDecisions(options, err);
  const auto situations = FindSituations(options, err);
  if (!situations) return situations.error();
  std::vector<Json> decisions;
  for (const Situation& situation : *situations) {
    Result<Json> decision = Explained(situation, options.what_if);
    if (!decision) return decision.error();
    decisions.push_back(*std::move(decision));
  }
  return decisions;
}

// The last rounds of a DynamicQuota, the newest last.
Result<Json> QuotaRounds(const ExplainOptions& options) {
  if (options.quota.find('/') == std::string::npos) {
    return Invalid("the quota is wanted as NAMESPACE/NAME");
  }
  if (options.url.empty() || options.at || !options.decision.empty() || !options.what_if.empty()) {
    return Invalid("quotas are explained by a running engine: --url, and --last for more rounds");
  }
  Result<Json> quota = AskEngine(options.url, "quotas", options.quota);
  if (!quota) return quota.error();
  const auto rounds = quota->find("rounds");
  if (rounds == quota->end() || !rounds->is_array()) {
    return Error{ErrorCode::kMalformedData, options.url + " does not tell rounds of a quota"};
  }
  while (rounds->size() > options.last)
    rounds->erase(rounds->begin());
  return quota;
}

int Fail(const Error& error, std::ostream& err) {
  err << "hpaplus explain: " << error.message << "\n";
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : ExitCodeOf(error.code);
}

int ExplainQuota(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const Result<Json> quota = QuotaRounds(options);
  if (!quota) return Fail(quota.error(), err);
  if (options.json) {
    out << quota->dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    out << QuotaTable(*quota);
  }
  return kExitOk;
}

}  // namespace

int Explain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  if (!options.quota.empty()) return ExplainQuota(options, out, err);
  const auto decisions = Explanations(options, err);
  if (!decisions) return Fail(decisions.error(), err);
  if (options.json) {
    const Json json = {{"schema", "hpaplus.io/v1/explain"}, {"decisions", *decisions}};
    out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return kExitOk;
  }
  bool first = true;
  for (const Json& decision : *decisions) {
    out << (std::exchange(first, false) ? "" : "\n") << ExplainTable(decision);
  }
  return kExitOk;
}

}  // namespace hpaplus::app
