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
#include "engine/app/quota_table.h"
#include "engine/app/what_if.h"
#include "engine/base/url.h"
#include "engine/core/counterfactual.h"
#include "engine/record/recording.h"
#include "engine/record/verify.h"
#include "engine/replay/counterfactual_json.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kPatience = std::chrono::seconds(10);

// A recorded decision, and what is needed to make it again.
struct Situation {
  std::shared_ptr<const Round> round;
  std::optional<History> history;  // From before it.
  DecideConfig config;
  std::optional<record::RecordedWrite> write;
};

Error Invalid(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

class Explainer {
 public:
  explicit Explainer(const ExplainOptions& options) : options_(options) {}

  [[nodiscard]] Result<Json> Explain(const Situation& situation) const {
    const Round& round = *situation.round;
    const Decision& decision = round.admitted ? *round.admitted : round.decided;
    Json json = DecisionJson(decision, *round.view);
    if (situation.write) json["written"] = WriteText(*situation.write);
    if (!situation.history) {
      if (options_.what_if.empty()) return json;
      return Invalid("the memory of this decision was not recorded, so it cannot be made again");
    }
    const PolicySet policies = policies::MakeBuiltinPolicies(*round.view->spec);
    const DecideInput in{round.at,    situation.config, round.id,
                         *round.view, policies,         round.readings};
    json["counterfactuals"] =
        replay::CounterfactualsJson(FindCounterfactuals(in, *situation.history), *round.view->spec);
    if (options_.what_if.empty()) return json;
    Result<Json> other = DecideWith(situation);
    if (!other) return other.error();
    json["whatIf"] = *std::move(other);
    return json;
  }

 private:
  // The same situation, with the object changed.
  [[nodiscard]] Result<Json> DecideWith(const Situation& situation) const {
    const Round& round = *situation.round;
    Result<WorkloadSpec> changed = WhatIf(*round.view->spec, options_.what_if);
    if (!changed) return changed.error();
    WorkloadView view = *round.view;
    view.spec = std::make_shared<const WorkloadSpec>(*std::move(changed));
    const PolicySet policies = policies::MakeBuiltinPolicies(*view.spec);
    const Decided decided = Decide(
        {round.at, situation.config, round.id, view, policies, round.readings}, *situation.history);
    Json json = DecisionJson(decided.decision, view);
    json["change"] = options_.what_if;
    return json;
  }

  const ExplainOptions& options_;
};

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
  if (answers[0]->status != 200 || !json.is_object()) {
    return Error{ErrorCode::kMalformedData,
                 fmt::format("{} answers with HTTP status {}", url, answers[0]->status)};
  }
  return json;
}

// "?last=3", "?at=...", "?id=..."
std::string QueryOf(const ExplainOptions& options) {
  if (options.at) return "?at=" + PercentEncode(FormatRfc3339(*options.at, true));
  if (!options.decision.empty()) return "?id=" + PercentEncode(options.decision);
  return fmt::format("?last={}", options.last);
}

// As a running engine tells it; what a decision was made from it does not tell.
Result<std::vector<Json>> KeptDecisions(const ExplainOptions& options) {
  if (!options.what_if.empty()) {
    return Invalid(
        "a running engine does not tell what a decision was made from; for --what-if, run it with "
        "--record and name the directory with --recording");
  }
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

Result<std::vector<Json>> Explanations(const ExplainOptions& options, std::ostream& err) {
  if (options.object.find('/') == std::string::npos) {
    return Invalid("the object is wanted as NAMESPACE/NAME");
  }
  if (!options.url.empty()) return KeptDecisions(options);
  const auto situations = FindSituations(options, err);
  if (!situations) return situations.error();
  const Explainer explainer(options);
  std::vector<Json> decisions;
  for (const Situation& situation : *situations) {
    Result<Json> decision = explainer.Explain(situation);
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
