#include "engine/embedded/protobuf.h"

#include <bit>
#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

#include "engine/base/time.h"
#include "engine/embedded/type_table.h"

namespace hpaplus::embedded {
namespace {

constexpr std::string_view kMagic("k8s\0", 4);
constexpr int kDepthMax = 32;

// The kinds of values on the wire.
constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr unsigned kBytes = 2;
constexpr unsigned kFixed32 = 5;

struct Field {
  int number = 0;
  unsigned wire = 0;
  std::uint64_t scalar = 0;
  std::string_view bytes;
};

// Reads the fields of one message.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  // Nothing at the end, and when the message is broken.
  std::optional<Field> Next() {
    if (left_.empty()) return std::nullopt;
    const std::optional<std::uint64_t> tag = Varint();
    if (!tag || *tag >> 3U == 0 || *tag >> 3U > 0xFFFFU) return Break();
    Field field;
    field.number = static_cast<int>(*tag >> 3U);
    field.wire = static_cast<unsigned>(*tag & 7U);
    if (field.wire == kVarint) {
      const std::optional<std::uint64_t> value = Varint();
      if (!value) return Break();
      field.scalar = *value;
      return field;
    }
    std::optional<std::uint64_t> size;
    if (field.wire == kFixed64) size = 8;
    if (field.wire == kFixed32) size = 4;
    if (field.wire == kBytes) size = Varint();
    if (!size || *size > left_.size()) return Break();
    field.bytes = left_.substr(0, *size);
    left_.remove_prefix(*size);
    return field;
  }

  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::optional<Field> Break() {
    broken_ = true;
    return std::nullopt;
  }

  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80U) return value;
    }
    return std::nullopt;
  }

  std::string_view left_;
  bool broken_ = false;
};

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const bool there = i + j < bytes.size();
      group = (group << 8U) | (there ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const bool there = i + j <= bytes.size();
      text += there ? kDigits[(group >> (18U - 6U * j)) & 0x3FU] : '=';
    }
  }
  return text;
}

class Decoder {
 public:
  // Adds the fields of a message to `object`.
  bool Message(const std::string& type, std::string_view bytes, Json& object) {
    if (++depth_ > kDepthMax) return false;
    Reader reader(bytes);
    while (const std::optional<Field> field = reader.Next()) {
      const std::optional<NumberedField> known = TypeTable::Builtin().Numbered(type, field->number);
      if (!known) continue;
      const bool done = known->name.empty() ? Message(known->type->element, field->bytes, object)
                                            : Member(*known, *field, object);
      if (!done) return false;
    }
    --depth_;
    return !reader.broken();
  }

 private:
  bool Member(const NumberedField& known, const Field& field, Json& object) {
    using Shape = FieldType::Shape;
    const std::string& element = known.type->element;
    if (known.type->shape == Shape::kMap) {
      Json key;
      Json value = element.size() > 1 ? Json::object() : Json(element == "q" ? "0" : "");
      Reader entry(field.bytes);
      while (const std::optional<Field> part = entry.Next()) {
        if (part->number == 1) key = std::string(part->bytes);
        if (part->number == 2 && !Value(element, *part, value)) return false;
      }
      if (entry.broken() || !key.is_string()) return false;
      ObjectAt(object, known.name)[key.get<std::string>()] = std::move(value);
      return true;
    }
    Json value;
    if (!Value(element, field, value)) return false;
    if (known.type->shape == Shape::kList) {
      Json& list = object[known.name];
      if (!list.is_array()) list = Json::array();
      list.push_back(std::move(value));
      return true;
    }
    // Go writes out texts and times that are not set; in JSON they are absent.
    if (value.is_null() || value == "") return true;
    object[known.name] = std::move(value);
    return true;
  }

  bool Value(const std::string& element, const Field& field, Json& value) {
    if (element.size() > 1) {
      value = Json::object();
      return field.wire == kBytes && Message(element, field.bytes, value);
    }
    switch (element[0]) {
      case 's':
        value = std::string(field.bytes);
        return field.wire == kBytes;
      case 'B':
        value = Base64(field.bytes);
        return field.wire == kBytes;
      case 'b':
        value = field.scalar != 0;
        return field.wire == kVarint;
      case 'i':
        value = static_cast<std::int32_t>(field.scalar);
        return field.wire == kVarint;
      case 'l':
        value = static_cast<std::int64_t>(field.scalar);
        return field.wire == kVarint;
      case 'q':
        return field.wire == kBytes && Quantity(field.bytes, value);
      case 'o':
        return field.wire == kBytes && IntOrString(field.bytes, value);
      case 't':
      case 'u':
        return field.wire == kBytes && Time(field.bytes, element == "u", value);
      default:
        return true;  // Nothing that a client sets.
    }
  }

  static bool Quantity(std::string_view bytes, Json& value) {
    Reader reader(bytes);
    value = "0";
    while (const std::optional<Field> field = reader.Next()) {
      if (field->number == 1) value = std::string(field->bytes);
    }
    return !reader.broken();
  }

  static bool IntOrString(std::string_view bytes, Json& value) {
    Reader reader(bytes);
    bool is_text = false;
    std::int32_t number = 0;
    std::string text;
    while (const std::optional<Field> field = reader.Next()) {
      if (field->number == 1) is_text = field->scalar == 1;
      if (field->number == 2) number = static_cast<std::int32_t>(field->scalar);
      if (field->number == 3) text = std::string(field->bytes);
    }
    value = is_text ? Json(text) : Json(number);
    return !reader.broken();
  }

  static bool Time(std::string_view bytes, bool micro, Json& value) {
    Reader reader(bytes);
    if (bytes.empty()) return true;
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
    while (const std::optional<Field> field = reader.Next()) {
      if (field->number == 1) seconds = static_cast<std::int64_t>(field->scalar);
      if (field->number == 2) nanos = static_cast<std::int32_t>(field->scalar);
    }
    constexpr std::int64_t kSecondsMax = 9'000'000'000;  // Within the range of a Timestamp.
    constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
    if (reader.broken() || std::abs(seconds) > kSecondsMax || nanos < 0 ||
        nanos >= kNanosPerSecond) {
      return false;
    }
    const Timestamp at{std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos)};
    value = micro ? FormatMicroTime(at) : FormatRfc3339(at);
    return true;
  }

  int depth_ = 0;
};

}  // namespace

Result<std::shared_ptr<Json>> DecodeProtobuf(std::string_view body, const std::string& type) {
  const Error broken{ErrorCode::kMalformedData, "protobuf: the message is broken"};
  if (!body.starts_with(kMagic)) return broken;
  auto object = std::make_shared<Json>(Json::object());
  std::string_view raw;
  Reader envelope(body.substr(kMagic.size()));
  while (const std::optional<Field> field = envelope.Next()) {
    if (field->number == 2) raw = field->bytes;
    if (field->number != 1) continue;
    Reader type_meta(field->bytes);
    while (const std::optional<Field> part = type_meta.Next()) {
      if (part->number == 1) (*object)["apiVersion"] = std::string(part->bytes);
      if (part->number == 2) (*object)["kind"] = std::string(part->bytes);
    }
    if (type_meta.broken()) return broken;
  }
  if (envelope.broken() || !Decoder().Message(type, raw, *object)) return broken;
  return object;
}

}  // namespace hpaplus::embedded
