#include "engine/app/rehearse_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/model/spec_json.h"
#include "engine/model/validate.h"
#include "engine/model/yaml_json.h"

namespace hpaplus::app {
namespace {

std::string KindOf(const YamlDocument& document) {
  const auto json = nlohmann::json::parse(document.json, nullptr, false);
  const auto kind = json.find("kind");
  return kind != json.end() && kind->is_string() ? kind->get<std::string>() : "";
}

}  // namespace

Result<std::string> ReadFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in && !in.bad()) return text;
  return Error{ErrorCode::kNotFound, fmt::format("{}: cannot be read", file)};
}

Result<SpecFile> ReadSpecFile(const std::string& file) {
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  const ValidationReport report = ValidateText(file, *text);
  if (!report.findings.empty()) {
    return Error{ErrorCode::kMalformedData, ToString(report.findings.front())};
  }
  std::optional<SpecFile> found;
  for (const YamlDocument& document : ReadYaml(*text).documents) {
    if (KindOf(document) != "HPAPlus") continue;
    Result<WorkloadSpec> spec = ParseWorkload(document.json);
    if (!spec) return spec.error();
    if (found) {
      return Error{ErrorCode::kMalformedData,
                   fmt::format("{}: more than one HPAPlus object", file)};
    }
    found = SpecFile{document.json, *std::move(spec)};
  }
  if (found) return *std::move(found);
  return Error{ErrorCode::kMalformedData, fmt::format("{}: no HPAPlus object", file)};
}

Result<WorkloadSpec> ReadSpec(const std::string& file) {
  Result<SpecFile> found = ReadSpecFile(file);
  if (!found) return found.error();
  return std::move(found->spec);
}

Result<rehearse::Trace> ReadTrace(const std::string& file) {
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  Result<rehearse::Trace> trace = rehearse::Trace::FromCsv(*text);
  if (trace) return trace;
  return Error{trace.error().code, fmt::format("{}: {}", file, trace.error().message)};
}

rehearse::RunOptions RunOptionsOf(const DemandOptions& options, const WorkloadSpec& spec,
                                  const rehearse::Trace& trace) {
  rehearse::RunOptions run;
  run.plant = {options.capacity_per_replica, options.startup, options.initial};
  run.step = options.step;
  run.scrape = options.scrape;
  run.between = options.linear ? rehearse::Between::kLinear : rehearse::Between::kHold;
  if (options.initial == 0) {
    const Replicas needed = rehearse::Plant(run.plant).Needed(trace.points().front().value);
    run.plant.initial = std::clamp(needed, spec.min_replicas, spec.max_replicas);
  }
  return run;
}

}  // namespace hpaplus::app
