#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/ports/clock.h"
#include "engine/push/push_service.h"
#include "engine/push/push_sources.h"

namespace grpc {
class Service;
}

namespace hpaplus::api {

/// The metrics service of OTLP over gRPC, for a GrpcServer. The metadata "hpaplus-source" names the
/// source ("NAMESPACE/NAME", "NAME" for a ClusterMetricSource), the others present its credentials,
/// "authorization" or the header that it wants.
///
/// What cannot be kept is reported in partial_success, which senders log. UNAVAILABLE, upon which
/// they send again, while `unready` gives a reason; UNAUTHENTICATED and INVALID_ARGUMENT, upon
/// which they do not, for a source that is not there or not named. All must outlive it.
[[nodiscard]] std::shared_ptr<grpc::Service> MakeOtlpMetricsService(
    push::PushSources& sources, push::PushCounts& counts, Clock& clock,
    std::function<std::string()> unready);

}  // namespace hpaplus::api
