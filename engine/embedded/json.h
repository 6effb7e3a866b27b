#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// The one third-party header in a header of ours: declarations only, because nearly every function
// of this layer takes or returns a JSON value. What needs the definition includes it in its .cc.
#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"

namespace hpaplus::embedded {

using Json = nlohmann::ordered_json;
/// What is stored and handed out; never changed once shared.
using ObjectPtr = std::shared_ptr<const Json>;

/// Nesting of one document; deeper ones are refused, because writing them out recurses.
inline constexpr std::size_t kJsonDepthMax = 128;

struct ParsedJson {
  std::shared_ptr<Json> value;
  std::vector<std::string> duplicates;  // "spec.replicas" for a key that came twice; last one wins
};

/// kMalformedData with what is wrong.
[[nodiscard]] Result<ParsedJson> ParseJson(std::string_view text);

/// Bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string Dump(const Json& value);

/// The member of an object; null when there is none or `value` is no object.
[[nodiscard]] const Json* FindKey(const Json& value, std::string_view key);
[[nodiscard]] Json* FindKey(Json& value, std::string_view key);

/// "metadata.labels": each part a key; null when something on the way is missing.
[[nodiscard]] const Json* Find(const Json& value, std::string_view path);
[[nodiscard]] Json* Find(Json& value, std::string_view path);

/// The text there, or nothing when it is missing or no string.
[[nodiscard]] std::string Text(const Json& value, std::string_view path);
[[nodiscard]] std::int64_t Int(const Json& value, std::string_view path, std::int64_t fallback = 0);
[[nodiscard]] bool Flag(const Json& value, std::string_view path);

/// Sets what `path` names, making objects on the way and replacing what is no object.
void Set(Json& value, std::string_view path, Json member);
/// The object at `path`, made when missing.
Json& ObjectAt(Json& value, std::string_view path);
void Remove(Json& value, std::string_view path);

/// Adds what `defaults` has and `value` lacks, objects member by member.
void Merge(Json& value, const Json& defaults);

/// Equal, whatever the order of members; == of Json looks at that too.
[[nodiscard]] bool SameValue(const Json& a, const Json& b);

/// The name of a JSON type as Go's decoder says it: "string", "number", "bool", "object", "array".
[[nodiscard]] std::string_view TypeName(const Json& value);

}  // namespace hpaplus::embedded
