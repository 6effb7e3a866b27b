#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/kube/kubeconfig_parse.h"
#include "engine/model/yaml_json.h"

namespace {

using namespace std::string_view_literals;

void Use(std::string_view json) {
  namespace kube = hpaplus::kube;
  auto config = kube::ParseKubeconfig(json, "/dir");
  if (config) {
    kube::Kubeconfig merged = *config;
    kube::MergeKubeconfig(*std::move(config), &merged);
    if (const auto context = kube::SelectContext(merged, "")) {
      HPAPLUS_CHECK(!context->cluster.insecure_skip_tls_verify);
      HPAPLUS_CHECK(context->cluster.server.starts_with("http"));
      if (context->user.exec) {
        static_cast<void>(kube::MakeExecInfo(*context->user.exec, context->cluster, "ca"));
      }
    }
  }
  static_cast<void>(kube::ParseExecCredential(json, "client.authentication.k8s.io/v1"sv));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Use(text);
  if (const auto documents = hpaplus::ParseYaml(text)) {
    for (const auto& document : *documents)
      Use(document.json);
  }
  return 0;
}
