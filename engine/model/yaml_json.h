#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus {

/// A place in a text, both from 1 on.
struct TextPosition {
  int line = 1;
  int column = 1;
  bool operator==(const TextPosition&) const = default;
};

/// One document of a YAML text as JSON. Numbers are as written where that is JSON.
struct YamlDocument {
  std::string json;
  TextPosition start;
  /// "spec.metrics[1].source.query" -> where its key or list item begins.
  std::map<std::string, TextPosition> positions;

  /// Of the field or, where it is not in the text, of the nearest one that surrounds it.
  [[nodiscard]] TextPosition Find(std::string_view path) const;
};

struct YamlProblem {
  TextPosition at;
  std::string message;
};

struct YamlText {
  std::vector<YamlDocument> documents;  // Empty ones are left out.
  std::optional<YamlProblem> problem;   // What ended the reading; the documents before it are good.
};

/// Reads YAML, hence JSON too. Strict: duplicate keys, tags, anchors and aliases, keys that are no
/// scalars, numbers with leading zeros or beyond 64 bits, infinities and NaN are problems; so are
/// more than 1 MiB, 10,000 nodes in a document, 64 levels, 40,000 brackets or 200,000 other signs
/// in the text, and keys whose paths come to more than 8 MiB. Plain true, false, null, ~ and
/// numbers of YAML 1.2 are what they look like, everything else is a string: yes, no, on and off
/// too.
[[nodiscard]] YamlText ReadYaml(std::string_view text);

/// The same, all or nothing: kMalformedData "yaml: line 3, column 5: duplicate key \"a\"".
[[nodiscard]] Result<std::vector<YamlDocument>> ParseYaml(std::string_view text);

}  // namespace hpaplus
