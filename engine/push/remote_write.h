#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/timed_value.h"
#include "engine/push/source_samples.h"

namespace hpaplus::push {

/// A request of Prometheus' remote write 1.0: snappy around one protobuf message.
///
/// Decoding only marks where labels are, so the message must stay as long as its series are used.
/// One object serves many requests after each other and keeps its memory; not thread-safe.
class RemoteWriteMessage {
 public:
  static constexpr std::size_t kMostSeries = 100'000;  // Of one request.
  static constexpr std::size_t kMostSamples = 500'000;

  struct Series {
    std::string_view labels;  // For SourceSamples::Append().
    std::size_t first = 0;
    std::size_t count = 0;
  };

  /// kMalformedData for bytes that are no such message, or that hold more than may be; then there
  /// are no series, not even those in front of the mistake. Fields that are not known are skipped.
  [[nodiscard]] Status Decode(std::string_view message);

  [[nodiscard]] std::span<const Series> series() const { return series_; }
  [[nodiscard]] std::span<const TimedValue> SamplesOf(const Series& series) const {
    return std::span(samples_).subspan(series.first, series.count);
  }
  [[nodiscard]] std::size_t histograms() const { return histograms_; }

  /// Adds all samples to a source. Native histograms are refused: no query can read them.
  [[nodiscard]] PushTally AppendTo(SourceSamples& source, Timestamp now) const;

 private:
  [[nodiscard]] bool DecodeSeries(std::string_view bytes);
  [[nodiscard]] bool DecodeSample(std::string_view bytes);

  std::vector<Series> series_;
  std::vector<TimedValue> samples_;
  std::size_t histograms_ = 0;
};

/// What snappy's block format holds. The size that it claims is checked before a byte of it is
/// made: more than `most` is kInvalidArgument. Anything else that is wrong is kMalformedData.
[[nodiscard]] Status InflateSnappy(std::string_view compressed, std::size_t most,
                                   std::string& inflated);

}  // namespace hpaplus::push
