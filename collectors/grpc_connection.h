#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "collectors/grpc_endpoint.h"
#include "engine/base/mutex.h"
#include "engine/model/egress_policy.h"
#include "engine/ports/collector.h"

namespace hpaplus::collectors {

/// The one connection to an endpoint. Its host is looked up here and not by gRPC, so that what is
/// connected to is an address that the policy has seen; a name that leads elsewhere the next time
/// is judged anew. Thread-safe.
class GrpcConnection {
 public:
  /// `egress` may be null, for anywhere; otherwise it must outlive the connection.
  GrpcConnection(std::string_view who, GrpcEndpoint endpoint, const EgressPolicy* egress)
      : who_(who), endpoint_(std::move(endpoint)), egress_(egress) {}

  [[nodiscard]] const GrpcEndpoint& endpoint() const { return endpoint_; }

  /// The channel to call on now, by the context's deadline. Blocks only when the host has to be
  /// looked up: the first time, and after Failed(). kPermissionDenied when none of its addresses is
  /// one that sources may lead to.
  [[nodiscard]] Result<std::shared_ptr<grpc::Channel>> Channel(const CollectContext& context);

  /// A call did not get through: the host may be somewhere else by now.
  void Failed();

 private:
  [[nodiscard]] Result<std::vector<IpAddress>> LookUp(const CollectContext& context) const;

  const std::string_view who_;  // Static.
  const GrpcEndpoint endpoint_;
  const EgressPolicy* const egress_;
  Mutex mutex_;
  std::vector<IpAddress> addresses_ HPAPLUS_GUARDED_BY(mutex_);
  std::shared_ptr<grpc::Channel> channel_ HPAPLUS_GUARDED_BY(mutex_);
  bool failed_ HPAPLUS_GUARDED_BY(mutex_) = false;
};

}  // namespace hpaplus::collectors
