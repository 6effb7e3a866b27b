#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/label_selector.h"
#include "engine/model/source.h"
#include "engine/model/timed_value.h"

namespace hpaplus {

/// The series that a source holds, as of one moment. Immutable. Another list means that series have
/// come or gone, the same one that none has.
struct PushedCatalog {
  struct Series {
    std::uint64_t id = 0;                  // Never given to another series of that source.
    std::shared_ptr<const Labels> labels;  // With "__name__"; ordered by name.
  };
  std::vector<Series> series;  // Ordered by id.
};

/// What has been pushed to the sources of type Push, for their collectors. No call waits for
/// anything but other readers and writers. Thread-safe.
class PushedSamples {
 public:
  virtual ~PushedSamples() = default;

  /// The series of which something was heard within the source's forget_after. kNotFound for a
  /// source that nobody can push to.
  [[nodiscard]] virtual Result<std::shared_ptr<const PushedCatalog>> Catalog(
      const SourceName& source) const = 0;

  /// The samples of each of these series, ordered by time, those of the future too; none for a
  /// series that is not there any more, and for one of which the sender has said last that it
  /// ended.
  [[nodiscard]] virtual std::vector<std::vector<TimedValue>> Read(
      const SourceName& source, std::span<const std::uint64_t> series,
      std::size_t newest_most) const = 0;
};

}  // namespace hpaplus
