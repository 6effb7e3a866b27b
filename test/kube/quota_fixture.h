#pragma once

#include <string>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {

/// Quotas of the test's namespace. There is no quota controller: what is used is written by the
/// test, as that controller would, or by TinyControllers.
class KubeQuota : public KubeTest {
 protected:
  std::string QuotaPath(const std::string& name = "compute") const {
    return PathOf("v1", "ResourceQuota", ns(), name);
  }
  std::string DynamicPath(const std::string& name = "team") const {
    return PathOf("autoscaling.hpaplus.io/v1alpha1", "DynamicQuota", ns(), name);
  }

  void ApplyQuota(const std::string& cpu, const std::string& used,
                  const std::string& name = "compute") {
    Apply({{"apiVersion", "v1"},
           {"kind", "ResourceQuota"},
           {"metadata", {{"name", name}, {"namespace", ns()}}},
           {"spec", {{"hard", {{"requests.cpu", cpu}, {"services", "7"}}}}}});
    SetUsed(used, name);
  }

  void SetUsed(const std::string& used, const std::string& name = "compute") {
    const auto patched = api().Patch(QuotaPath(name) + "/status",
                                     {{"status",
                                       {{"hard", {{"requests.cpu", "1000"}, {"services", "7"}}},
                                        {"used", {{"requests.cpu", used}, {"services", "0"}}}}}});
    ASSERT_TRUE(patched) << patched.error().message;
  }

  void ApplyDynamic(const Json& spec = Json::object(), const std::string& name = "team",
                    const std::string& quota = "compute") {
    Json object = Json::parse(R"({
      "apiVersion": "autoscaling.hpaplus.io/v1alpha1",
      "kind": "DynamicQuota",
      "spec": {
        "takeOver": true,
        "evaluation": {"period": "1s"},
        "resources": [{"name": "requests.cpu", "min": 1, "max": 20, "headroomPercent": 0}],
        "shrink": {"stabilizationWindow": "2s", "maxStepPercent": 100}
      }})");
    object["metadata"] = {{"name", name}, {"namespace", ns()}};
    object["spec"]["quotaRef"] = {{"name", quota}};
    object["spec"].merge_patch(spec);
    Apply(object);
  }

  void ApplyPod(const std::string& name) {
    Apply({{"apiVersion", "v1"},
           {"kind", "Pod"},
           {"metadata", {{"name", name}, {"namespace", ns()}, {"labels", {{"app", "web"}}}}},
           {"spec",
            {{"containers",
              {{{"name", "app"},
                {"image", "app"},
                {"resources", {{"requests", {{"cpu", "500m"}}}}}}}}}}});
  }

  std::string Hard(const std::string& name = "compute") {
    return Read(QuotaPath(name)).value("/spec/hard/requests.cpu"_json_pointer, "");
  }

  std::string Used(const std::string& name = "compute") {
    return Read(QuotaPath(name)).value("/status/used/requests.cpu"_json_pointer, "");
  }

  std::string DynamicCondition(const std::string& type, const std::string& name = "team") {
    const Json object = Read(DynamicPath(name));
    for (const Json& one : object.value("/status/conditions"_json_pointer, Json::array())) {
      if (one.at("type") != type) continue;
      return one.at("status").get<std::string>() + " " + one.at("reason").get<std::string>();
    }
    return "";
  }

  bool HardBecomes(const std::string& cpu, const std::string& name = "compute") {
    return Eventually([&] { return Hard(name) == cpu; }, std::chrono::seconds(15));
  }
};

}  // namespace hpaplus::test
