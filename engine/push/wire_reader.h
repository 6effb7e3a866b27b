#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace hpaplus::push {

/// Walks the fields of one message in protobuf's wire format, without copying and without a schema:
/// generated code spends most of its time on making objects of what is looked at once. Every
/// length is checked against what is left; what does not add up ends the walk with ok() false.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  /// The field of the number and type; kLengthDelimited has `bytes`, the others `number`.
  enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };
  struct Field {
    std::uint32_t number = 0;
    Type type = Type::kVarint;
    std::uint64_t value = 0;
    std::string_view bytes;

    [[nodiscard]] bool Is(std::uint32_t wanted, Type of) const {
      return number == wanted && type == of;
    }
    [[nodiscard]] double AsDouble() const { return std::bit_cast<double>(value); }
  };

  /// False at the end, and when what follows is no field.
  bool Next(Field& field) {
    if (at_ == end_) return false;
    std::uint64_t key = 0;
    if (!Varint(key)) return Fail();
    field.number = static_cast<std::uint32_t>(key >> 3U);
    field.type = static_cast<Type>(key & 7U);
    if (field.number == 0 || key > kLargestKey) return Fail();
    switch (field.type) {
      case Type::kVarint:
        return Varint(field.value) || Fail();
      case Type::kFixed64:
        return Fixed<std::uint64_t>(field.value) || Fail();
      case Type::kFixed32:
        return Fixed<std::uint32_t>(field.value) || Fail();
      case Type::kLengthDelimited:
        return Bytes(field.bytes) || Fail();
    }
    return Fail();  // Groups and what is no type.
  }

  [[nodiscard]] bool ok() const { return ok_; }
  /// The first byte that has not been walked over.
  [[nodiscard]] const char* at() const { return at_; }

 private:
  static constexpr std::uint64_t kLargestKey = 0xFFFFFFFFU;

  bool Fail() {
    ok_ = false;
    at_ = end_;
    return false;
  }

  bool Varint(std::uint64_t& value) {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80U) {
      value = static_cast<unsigned char>(*at_++);
      return true;
    }
    value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80U) return shift < 63 || byte <= 1;
    }
    return false;
  }

  template <class Number>
  bool Fixed(std::uint64_t& value) {
    if (static_cast<std::size_t>(end_ - at_) < sizeof(Number)) return false;
    Number number = 0;
    std::memcpy(&number, at_, sizeof number);  // The wire is little endian, and so are we.
    static_assert(std::endian::native == std::endian::little);
    value = number;
    at_ += sizeof number;
    return true;
  }

  bool Bytes(std::string_view& bytes) {
    std::uint64_t size = 0;
    if (!Varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return false;
    bytes = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace hpaplus::push
