#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/app/commands.h"
#include "engine/app/decision_json.h"
#include "engine/app/exit_codes.h"
#include "engine/app/explain_table.h"
#include "engine/app/rehearse_files.h"
#include "engine/base/log.h"
#include "engine/rehearse/test_file.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;
using rehearse::PolicyTestResult;
using rehearse::Violation;

struct FileResult {
  std::string file;
  std::vector<PolicyTestResult> tests;
};

Result<FileResult> RunFile(const std::string& file) {
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  const auto tests = rehearse::ReadTestFile(*text, [&directory](const std::string& name) {
    return ReadSpec((directory / name).string());
  });
  if (!tests) return Error{tests.error().code, file + ":" + tests.error().message};
  FileResult result{file, {}};
  for (const rehearse::PolicyTest& test : *tests)
    result.tests.push_back(rehearse::RunPolicyTest(test, policies::MakeBuiltinPolicies));
  return result;
}

std::size_t Failures(const std::vector<FileResult>& files) {
  std::size_t failures = 0;
  for (const FileResult& file : files) {
    for (const PolicyTestResult& test : file.tests)
      failures += test.violations.empty() ? 0U : 1U;
  }
  return failures;
}

std::string Indented(const std::string& text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out.substr(0, out.find_last_not_of(' ') + 1);
}

// What was expected, what came, and how it came about.
std::string ViolationText(const Violation& violation) {
  std::string text = fmt::format("expected {}\n{}\n", violation.expectation, violation.what);
  if (violation.decision) {
    text += "\n" + ExplainTable(DecisionJson(*violation.decision, *violation.view));
  }
  return text;
}

void PrintTable(const std::vector<FileResult>& files, std::ostream& out) {
  std::size_t tests = 0;
  for (const FileResult& file : files) {
    out << file.file << "\n";
    for (const PolicyTestResult& test : file.tests) {
      ++tests;
      out << (test.violations.empty() ? "  ok    " : "  FAIL  ") << test.name << "\n";
      for (const Violation& violation : test.violations)
        out << Indented(ViolationText(violation));
    }
  }
  out << fmt::format("{} tests, {} failed\n", tests, Failures(files));
}

Json FilesJson(const std::vector<FileResult>& files) {
  Json list = Json::array();
  for (const FileResult& file : files) {
    Json tests = Json::array();
    for (const PolicyTestResult& test : file.tests) {
      Json violations = Json::array();
      for (const Violation& violation : test.violations) {
        Json one = {{"expected", violation.expectation}, {"what", violation.what}};
        if (violation.decision) {
          one["decision"] = DecisionJson(*violation.decision, *violation.view);
        }
        violations.push_back(std::move(one));
      }
      tests.push_back({{"name", test.name},
                       {"passed", test.violations.empty()},
                       {"decisions", test.decisions},
                       {"violations", std::move(violations)}});
    }
    list.push_back({{"file", file.file}, {"tests", std::move(tests)}});
  }
  return list;
}

// For an attribute or a text of XML; what XML cannot have at all is a question mark.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

void PrintJunit(const std::vector<FileResult>& files, std::ostream& out) {
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const FileResult& file : files) {
    out << fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n",
                       Escaped(file.file), file.tests.size(), Failures({file}));
    for (const PolicyTestResult& test : file.tests) {
      out << fmt::format("    <testcase classname=\"{}\" name=\"{}\">\n", Escaped(file.file),
                         Escaped(test.name));
      for (const Violation& violation : test.violations) {
        out << fmt::format("      <failure message=\"{}\">{}</failure>\n", Escaped(violation.what),
                           Escaped(ViolationText(violation)));
      }
      out << "    </testcase>\n";
    }
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
}

}  // namespace

int Test(const TestOptions& options, std::ostream& out, std::ostream& err) {
  SetLogLevel(LogLevel::kError);  // What the engine notes belongs to the world of the test.
  std::vector<FileResult> files;
  for (const std::string& file : options.files) {
    Result<FileResult> result = RunFile(file);
    if (!result) {
      err << "hpaplus test: " << result.error().message << "\n";
      return ExitCodeOf(result.error().code);
    }
    files.push_back(*std::move(result));
  }
  if (options.output == "json") {
    const Json json = {
        {"schema", "hpaplus.io/v1/test"}, {"failed", Failures(files)}, {"files", FilesJson(files)}};
    out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else if (options.output == "junit") {
    PrintJunit(files, out);
  } else {
    PrintTable(files, out);
  }
  return Failures(files) == 0 ? kExitOk : kExitFindings;
}

}  // namespace hpaplus::app
