#include "engine/embedded/type_table.h"

#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "engine/base/quantity.h"
#include "engine/base/time.h"

// The notation: a word without a colon begins a type, name:type is a field of it. Types are
//   s string   i int32   l int64   f float   b bool   B base64   x anything
//   t Time     u MicroTime         q Quantity          o int or string
// or the name of another type; "[T" is a list, "[T|key" one whose elements a strategic merge patch
// matches by key ("[T|": a list of scalars that it adds to), "{T" a map. "=7" behind it is the
// field's number in protobuf; "^:T=7" is a field that only protobuf has, see NumberedField.

namespace hpaplus::embedded {
namespace {

FieldType ParseFieldType(std::string_view text) {
  FieldType field;
  if (text.starts_with('{')) {
    field.shape = FieldType::Shape::kMap;
    field.element = text.substr(1);
  } else if (text.starts_with('[')) {
    field.shape = FieldType::Shape::kList;
    const std::size_t bar = text.find('|');
    field.element = text.substr(1, bar == std::string_view::npos ? bar : bar - 1);
    field.merges = bar != std::string_view::npos;
    if (field.merges) field.merge_key = text.substr(bar + 1);
  } else {
    field.element = text;
  }
  return field;
}

// "EventSeries@events" is EventSeries to Go.
std::string GoName(const std::string& type) {
  return type.substr(0, type.find('@'));
}

std::string GoType(const FieldType& field, bool whole) {
  static const std::map<std::string, std::string, std::less<>> kNames = {
      {"s", "string"},  {"i", "int32"}, {"l", "int64"},
      {"f", "float64"}, {"b", "bool"},  {"B", "[]uint8"}};
  const auto known = kNames.find(field.element);
  const std::string element = known != kNames.end() ? known->second : "v1." + GoName(field.element);
  if (!whole || field.shape == FieldType::Shape::kOne) return element;
  return (field.shape == FieldType::Shape::kList ? "[]" : "map[string]") + element;
}

// Go names fields, not the elements of lists.
std::string WithoutIndices(const std::string& path) {
  std::string result;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) result += c;
    if (c == ']') inside = false;
  }
  return result;
}

std::string CannotUnmarshal(const Json& value, const std::string& owner, const std::string& path,
                            const std::string& type) {
  std::string what(TypeName(value));
  const bool numbers = type == "int32" || type == "int64" || type == "float64";
  if (value.is_number() && numbers) what += " " + Dump(value);
  return "json: cannot unmarshal " + what + " into Go struct field " + GoName(owner) + "." +
         WithoutIndices(path) + " of type " + type;
}

std::optional<std::string> CheckTime(const std::string& text, bool micro) {
  const std::string layout =
      micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
  constexpr std::size_t kSecondsEnd = 19;  // "2006-01-02T15:04:05"
  if (ParseRfc3339(text)) {
    if (!micro || text.find('.') == kSecondsEnd) return std::nullopt;
    return "parsing time \"" + text + "\" as \"" + layout + "\": cannot parse \"" +
           text.substr(kSecondsEnd) + "\" as \".000000\"";
  }
  return "parsing time \"" + text + "\" as \"" + layout + "\": cannot parse \"" + text +
         "\" as \"2006\"";
}

bool IsScalar(const std::string& element, const Json& value) {
  switch (element[0]) {
    case 's':
    case 'B':
      return value.is_string();
    case 'b':
      return value.is_boolean();
    case 'f':
      return value.is_number();
    case 'l':
      return value.is_number_integer();
    case 'i':
      return value.is_number_integer() &&
             value.get<double>() >= std::numeric_limits<std::int32_t>::min() &&
             value.get<double>() <= std::numeric_limits<std::int32_t>::max();
    default:
      return true;
  }
}

std::optional<std::string> CheckQuantity(Json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : Dump(value);
  const Result<Quantity> quantity = Quantity::Parse(text);
  if (!quantity || (!value.is_string() && !value.is_number())) {
    return "quantities must match the regular expression "
           "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  }
  value = quantity->Canonical().ToString();
  return std::nullopt;
}

}  // namespace

const TypeTable& TypeTable::Builtin() {
  static const TypeTable table(BuiltinTypes());
  return table;
}

