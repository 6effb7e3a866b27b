#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "collectors/grpc_endpoint.h"
#include "engine/base/result.h"
#include "engine/ports/collector.h"

namespace hpaplus::collectors {

/// Starts one call of many; `done` is for the callback API of gRPC, which calls it once.
using StartGrpcCall = std::function<void(std::size_t index, grpc::ClientContext& context,
                                         std::function<void(grpc::Status)> done)>;

/// The calls that one Collect() makes: they share a deadline and a stop token. Used by one thread.
class GrpcRound {
 public:
  /// `endpoint` must outlive it. The time that is left counts from here.
  GrpcRound(std::string_view who, const GrpcEndpoint& endpoint, const CollectContext& context,
            Duration timeout);

  /// The context with the time that is left of it, as of now.
  [[nodiscard]] CollectContext Within(const CollectContext& context) const;

  /// Makes `count` calls, at most `at_once` at a time, and returns when all have ended, at the
  /// deadline at the latest. Their results in order; kUnavailable for what a stop kept from
  /// beginning. What a call reads and writes is `start`'s own, and may be used afterwards.
  [[nodiscard]] std::vector<Status> Run(std::size_t count, std::size_t at_once,
                                        const StartGrpcCall& start) const;

 private:
  const std::string_view who_;
  const GrpcEndpoint& endpoint_;
  const std::stop_token stop_;
  const std::int64_t deadline_;  // Nanoseconds of gRPC's monotonic clock.
};

/// What stands in for answers where nothing can be asked: kUnavailable after a stop,
/// kDeadlineExceeded when no time is left, otherwise Done.
[[nodiscard]] Status MayAsk(std::string_view who, const CollectContext& context);

/// Nanoseconds of a clock that only goes forward; for measuring, since no port tells the time here.
[[nodiscard]] std::int64_t GrpcNanos();

}  // namespace hpaplus::collectors
