#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus {

struct MetricFile {
  std::string text;
  Timestamp modified{};
};

/// Files below one directory, for sources that others write. Reads are short and local but do
/// block. Thread-safe.
class MetricFiles {
 public:
  virtual ~MetricFiles() = default;

  /// The whole of a regular file, as it was at one moment when it is replaced by renaming. `path`
  /// is below the directory `ns`, or below the whole when that is empty, and no link leads out of
  /// there. kNotFound, kPermissionDenied, kMalformedData when it is longer than `bytes_most`,
  /// kUnavailable while somebody writes to it.
  [[nodiscard]] virtual Result<MetricFile> Read(std::string_view ns, std::string_view path,
                                                std::size_t bytes_most) const = 0;
};

}  // namespace hpaplus
