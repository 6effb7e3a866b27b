#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/egress_policy.h"
#include "engine/ports/collector_registry.h"

namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace hpaplus::collectors {

/// Where a source that speaks gRPC is, and how it is to be called: grpc://host:port, or
/// grpcs://host:port with TLS. Certificates are always verified. Immutable.
class GrpcEndpoint {
 public:
  /// kInvalidArgument: the endpoint is none of these, or the credentials need TLS or hold bytes
  /// that no header can.
  [[nodiscard]] static Result<GrpcEndpoint> Create(std::string_view who,
                                                   const ResolvedSource& source);

  [[nodiscard]] const std::string& host() const { return host_; }

  /// One connection to whichever of these addresses takes it, opened by the first call and opened
  /// again by calls after it broke. Calls while there is none fail at once; none is ever repeated
  /// by itself. Precondition: there is an address.
  [[nodiscard]] std::shared_ptr<grpc::Channel> Connect(std::span<const IpAddress> addresses) const;

  /// Adds the credentials to a call that has not begun.
  void Authorize(grpc::ClientContext& context) const;

 private:
  GrpcEndpoint() = default;

  std::string host_;  // Without brackets.
  std::string port_;
  std::string authority_;  // Both, as in the URL.
  bool secure_ = false;
  HttpAuth auth_;
  int max_response_bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

/// What a call's end means, in our terms. Never kNotFound: the source itself exists. `who` starts
/// the text. Precondition: the status is not OK.
[[nodiscard]] Error ErrorOf(std::string_view who, const grpc::Status& status);

}  // namespace hpaplus::collectors
