#include "engine/api/otlp_service.h"

#include <utility>

#include <grpcpp/grpcpp.h>

#include "engine/api/otlp_metrics.h"
#include "proto/otlp_metrics.grpc.pb.h"

namespace hpaplus::api {
namespace {

namespace otlp = opentelemetry::proto::collector::metrics::v1;

constexpr const char* kSourceKey = "hpaplus-source";

std::string_view HeaderOf(const grpc::CallbackServerContext& context, std::string_view name) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(grpc::string_ref(name.data(), name.size()));
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

class MetricsService final : public otlp::MetricsService::CallbackService {
 public:
  MetricsService(push::PushSources& sources, push::PushCounts& counts, Clock& clock,
                 std::function<std::string()> unready)
      : sources_(sources), counts_(counts), clock_(clock), unready_(std::move(unready)) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* context,
                                   const otlp::ExportMetricsServiceRequest* request,
                                   otlp::ExportMetricsServiceResponse* response) override {
    ++counts_.requests;
    const grpc::Status status = Take(*context, *request, *response);
    if (!status.ok()) ++counts_.refused_requests;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

 private:
  grpc::Status Take(const grpc::CallbackServerContext& context,
                    const otlp::ExportMetricsServiceRequest& request,
                    otlp::ExportMetricsServiceResponse& response) {
    if (std::string unready = unready_(); !unready.empty()) {
      return {grpc::StatusCode::UNAVAILABLE, std::move(unready)};
    }
    const auto name = push::ParsePushTarget(HeaderOf(context, kSourceKey));
    if (!name) {
      return {grpc::StatusCode::INVALID_ARGUMENT,
              "the header hpaplus-source must name a source, NAMESPACE/NAME"};
    }
    const auto samples = sources_.Admit(
        *name, [&context](std::string_view header) { return HeaderOf(context, header); });
    if (!samples) return {grpc::StatusCode::UNAUTHENTICATED, samples.error().message};
    const push::PushTally tally = AppendOtlp(request, **samples, clock_.Now());
    sources_.Announce(*name, tally);
    counts_.Add(tally);
    if (tally.refused > 0) {
      otlp::ExportMetricsPartialSuccess& partial = *response.mutable_partial_success();
      partial.set_rejected_data_points(static_cast<std::int64_t>(tally.refused));
      partial.set_error_message(tally.problem);
    }
    return grpc::Status::OK;
  }

  push::PushSources& sources_;
  push::PushCounts& counts_;
  Clock& clock_;
  const std::function<std::string()> unready_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeOtlpMetricsService(push::PushSources& sources,
                                                      push::PushCounts& counts, Clock& clock,
                                                      std::function<std::string()> unready) {
  return std::make_shared<MetricsService>(sources, counts, clock, std::move(unready));
}

}  // namespace hpaplus::api