TypeTable::TypeTable(std::string_view text) {
  Fields* fields = nullptr;
  Numbers* numbers = nullptr;
  constexpr std::string_view kBlanks = " \n";
  while (true) {
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text.remove_prefix(word.size());
    const std::size_t colon = word.find(':');
    if (colon == std::string_view::npos) {
      fields = &types_[std::string(word)];
      numbers = &numbers_[std::string(word)];
      continue;
    }
    HPAPLUS_CHECK(fields != nullptr);
    const std::string name(word.substr(0, colon));
    const std::size_t equals = word.find('=');
    FieldType type = ParseFieldType(word.substr(0, equals).substr(colon + 1));
    int number = 0;
    if (equals != std::string_view::npos) {
      std::from_chars(word.data() + equals + 1, word.data() + word.size(), number);
    }
    if (name == "^") {
      numbers->parts.emplace(number, std::move(type));
    } else {
      if (number > 0) numbers->fields.emplace(number, name);
      fields->emplace(name, std::move(type));
    }
  }
}

std::optional<NumberedField> TypeTable::Numbered(const std::string& type, int number) const {
  const auto numbers = numbers_.find(type);
  if (numbers == numbers_.end()) return std::nullopt;
  const auto field = numbers->second.fields.find(number);
  if (field != numbers->second.fields.end()) {
    return NumberedField{field->second, Field(type, field->second)};
  }
  const auto part = numbers->second.parts.find(number);
  if (part == numbers->second.parts.end()) return std::nullopt;
  return NumberedField{"", &part->second};
}

const FieldType* TypeTable::Field(const std::string& type, std::string_view field) const {
  const auto fields = types_.find(type);
  if (fields == types_.end()) return nullptr;
  const auto it = fields->second.find(field);
  return it == fields->second.end() ? nullptr : &it->second;
}

Decoded TypeTable::Decode(const std::string& type, Json& value) const {
  Decoded out;
  DecodeObject(type, "", value, out);
  return out;
}

void TypeTable::DecodeObject(const std::string& type, const std::string& path, Json& value,
                             Decoded& out) const {
  const auto fields = types_.find(type);
  if (fields == types_.end()) return;
  Json kept = Json::object();
  for (auto it = value.begin(); it != value.end(); ++it) {
    const std::string at = path.empty() ? it.key() : path + "." + it.key();
    const auto field = fields->second.find(it.key());
    if (field == fields->second.end()) {
      out.unknown.push_back(at);
      continue;
    }
    if (it.value().is_null()) continue;
    DecodeField(field->second, type, at, it.value(), out);
    kept[it.key()] = std::move(it.value());
  }
  value = std::move(kept);
}

void TypeTable::DecodeField(const FieldType& field, const std::string& owner,
                            const std::string& path, Json& value, Decoded& out) const {
  using Shape = FieldType::Shape;
  if (field.shape == Shape::kOne) return DecodeElement(field, owner, path, value, out);
  const bool fits = field.shape == Shape::kList ? value.is_array() : value.is_object();
  if (!fits) {
    if (!out.failure) out.failure = CannotUnmarshal(value, owner, path, GoType(field, true));
    return;
  }
  std::size_t index = 0;
  for (auto it = value.begin(); it != value.end(); ++it, ++index) {
    if (it.value().is_null()) continue;
    std::string at = path;
    if (field.shape == Shape::kList) at += "[" + std::to_string(index) + "]";
    if (field.shape == Shape::kMap && field.element.size() > 1) at += "." + it.key();
    DecodeElement(field, owner, at, it.value(), out);
  }
}

void TypeTable::DecodeElement(const FieldType& field, const std::string& owner,
                              const std::string& path, Json& value, Decoded& out) const {
  std::optional<std::string> failure;
  if (field.element.size() > 1) {
    if (value.is_object()) return DecodeObject(field.element, path, value, out);
    failure = CannotUnmarshal(value, owner, path, GoType(field, false));
  } else if (field.element == "q") {
    failure = CheckQuantity(value);
  } else if (field.element == "t" || field.element == "u") {
    failure = value.is_string() ? CheckTime(value.get<std::string>(), field.element == "u")
                                : CannotUnmarshal(value, owner, path, "string");
  } else if (field.element == "o") {
    if (!value.is_string() && !value.is_number_integer()) {
      failure = CannotUnmarshal(value, owner, path, "int32");
    }
  } else if (!IsScalar(field.element, value)) {
    failure = CannotUnmarshal(value, owner, path, GoType(field, false));
  }
  if (failure && !out.failure) out.failure = std::move(failure);
}

}  // namespace hpaplus::embedded
