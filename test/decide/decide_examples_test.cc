// Runs every line of examples/decide through `hpaplus decide`. What a line says under `expected`
// has to be part of the answer: of an object the fields that it names, of a list every item, of
// `explain` the stages that it names, in their order.

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hpaplus::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kExamples = fs::path(HPAPLUS_SOURCE_DIR) / "examples/decide";

std::vector<json> ReadLines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<json> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(json::parse(line));
  }
  return lines;
}

std::vector<json> Decide(const fs::path& path) {
  const std::string command =
      std::string(HPAPLUS_BINARY_DIR) + "/hpaplus decide --counterfactuals < " + path.string();
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;)
    text.append(buffer.data(), got);
  std::vector<json> answers;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    answers.push_back(json::parse(text.substr(at, end - at)));
  return answers;
}

bool IsPart(const json& part, const json& whole);

bool IsSubsequence(const json& part, const json& whole) {
  std::size_t at = 0;
  for (const json& item : part) {
    while (at < whole.size() && !IsPart(item, whole[at]))
      ++at;
    if (at++ == whole.size()) return false;
  }
  return true;
}

bool IsPart(const json& part, const json& whole) {
  if (part.is_number() && whole.is_number()) {
    return std::abs(part.get<double>() - whole.get<double>()) < 1e-9;
  }
  if (part.type() != whole.type()) return false;
  if (part.is_array()) {
    if (part.size() != whole.size()) return false;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!IsPart(part[i], whole[i])) return false;
    }
    return true;
  }
  if (!part.is_object()) return part == whole;
  for (const auto& [key, value] : part.items()) {
    if (!whole.contains(key)) return false;
    const bool fits = key == "explain" || key == "counterfactuals"
                          ? whole[key].is_array() && IsSubsequence(value, whole[key])
                          : IsPart(value, whole[key]);
    if (!fits) return false;
  }
  return true;
}

TEST(DecideExamples, AnswerWhatTheySay) {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(kExamples)) {
    if (entry.path().extension() != ".jsonl") continue;
    SCOPED_TRACE(entry.path().filename().string());
    ++files;
    const std::vector<json> lines = ReadLines(entry.path());
    const std::vector<json> answers = Decide(entry.path());
    ASSERT_EQ(answers.size(), lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      SCOPED_TRACE(lines[i].value("name", ""));
      EXPECT_EQ(answers[i].value("name", ""), lines[i].value("name", ""));
      ASSERT_TRUE(answers[i].contains("steps")) << answers[i].dump();
      ASSERT_TRUE(lines[i].contains("expected")) << "an example without a point";
      const json& steps = lines[i]["expected"]["steps"];
      ASSERT_EQ(answers[i]["steps"].size(), steps.size());
      for (std::size_t k = 0; k < steps.size(); ++k) {
        EXPECT_TRUE(IsPart(steps[k], answers[i]["steps"][k]))
            << "step " << k << "\nwanted " << steps[k].dump() << "\ngot    "
            << answers[i]["steps"][k].dump();
      }
    }
  }
  EXPECT_GE(files, 2U);
}

}  // namespace
}  // namespace hpaplus::testing
