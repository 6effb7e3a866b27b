#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/ports/http_client.h"

namespace hpaplus::kube {

/// Where the API server is and as whom we speak to it. Thread-safe.
class Access {
 public:
  virtual ~Access() = default;

  /// "https://10.0.0.1:6443", without a trailing slash.
  [[nodiscard]] virtual const std::string& server() const = 0;
  /// The context's namespace, or the pod's own; "default" when neither says.
  [[nodiscard]] virtual const std::string& default_namespace() const = 0;

  /// The credentials to use now. Token files are read again every minute, exec plug-ins when their
  /// credential expires. May block (files, an exec plug-in); the pointer changes only when the
  /// credentials do.
  [[nodiscard]] virtual Result<std::shared_ptr<const HttpAuth>> Auth() = 0;

  /// The server has answered 401: the next Auth() reads everything again.
  virtual void Refused() = 0;
};

}  // namespace hpaplus::kube
