#include "test/kube/tiny_controllers.h"

#include <vector>

#include "engine/base/quantity.h"

namespace hpaplus::test {
namespace {

constexpr auto kPause = std::chrono::milliseconds(20);
constexpr const char* kPodCpu = "500m";

const Json kNothing = Json::array();

}  // namespace

Amount CpuAt(const Json& object, const char* pointer) {
  const std::string text = object.value(Json::json_pointer(pointer), "0");
  return AmountOf("requests.cpu", *Quantity::Parse(text), AmountRounding::kDown);
}

void TinyControllers::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      (void)SyncQuota();
      SyncPods();
      std::this_thread::sleep_for(kPause);
    }
  });
}

bool TinyControllers::SyncQuota() {
  const std::string path = PathOf("v1", "ResourceQuota", ns_, "compute");
  // The quota first: a pod that is admitted after it changes its version.
  const auto quota = api_.Get(path);
  const auto pods = api_.Get(CollectionOf("v1", "Pod", ns_));
  if (!quota || !pods) return true;
  Amount used = 0;
  for (const Json& pod : pods->value("items", kNothing))
    used += CpuAt(pod, "/spec/containers/0/resources/requests/cpu");
  const bool holds =
      CpuAt(*quota, "/spec/hard/requests.cpu") >= CpuAt(*quota, "/status/used/requests.cpu");
  violations_ += holds ? 0 : 1;
  const Json status = {{"hard", quota->at("spec").at("hard")},
                       {"used", {{"requests.cpu", std::to_string(used) + "m"}, {"services", "0"}}}};
  if (CpuAt(*quota, "/status/used/requests.cpu") == used &&
      CpuAt(*quota, "/status/hard/requests.cpu") == CpuAt(*quota, "/spec/hard/requests.cpu")) {
    return holds;
  }
  (void)api_.Patch(
      path + "/status",
      {{"metadata", {{"resourceVersion", quota->at("metadata").at("resourceVersion")}}},
       {"status", status}});
  return holds;
}

bool TinyControllers::CreatePod(const std::string& name, const std::string& cpu) {
  const auto created = api_.Create(
      {{"apiVersion", "v1"},
       {"kind", "Pod"},
       {"metadata", {{"name", name}, {"namespace", ns_}, {"labels", {{"app", "web"}}}}},
       {"spec",
        {{"terminationGracePeriodSeconds", 0},
         {"containers",
          {{{"name", "app"}, {"image", "app"}, {"resources", {{"requests", {{"cpu", cpu}}}}}}}}}}});
  refused_ += created ? 0 : 1;
  return created.has_value();
}

void TinyControllers::DeletePod(const std::string& name) {
  (void)api_.Delete(PathOf("v1", "Pod", ns_, name));
}

void TinyControllers::SyncPods() {
  const auto target = api_.Get(PathOf("apps/v1", "Deployment", ns_, "web"));
  const auto list = api_.Get(CollectionOf("v1", "Pod", ns_));
  if (!target || !list) return;
  const int wanted = target->value("/spec/replicas"_json_pointer, 0);
  std::vector<std::string> names;
  for (const Json& pod : list->value("items", kNothing))
    names.push_back(pod.at("metadata").at("name"));
  auto there = static_cast<int>(names.size());
  for (; there > wanted; --there)
    DeletePod(names[static_cast<std::size_t>(there - 1)]);
  while (there < wanted && CreatePod("web-" + std::to_string(++made_), kPodCpu))
    ++there;
  pods_ = there;
}

}  // namespace hpaplus::test
