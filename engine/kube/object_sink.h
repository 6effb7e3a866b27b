#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus::kube {

/// Takes in the objects of one resource as raw JSON. All calls come from one thread at a time.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;

  /// Everything there is; what is not among it is gone.
  virtual void Replace(const std::vector<std::string>& objects) = 0;
  virtual void Upsert(std::string_view object) = 0;
  virtual void Delete(std::string_view object) = 0;
  /// A list or watch was refused or failed; it is being retried, and what was told so far stands.
  virtual void Failed(const Error& error) = 0;
  /// The watch is up again and goes on where it failed.
  virtual void Resumed() {}
};

}  // namespace hpaplus::kube
