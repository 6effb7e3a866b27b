#include <istream>
#include <optional>
#include <ostream>
#include <string>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/replay/answer_line.h"
#include "engine/replay/json_result.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

// The next line, at most replay::kLineMost of it; nothing at the end.
std::optional<std::string> ReadLine(std::istream& in, bool& too_long) {
  using Traits = std::istream::traits_type;
  std::string line;
  too_long = false;
  auto next = in.rdbuf()->sbumpc();
  if (next == Traits::eof()) return std::nullopt;
  for (; next != Traits::eof() && next != '\n'; next = in.rdbuf()->sbumpc()) {
    if (line.size() < replay::kLineMost) {
      line += Traits::to_char_type(next);
    } else {
      too_long = true;
    }
  }
  return line;
}

}  // namespace

int DecideStream(const DecideOptions& options, std::istream& in, std::ostream& out,
                 std::ostream& err) {
  const PolicyFactory policies = policies::MakeBuiltinPolicies;
  int exit_code = kExitOk;
  std::size_t number = 0;
  bool too_long = false;
  while (const auto line = ReadLine(in, too_long)) {
    ++number;
    if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
    const Result<std::string> result =
        too_long ? Error{ErrorCode::kMalformedData, "the line is longer than 64 MiB"}
                 : replay::AnswerLine(*line, policies, {options.counterfactuals});
    if (result) {
      out << *result << "\n";
    } else {
      exit_code = kExitUnparseable;
      out << replay::CaseErrorJson(number, "", result.error().message) << "\n";
      err << "hpaplus decide: line " << number << ": " << result.error().message << "\n";
    }
    out.flush();
    if (!out) return kExitFailed;  // Nobody reads on.
  }
  return exit_code;
}

}  // namespace hpaplus::app
