#pragma once

#include <memory>
#include <string>

#include "engine/ports/metric_files.h"

namespace hpaplus {

/// The files below a directory. The kernel resolves paths so that no link, no "..", and nobody who
/// moves directories meanwhile leads outside (openat2, RESOLVE_BENEATH), of a namespace neither
/// out of the namespace's own directory, which is no link. Links inside are followed, as those of a
/// mounted ConfigMap are.
class DirectoryFiles final : public MetricFiles {
 public:
  /// kNotFound or kPermissionDenied when the directory cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<DirectoryFiles>> Open(const std::string& directory);
  ~DirectoryFiles() override;
  DirectoryFiles(const DirectoryFiles&) = delete;
  DirectoryFiles& operator=(const DirectoryFiles&) = delete;

  [[nodiscard]] Result<MetricFile> Read(std::string_view ns, std::string_view path,
                                        std::size_t bytes_most) const override;

 private:
  explicit DirectoryFiles(int directory) : directory_(directory) {}

  const int directory_;
};

}  // namespace hpaplus
