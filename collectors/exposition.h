#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::collectors {

/// The two ways in which programs show their metrics as text.
enum class ExpositionFormat { kPrometheusText, kOpenMetrics };

/// From a Content-Type. Plain text without parameters, or no type at all, is Prometheus' format
/// 0.0.4. kMalformedData for anything else, a login page for instance.
[[nodiscard]] Result<ExpositionFormat> FormatOfContentType(std::string_view content_type);

/// What to send as Accept: either of the two, OpenMetrics rather.
[[nodiscard]] std::string_view ExpositionAccept();

struct ExpositionLabel {
  std::string_view name;
  std::string_view value;  // As written: see UnescapeLabel.
};

/// A label's value with \\, \" and \n resolved; any other escape stands for itself.
[[nodiscard]] std::string UnescapeLabel(std::string_view written);

/// Reads an exposition sample by sample without copying it.
///
/// The whole text is held to its format: 0.0.4 with blanks and tabs where Prometheus allows them,
/// OpenMetrics 1.0 to the letter, `# EOF` included. A text that does not end with a line feed has
/// been cut off, so its last number may be, too: it is malformed. NaN and infinity are numbers
/// here. Not thread-safe.
class ExpositionReader {
 public:
  struct Limits {
    std::size_t line_bytes = 64U << 10U;
  };
  static constexpr std::size_t kMostLabels = 64;  // Of one series.

  struct Sample {
    std::string_view series;                  // Name and labels as written: `up{job="a"}`.
    std::string_view name;                    // Empty when the series was the expected one.
    std::span<const ExpositionLabel> labels;  // Until the next call. Empty for the expected one.
    double value = 0;
    std::optional<Timestamp> at;  // Only if the line has one.
  };
  enum class Step { kSample, kEnd, kMalformed };

  /// `body` must outlive the reader.
  ExpositionReader(std::string_view body, ExpositionFormat format, const Limits& limits);

  /// The next sample. `expected` is the series that was found here the last time, if any: when it
  /// is written in the same way, its labels are not taken apart again.
  [[nodiscard]] Step Next(std::string_view expected, Sample& sample);

  /// After kMalformed: "line 12: a label's value has no end".
  [[nodiscard]] Error error() const { return ErrorAt(at_, problem_); }
  /// After kSample: the error of that line, when the caller finds something wrong with it.
  [[nodiscard]] Error ErrorOfSample(std::string_view what) const { return ErrorAt(at_ - 1, what); }

 private:
  [[nodiscard]] Error ErrorAt(const char* at, std::string_view what) const;
  [[nodiscard]] Step Fail(const char* at, std::string_view what);
  [[nodiscard]] bool ReadComment();
  [[nodiscard]] bool ReadOpenMetricsComment();
  [[nodiscard]] bool ReadMetadata(std::string_view word, std::string_view rest);
  [[nodiscard]] bool ReadSeries(std::string_view expected, Sample& sample);
  [[nodiscard]] bool ReadLabels();
  [[nodiscard]] bool ReadLabel();
  [[nodiscard]] bool ReadLabelValue(std::string_view& value);
  [[nodiscard]] bool ReadValue(double& value);
  [[nodiscard]] bool ReadRest(Sample& sample);
  [[nodiscard]] bool ReadTime(Sample& sample);
  [[nodiscard]] bool ReadExemplar();
  [[nodiscard]] bool Separator();
  void SkipBlanks();
  [[nodiscard]] std::string_view Token() const;
  [[nodiscard]] bool Broken(std::string_view what);
  [[nodiscard]] bool open_metrics() const { return format_ == ExpositionFormat::kOpenMetrics; }

  const char* const begin_;
  const char* const end_;
  const ExpositionFormat format_;
  const Limits limits_;
  const char* at_;
  bool eof_seen_ = false;
  std::string_view problem_;  // What is wrong at at_.
  std::size_t label_count_ = 0;
  std::array<ExpositionLabel, kMostLabels> labels_{};
};

}  // namespace hpaplus::collectors
