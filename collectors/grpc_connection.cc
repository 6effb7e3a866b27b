#include "collectors/grpc_connection.h"

#include <algorithm>
#include <optional>

#include <fmt/core.h>
#include <grpcpp/grpcpp.h>

#include "collectors/host_lookup.h"

namespace hpaplus::collectors {

Result<std::vector<IpAddress>> GrpcConnection::LookUp(const CollectContext& context) const {
  auto found = LookUpHost(endpoint_.host(), context.deadline - context.now, context.stop);
  if (!found) return Error{found.error().code, fmt::format("{}: {}", who_, found.error().message)};
  if (egress_ == nullptr) return found;
  std::vector<IpAddress> allowed;
  std::optional<Error> refusal;
  for (const IpAddress& address : *found) {
    const Status may = egress_->Check(address);
    if (may) {
      allowed.push_back(address);
    } else {
      refusal = may.error();
    }
  }
  if (!allowed.empty()) return allowed;
  return Error{ErrorCode::kPermissionDenied, fmt::format("{}: {}", who_, refusal->message)};
}

Result<std::shared_ptr<grpc::Channel>> GrpcConnection::Channel(const CollectContext& context) {
  {
    const MutexLock lock(mutex_);
    if (channel_ != nullptr && !failed_) return channel_;
  }
  const Result<std::vector<IpAddress>> addresses = LookUp(context);
  const MutexLock lock(mutex_);
  if (!addresses) return addresses.error();
  failed_ = false;
  const bool same = std::ranges::is_permutation(*addresses, addresses_);
  if (channel_ == nullptr || !same) {
    channel_ = endpoint_.Connect(*addresses);
    addresses_ = *addresses;
  }
  return channel_;
}

void GrpcConnection::Failed() {
  const MutexLock lock(mutex_);
  failed_ = true;
}

}  // namespace hpaplus::collectors
