#include "engine/model/formula_json.h"

#include <string>
#include <utility>

namespace hpaplus {
namespace {

SharedFormula ReadFormula(const JsonField& field, const std::vector<MetricSpec>& metrics) {
  std::vector<std::string> names;
  names.reserve(metrics.size());
  for (const MetricSpec& metric : metrics)
    names.push_back(metric.name);
  auto formula = Formula::Compile(field.Required(), names);
  if (!formula) {
    field.Fail("is unusable: " + formula.error().message);
    return {};
  }
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!(*formula)->Uses(i) || IsReadOfWhole(metrics[i].type)) continue;
    field.Fail("names \"" + metrics[i].name.substr(0, 64) +
               "\", which is no Object, External or Source metric");
    return {};
  }
  return *std::move(formula);
}

void CheckInput(const JsonField& item, const MetricSpec& metric) {
  const JsonField role = item.Field("role");
  if (!IsReadOfWhole(metric.type)) {
    role.Fail("is Input, which needs an Object, External or Source metric");
  } else if (metric.target != MetricTarget()) {
    role.Fail("is Input, and there is a target");
  } else if (metric.validity.on_missing == OnMissing::kLastGood) {
    role.Fail("is Input, which asks for no size that could be the last good one");
  }
}

}  // namespace

void ReadFormulas(const JsonField& list, std::vector<MetricSpec>& metrics) {
  std::size_t index = 0;
  list.Each([&](const JsonField& item) {
    if (index >= metrics.size()) return;
    MetricSpec& metric = metrics[index++];
    if (metric.type == MetricType::kFormula) {
      metric.formula = ReadFormula(item.Field("formula").Field("expression"), metrics);
    }
    if (metric.role == MetricRole::kInput) CheckInput(item, metric);
  });
}

}  // namespace hpaplus
