#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hpaplus::record {

/// Writes numbers and texts one behind the other. Integers are zigzag varints of 7 bits a byte, the
/// lowest first; doubles and what is as wide are 8 bytes, little endian.
class Packer {
 public:
  static constexpr bool kReads = false;

  void PutByte(std::uint8_t byte) { bytes_ += static_cast<char>(byte); }
  void PutCount(std::uint64_t count) {
    for (; count >= 0x80U; count >>= 7U)
      PutByte(static_cast<std::uint8_t>(count | 0x80U));
    PutByte(static_cast<std::uint8_t>(count));
  }
  void PutInteger(std::int64_t integer) {
    const auto sign = static_cast<std::uint64_t>(integer >> 63);
    PutCount((static_cast<std::uint64_t>(integer) << 1U) ^ sign);
  }
  void PutWide(std::uint64_t wide) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(wide & 0xFFU);
      wide >>= 8U;
    }
    bytes_.append(bytes, sizeof bytes);
  }
  void PutText(std::string_view text) {
    PutCount(text.size());
    bytes_ += text;
  }
  void PutBytes(std::string_view bytes) { bytes_ += bytes; }
  void Reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::string Take() { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
};

/// Reads what a Packer wrote. After the first thing that makes no sense it is bad(), and everything
/// is zero and empty. The bytes must outlive it.
class Unpacker {
 public:
  static constexpr bool kReads = true;

  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t TakeByte() {
    if (bytes_.empty()) return Fail();
    const auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::uint64_t TakeCount() {
    std::uint64_t count = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = TakeByte();
      count |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return bad_ ? 0 : count;
    }
    return Fail();
  }
  std::int64_t TakeInteger() {
    const std::uint64_t zigzag = TakeCount();
    return static_cast<std::int64_t>((zigzag >> 1U) ^ (0 - (zigzag & 1U)));
  }
  std::uint64_t TakeWide() {
    std::uint64_t wide = 0;
    for (unsigned shift = 0; shift < 64; shift += 8)
      wide |= std::uint64_t{TakeByte()} << shift;
    return bad_ ? 0 : wide;
  }
  std::string_view TakeText() { return TakeBytes(TakeCount()); }
  std::string_view TakeBytes(std::uint64_t size) {
    if (size > bytes_.size()) {
      Fail();
      return {};
    }
    const std::string_view text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return text;
  }

  std::uint8_t Fail() {
    bad_ = true;
    bytes_ = {};
    return 0;
  }
  [[nodiscard]] bool bad() const { return bad_; }
  /// Bytes not taken yet.
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool bad_ = false;
};

}  // namespace hpaplus::record
