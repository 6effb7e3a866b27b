#include "engine/record/frame.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/base/check.h"
#include "engine/record/crc32c.h"

namespace hpaplus::record {
namespace {

void AppendU32(std::uint32_t number, std::string& out) {
  for (int i = 0; i < 4; ++i, number >>= 8U)
    out += static_cast<char>(number & 0xFFU);
}

std::uint32_t U32At(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return number;
}

}  // namespace

std::string FrameOf(std::string_view payload) {
  HPAPLUS_CHECK(payload.size() <= kFrameMost);
  std::string frame;
  frame.reserve(kFrameHead + payload.size());
  AppendU32(static_cast<std::uint32_t>(payload.size()), frame);
  AppendU32(Crc32c(payload), frame);
  AppendU32(Crc32c(frame), frame);
  frame += payload;
  return frame;
}

Result<FrameReader> FrameReader::Open(std::string_view bytes) {
  if (bytes.starts_with(kMagic)) return FrameReader(bytes);
  constexpr std::string_view kAnyVersion = "hpaplus recording ";
  if (bytes.starts_with(kAnyVersion)) {
    return Error{ErrorCode::kMalformedData, "the recording has a version that is not known here"};
  }
  return Error{ErrorCode::kMalformedData,
               bytes.empty() ? "the file is empty" : "the file is no recording"};
}

Error FrameReader::Damaged(std::string_view what) const {
  return {ErrorCode::kMalformedData,
          fmt::format("the frame at offset {} is damaged ({}); it and what follows, {} bytes, "
                      "cannot be read",
                      offset_, what, bytes_.size() - offset_)};
}

Result<std::optional<std::string_view>> FrameReader::Next() {
  offset_ = next_;
  const std::string_view left = bytes_.substr(next_);
  // After a loss of power a file may end in zeros that nobody wrote.
  const bool blank = left.find_first_not_of('\0') == std::string_view::npos;
  if (left.size() < kFrameHead || blank) {
    unfinished_ = left.size();
    return std::optional<std::string_view>();
  }
  if (U32At(left, 8) != Crc32c(left.substr(0, 8))) return Damaged("its head");
  const std::size_t size = U32At(left, 0);
  if (size > kFrameMost) return Damaged("its size");
  if (size > left.size() - kFrameHead) {
    unfinished_ = left.size();
    return std::optional<std::string_view>();
  }
  const std::string_view payload = left.substr(kFrameHead, size);
  if (U32At(left, 4) != Crc32c(payload)) return Damaged("its contents");
  next_ += kFrameHead + size;
  return std::optional(payload);
}

}  // namespace hpaplus::record
