#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus::demo {

/// The demo's business: an HTTP server that tells the load of its services, at /metrics for
/// Prometheus (demo_load{service="checkout"}) and at /monitor/<service> as a business monitor
/// ({"service":"mailer","queue":{"depth":12}}). Thread-safe.
class LoadService {
 public:
  static Result<std::unique_ptr<LoadService>> Start(const std::vector<std::string>& services);

  virtual ~LoadService() = default;
  [[nodiscard]] virtual int port() const = 0;
  virtual void Set(std::size_t service, double load) = 0;
};

}  // namespace hpaplus::demo
