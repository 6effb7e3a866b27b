#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/plan_quota.h"
#include "engine/app/quota_files.h"
#include "engine/app/rehearse_files.h"
#include "engine/model/validate.h"
#include "engine/rehearse/html_report.h"

namespace hpaplus::app {
namespace {

// The planned objects, checked as the API server would.
Result<std::vector<FileObject>> ReadPlanned(const std::vector<std::string>& files) {
  std::vector<FileObject> planned;
  for (const std::string& file : files) {
    const Result<std::string> text = ReadFile(file);
    if (!text) return text.error();
    const ValidationReport report = ValidateText(file, *text);
    if (!report.findings.empty()) {
      return Error{ErrorCode::kMalformedData, ToString(report.findings.front())};
    }
    auto objects = ReadObjects(file);
    if (!objects) return objects.error();
    for (FileObject& one : *objects) {
      if (!IsOfQuota(one)) {
        return Error{ErrorCode::kMalformedData,
                     fmt::format("{}: {}: a plan of quotas is of DynamicQuotas and QuotaPools only",
                                 file, one.Title())};
      }
      planned.push_back(std::move(one));
    }
  }
  return planned;
}

// Puts the planned objects into the cluster's, and says what they change.
Result<std::vector<rehearse::QuotaObjectChange>> Overlay(const std::vector<FileObject>& planned,
                                                         std::vector<FileObject>& cluster) {
  std::vector<rehearse::QuotaObjectChange> changes;
  for (const FileObject& one : planned) {
    const auto there = std::ranges::find_if(cluster, [&one](const FileObject& other) {
      return other.kind == one.kind && other.ns == one.ns && other.name == one.name;
    });
    if (there == cluster.end()) {
      changes.push_back({one.Title(), true, {}});
      cluster.push_back(one);
      continue;
    }
    auto fields = rehearse::DiffFields(there->json, one.json);
    if (!fields) return fields.error();
    if (!fields->empty()) changes.push_back({one.Title(), false, *std::move(fields)});
    there->json = WithStatusOf(there->json, one.json);
  }
  return changes;
}

Result<rehearse::QuotaPlan> MakePlan(const PlanOptions& options) {
  auto planned = ReadPlanned(options.files);
  if (!planned) return planned.error();
  auto cluster = ReadObjects(options.against);
  if (!cluster) return cluster.error();
  rehearse::QuotaPlan plan;
  plan.files = options.files;
  plan.against = options.against;
  const auto before = QuotaStateOf(*cluster, plan.notes);
  if (!before) return Error{before.error().code, options.against + ": " + before.error().message};
  auto objects = Overlay(*planned, *cluster);
  if (!objects) return objects.error();
  plan.objects = *std::move(objects);
  std::vector<std::string> the_same_notes;
  const auto after = QuotaStateOf(*cluster, the_same_notes);
  if (!after) return after.error();
  rehearse::CompareQuotas(*before, *after, plan);
  return plan;
}

}  // namespace

bool ArePlansOfQuotas(const std::vector<std::string>& files) {
  return std::ranges::any_of(files, [](const std::string& file) {
    const auto objects = ReadObjects(file);
    return objects && std::ranges::any_of(*objects, IsOfQuota);
  });
}

int PlanQuotas(const PlanOptions& options, std::ostream& out, std::ostream& err) {
  const bool of_sizes = !options.recording.empty() || !options.trace_file.empty() ||
                        options.capacity_per_replica > 0 || !options.metric.empty();
  if (options.against.empty() || of_sizes) {
    err << "hpaplus plan: quotas are planned against the cluster's objects: --against FILE, as "
           "kubectl get gives them, and no recording or trace\n";
    return kExitUsage;
  }
  const auto plan = MakePlan(options);
  if (!plan) {
    err << "hpaplus plan: " << plan.error().message << "\n";
    return ExitCodeOf(plan.error().code);
  }
  switch (options.format) {
    case ReportFormat::kJson:
      out << rehearse::QuotaPlanJson(*plan) << "\n";
      break;
    case ReportFormat::kHtml:
      out << rehearse::HtmlReport(rehearse::QuotaPlanPage(*plan));
      break;
    case ReportFormat::kTable:
      out << rehearse::QuotaPlanTable(*plan);
      break;
  }
  return options.exit_code && plan->has_changes() ? kExitFindings : kExitOk;
}

}  // namespace hpaplus::app
