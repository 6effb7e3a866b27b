#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/exposition.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::collectors {

/// A series as it is meant: labels ordered by name, escapes resolved, none with an empty value,
/// which is the same as no such label.
struct SeriesLabels {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  bool operator==(const SeriesLabels&) const = default;

  /// Empty when there is no such label. "__name__" is the name.
  [[nodiscard]] std::string_view Value(std::string_view label) const;
};

/// Gives every series a number, the same one in every exposition that has it, however it is
/// written.
///
/// Made for scraping the same text over and over: what follows what is remembered, so that a series
/// that stands where it stood before costs one comparison, and one that moved costs one look-up.
/// Several targets of one kind share a table with profit. Not thread-safe.
class SeriesTable {
 public:
  using SeriesId = std::uint32_t;
  struct Config {
    std::size_t series_most = 100'000;  // In one exposition; more are an error.
    std::size_t kept_most = 200'000;    // When there are more the table begins anew.
    std::size_t kept_bytes_most = 64U << 20U;
  };
  struct Point {
    SeriesId series = 0;
    double value = 0;
    Timestamp at{};  // 1970: the text says no time.
  };

  explicit SeriesTable(const Config& config);

  /// All points of an exposition, in its order, into `points`. kMalformedData names the line and
  /// what is wrong, also of a series that occurs twice at one time; then there are no points.
  [[nodiscard]] Status Read(std::string_view body, ExpositionFormat format,
                            std::vector<Point>& points);

  /// What a number stands for, as of this generation.
  [[nodiscard]] SeriesLabels LabelsOf(SeriesId series) const;

  /// Counts how often the table has begun anew: numbers of an earlier generation mean nothing.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// Every number is below it.
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  using TextId = std::uint32_t;
  static constexpr TextId kNone = 0xFFFFFFFFU;

  // One way of writing a series.
  struct Text {
    std::string_view text;   // In chunks_.
    std::uint64_t seen = 0;  // Of a series: the exposition that had it last,
    Timestamp seen_at{};     // and the time it had there.
    SeriesId series = 0;     // The first text of its meaning.
    TextId next = kNone;     // The text that came after this one the last time.
  };
  // Of texts_, by a hash. Open addressing, at most half full.
  struct Index {
    struct Slot {
      std::uint64_t hash = 0;
      TextId text = kNone;
    };
    std::vector<Slot> slots;
    std::size_t used = 0;

    /// False when too many hashes are alike, which nobody achieves by accident.
    [[nodiscard]] bool Insert(std::uint64_t hash, TextId text);
    void Grow();
  };

  void Clear();
  [[nodiscard]] std::uint64_t Hash(std::string_view text) const;
  [[nodiscard]] std::uint64_t MeaningOf(const ExpositionReader::Sample& sample) const;
  [[nodiscard]] TextId FindText(std::uint64_t hash, std::string_view text) const;
  [[nodiscard]] SeriesId FindMeaning(std::uint64_t meaning, std::string_view text) const;
  [[nodiscard]] Result<TextId> Intern(const ExpositionReader::Sample& sample);
  [[nodiscard]] Result<TextId> Add(const ExpositionReader::Sample& sample, std::uint64_t hash);
  [[nodiscard]] std::string_view Keep(std::string_view text);
  [[nodiscard]] bool Note(TextId text, const ExpositionReader::Sample& sample,
                          std::vector<Point>& points);

  const Config config_;
  const std::uint64_t seed_;
  std::vector<Text> texts_;
  Index by_text_;
  Index by_meaning_;
  std::deque<std::string> chunks_;  // What the texts point into.
  std::size_t kept_bytes_ = 0;
  TextId first_ = kNone;  // The text that an exposition began with the last time.
  std::uint64_t exposition_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace hpaplus::collectors
