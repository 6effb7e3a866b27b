#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/model/validate.h"

namespace hpaplus::app {
namespace {

bool ReadAll(const std::string& file, std::string& text) {
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    return true;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return false;
  text.assign(std::istreambuf_iterator<char>(in), {});
  return !in.bad();
}

void PrintJson(const ValidationReport& report, std::ostream& out) {
  nlohmann::ordered_json json = {{"schema", "hpaplus.io/v1/validation"},
                                 {"checked", report.checked},
                                 {"skipped", report.skipped},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& finding : report.findings) {
    json["findings"].push_back({{"file", finding.file},
                                {"line", finding.line},
                                {"column", finding.column},
                                {"kind", finding.kind},
                                {"name", finding.name},
                                {"path", finding.path},
                                {"message", finding.message}});
  }
  out << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void PrintText(const ValidationReport& report, std::ostream& out) {
  for (const Finding& finding : report.findings)
    out << ToString(finding) << "\n";
  out << fmt::format("{} objects checked, {} skipped: {} problems\n", report.checked,
                     report.skipped, report.findings.size());
}

}  // namespace

int Validate(const ValidateOptions& options, std::ostream& out, std::ostream& err) {
  ValidationReport all;
  for (const std::string& file : options.files) {
    std::string text;
    if (!ReadAll(file, text)) {
      err << "hpaplus validate: cannot read " << file << "\n";
      return kExitFailed;
    }
    ValidationReport report = ValidateText(file == "-" ? "stdin" : file, text);
    all.checked += report.checked;
    all.skipped += report.skipped;
    std::ranges::move(report.findings, std::back_inserter(all.findings));
  }
  if (options.json) {
    PrintJson(all, out);
  } else {
    PrintText(all, out);
  }
  return all.findings.empty() ? kExitOk : kExitFindings;
}

}  // namespace hpaplus::app
