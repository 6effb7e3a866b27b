#include "engine/kube/kube_api.h"

#include <utility>

#include "engine/kube/informer.h"

namespace hpaplus::kube {
namespace {

class InformerWatch final : public RunningWatch {
 public:
  InformerWatch(const InformerConfig& config, KubeClient& client, Clock& clock,
                Telemetry& telemetry, ObjectSink& sink)
      : informer_(config, client, clock, telemetry, sink) {}

 private:
  Informer informer_;
};

InformerConfig ConfigOf(const WatchRequest& request) {
  InformerConfig config;
  config.path = request.path;
  config.resource = request.resource;
  config.query = request.query;
  if (!request.metadata_only) return config;
  config.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  config.watch_accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  return config;
}

}  // namespace

KubeApi MakeKubeApi(KubeClient& client, Discovery& discovery, Clock& clock, Telemetry& telemetry) {
  KubeApi api;
  api.send = [&client](KubeRequest request, KubeClient::OnDone on_done) {
    client.Start(std::move(request), std::move(on_done));
  };
  api.watch = [&](const WatchRequest& request, ObjectSink& sink) {
    return std::make_unique<InformerWatch>(ConfigOf(request), client, clock, telemetry, sink);
  };
  api.find_kind = [&discovery](const KindKey& kind) { return discovery.Find(kind); };
  return api;
}

}  // namespace hpaplus::kube
