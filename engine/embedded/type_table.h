#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// The fields of the built-in kinds, as text; see type_table.cc for the notation.
[[nodiscard]] std::string_view BuiltinTypes();

/// One field of a built-in type.
struct FieldType {
  enum class Shape { kOne, kList, kMap };

  Shape shape = Shape::kOne;
  std::string element;    // A type's name, or one of the letters of the notation.
  bool merges = false;    // A list that a strategic merge patch merges rather than replaces.
  std::string merge_key;  // By this member; empty for a list of scalars.
};

/// What a field number of protobuf stands for in a built-in type.
struct NumberedField {
  std::string name;       // Empty: a part whose fields JSON shows as those of the whole.
  const FieldType* type;  // Of a part only the element counts.
};

struct Decoded {
  std::vector<std::string> unknown;    // "spec.template.spec.foo", removed from the value
  std::optional<std::string> failure;  // in the words of the API server's JSON decoder
};

/// What decoding JSON into the Go types of the built-in kinds would do: which fields there are,
/// what type they have, how their lists merge. Immutable; thread-safe.
class TypeTable {
 public:
  [[nodiscard]] static const TypeTable& Builtin();

  explicit TypeTable(std::string_view text);

  /// Removes unknown fields and nulls from `value`, brings quantities into canonical form, and says
  /// what a decoder would complain about.
  [[nodiscard]] Decoded Decode(const std::string& type, Json& value) const;

  /// Null when the type has no such field or is unknown.
  [[nodiscard]] const FieldType* Field(const std::string& type, std::string_view field) const;

  /// Nothing when protobuf has no such field there.
  [[nodiscard]] std::optional<NumberedField> Numbered(const std::string& type, int number) const;

 private:
  using Fields = std::map<std::string, FieldType, std::less<>>;
  struct Numbers {
    std::map<int, std::string> fields;
    std::map<int, FieldType> parts;
  };

  void DecodeObject(const std::string& type, const std::string& path, Json& value,
                    Decoded& out) const;
  void DecodeField(const FieldType& field, const std::string& owner, const std::string& path,
                   Json& value, Decoded& out) const;
  void DecodeElement(const FieldType& field, const std::string& owner, const std::string& path,
                     Json& value, Decoded& out) const;

  std::map<std::string, Fields, std::less<>> types_;
  std::map<std::string, Numbers, std::less<>> numbers_;
};

}  // namespace hpaplus::embedded
