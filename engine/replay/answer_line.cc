#include "engine/replay/answer_line.h"

#include <utility>
#include <vector>

#include "engine/replay/case_run.h"
#include "engine/replay/json_case.h"
#include "engine/replay/json_result.h"
#include "engine/replay/json_tables.h"

namespace hpaplus::replay {

Result<std::string> AnswerLine(std::string_view line, const PolicyFactory& policies,
                               const CaseRun::Options& options) {
  JsonDocument document;
  if (const Status parsed = document.Parse(line, kLineMost); !parsed) return parsed.error();
  std::string problem;
  const JsonField root = document.Root(problem);
  std::string answer;
  const JsonField input = root.Field("input");
  if (IsTableLine(root)) {
    answer = AnswerTable(root);
  } else if (input.Field("hpa").present() && !input.Field("steps").present()) {
    answer = AnswerAdmission(root);
  } else {
    HpaCase hpa_case = ReadCase(root);
    if (!problem.empty()) return Error{ErrorCode::kMalformedData, problem};
    CaseRun run(std::move(hpa_case), policies, options);
    std::vector<StepResult> steps;
    while (!run.done())
      steps.push_back(run.Step());
    answer = CaseResultJson(run.name(), run.admitted(), steps, options);
  }
  if (!problem.empty()) return Error{ErrorCode::kMalformedData, problem};
  return answer;
}

}  // namespace hpaplus::replay
