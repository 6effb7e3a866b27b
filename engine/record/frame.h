#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace hpaplus::record {

// A segment is a file of frames, docs/recording.md: the magic line, and then
//
//     u32 size of the payload | u32 CRC-32C of the payload | u32 CRC-32C of the 8 bytes before
//     payload
//
// little endian. The head has a sum of its own, so that a size that was damaged is not taken for
// the end of a file that was cut off.

inline constexpr std::string_view kMagic = "hpaplus recording 1\n";
inline constexpr std::size_t kFrameHead = 12;
/// A larger payload is neither written nor read.
inline constexpr std::size_t kFrameMost = 64U << 20U;

/// Precondition: at most kFrameMost.
[[nodiscard]] std::string FrameOf(std::string_view payload);

/// Takes a segment apart. The bytes must outlive it.
class FrameReader {
 public:
  /// kMalformedData: this is no recording, or one of another version.
  [[nodiscard]] static Result<FrameReader> Open(std::string_view bytes);

  /// The next payload; null at the end. kMalformedData: a frame is damaged, where, and how much
  /// lies behind it and is lost with it.
  [[nodiscard]] Result<std::optional<std::string_view>> Next();

  /// Where the frame that Next() gave begins.
  [[nodiscard]] std::size_t offset() const { return offset_; }
  /// After the end: so many bytes are a frame that was not finished.
  [[nodiscard]] std::size_t unfinished() const { return unfinished_; }

 private:
  explicit FrameReader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] Error Damaged(std::string_view what) const;

  std::string_view bytes_;
  std::size_t next_ = kMagic.size();
  std::size_t offset_ = 0;
  std::size_t unfinished_ = 0;
};

}  // namespace hpaplus::record
