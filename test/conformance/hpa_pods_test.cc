// The HPA's own tables: how pods are grouped, and what they request.

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/core/pod_groups.h"
#include "engine/core/pod_requests.h"
#include "engine/kube/objects_reply.h"
#include "test/support/hpa_case.h"

namespace hpaplus::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

std::vector<json> Rows(const std::string& kind) {
  std::vector<json> rows;
  for (json& row : LoadHpaCases(std::string(HPAPLUS_SOURCE_DIR) + "/test/data/hpa/pods.jsonl")) {
    if (row["kind"] == kind) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Pod> ReadPods(const json& list) {
  std::vector<Pod> pods;
  for (const json& item : list["items"])
    pods.push_back(kube::ParsePod(item.dump())->pod);
  return pods;
}

TEST(HpaPods, AreGroupedAsTheHpaGroupsThem) {
  const std::vector<json> rows = Rows("groupPods");
  EXPECT_EQ(rows.size(), 14U);
  for (const json& row : rows) {
    SCOPED_TRACE(row["name"].get<std::string>());
    const json& in = row["input"];
    const PodGroupRules rules = {*ParseRfc3339(in["now"].get<std::string>()),
                                 in["resource"] == "cpu",
                                 seconds(in["cpuInitializationPeriodSeconds"].get<int>()),
                                 seconds(in["initialReadinessDelaySeconds"].get<int>())};
    std::map<PodGroup, std::vector<std::string>> groups;
    for (const Pod& pod : ReadPods(in["pods"])) {
      PodSample sample;
      const bool known = in["metrics"].contains(pod.name);
      if (known) {
        const json& metric = in["metrics"][pod.name];
        sample = {*ParseRfc3339(metric["timestamp"].get<std::string>()),
                  seconds(metric["windowSeconds"].get<int>()),
                  metric["milliValue"].get<std::int64_t>()};
      }
      groups[GroupPod(pod, known ? &sample : nullptr, rules)].push_back(pod.name);
    }
    const json& expected = row["expected"];
    EXPECT_EQ(groups[PodGroup::kReady].size(), expected["readyPodCount"].get<std::size_t>());
    EXPECT_EQ(json(groups[PodGroup::kUnready]), expected["unready"]);
    EXPECT_EQ(json(groups[PodGroup::kMissing]), expected["missing"]);
    EXPECT_EQ(json(groups[PodGroup::kIgnored]), expected["ignored"]);
  }
}

TEST(HpaPods, RequestWhatTheHpaThinksTheyDo) {
  const std::vector<json> rows = Rows("calculateRequests");
  EXPECT_EQ(rows.size(), 9U);
  for (const json& row : rows) {
    SCOPED_TRACE(row["name"].get<std::string>());
    const json& in = row["input"];
    const auto resource = in["resource"].get<std::string>();
    const auto container = in["container"].get<std::string>();
    json requests = json::object();
    for (const Pod& pod : ReadPods(in["pods"])) {
      const auto milli =
          PodRequestMilli(pod, {resource, container, in["podLevelResources"].get<bool>()});
      if (!milli) {
        requests = nullptr;
        break;
      }
      requests[pod.name] = *milli;
    }
    EXPECT_EQ(requests, row["expected"]["milliRequests"]);
  }
}

}  // namespace
}  // namespace hpaplus::testing
