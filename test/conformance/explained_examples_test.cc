// What every example of examples/decide says about each of its stages, word for word, so that no
// explanation changes unnoticed. HPAPLUS_RECORD=1 writes test/data/decide/explained.txt anew.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/replay/answer_line.h"
#include "policies/builtin.h"

namespace hpaplus::testing {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const fs::path kRecorded = fs::path(HPAPLUS_SOURCE_DIR) / "test/data/decide/explained.txt";

std::vector<std::string> ReadLines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

std::vector<fs::path> Examples() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(HPAPLUS_SOURCE_DIR) / "examples/decide"))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

void Explain(const std::string& line, std::vector<std::string>& out) {
  const PolicyFactory policies = policies::MakeBuiltinPolicies;
  const auto answer = replay::AnswerLine(line, policies, {});
  ASSERT_TRUE(answer) << answer.error().message;
  const Json json = Json::parse(*answer);
  for (std::size_t i = 0; i < json["steps"].size(); ++i) {
    const Json& step = json["steps"][i];
    out.push_back(json["name"].get<std::string>() + ", step " + std::to_string(i) + ": " +
                  step.value("summary", ""));
    for (const Json& stage : step["explain"]) {
      out.push_back("  " + stage["stage"].get<std::string>() + " " + stage["before"].dump() +
                    " -> " + stage["after"].dump() + " " + stage["reason"].get<std::string>() +
                    " " + stage["evidence"].dump());
    }
    for (const Json& condition : step["status"]["conditions"]) {
      out.push_back("  " + condition["type"].get<std::string>() + " is " +
                    condition["status"].get<std::string>() + ": " + condition.value("reason", ""));
    }
  }
}

TEST(Examples, AreExplainedAsRecorded) {
  std::vector<std::string> explained;
  for (const fs::path& file : Examples()) {
    explained.push_back("# " + file.filename().string());
    for (const std::string& line : ReadLines(file))
      Explain(line, explained);
  }
  if (std::getenv("HPAPLUS_RECORD") != nullptr) {
    std::ofstream out(kRecorded);
    for (const std::string& line : explained)
      out << line << "\n";
  }
  const std::vector<std::string> recorded = ReadLines(kRecorded);
  for (std::size_t i = 0; i < std::min(recorded.size(), explained.size()); ++i)
    ASSERT_EQ(explained[i], recorded[i]) << kRecorded << ":" << i + 1;
  EXPECT_EQ(explained.size(), recorded.size());
}

}  // namespace
}  // namespace hpaplus::testing
