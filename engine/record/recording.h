#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/record/segment_reader.h"

namespace hpaplus::record {

inline constexpr std::string_view kSegmentSuffix = ".hpar";
/// A larger file is not read.
inline constexpr std::uintmax_t kSegmentMost = 4ULL << 30U;

/// The segments of a directory in the order of their names, which is that of time.
[[nodiscard]] Result<std::vector<std::filesystem::path>> SegmentsIn(
    const std::filesystem::path& directory);

/// Reads a recording: a segment, or a directory of them. Holds one segment in memory.
class RecordingReader {
 public:
  /// kNotFound: there is nothing, or it cannot be read.
  [[nodiscard]] static Result<RecordingReader> Open(const std::filesystem::path& path);

  /// The next entry; null at the end. An error names the file and what of it cannot be read; the
  /// next call goes on with the next segment.
  [[nodiscard]] Result<std::optional<Entry>> Next();

  /// What is missing without anything being wrong, for people: a last frame that was not finished.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Segment {
    explicit Segment(std::string text) : bytes(std::move(text)) {}
    const std::string bytes;
    std::optional<SegmentReader> reader;
  };

  [[nodiscard]] Status OpenNext();
  [[nodiscard]] Error InFile(const Error& error) const;

  std::vector<std::filesystem::path> files_;
  std::size_t next_ = 0;
  std::unique_ptr<Segment> segment_;  // Null: the next one is to be opened.
  std::vector<std::string> notes_;
};

}  // namespace hpaplus::record
