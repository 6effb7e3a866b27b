#include "collectors/json_document.h"

#include <set>
#include <utility>

#include <fmt/core.h>
#include <simdjson.h>

#include "collectors/document_number.h"
#include "collectors/http_answer.h"
#include "collectors/numbers.h"
#include "collectors/value_path.h"

namespace hpaplus::collectors {
namespace {

namespace json = simdjson::ondemand;
using JsonError = simdjson::error_code;
using Steps = std::span<const PathStep>;

Error NotJson(JsonError error) {
  return {ErrorCode::kMalformedData, fmt::format("business monitor: the answer is not JSON: {}",
                                                 simdjson::error_message(error))};
}

std::string_view TypeName(json::json_type type) {
  switch (type) {
    case json::json_type::array:
      return "an array";
    case json::json_type::object:
      return "an object";
    case json::json_type::number:
      return "a number";
    case json::json_type::string:
      return "a string";
    case json::json_type::boolean:
      return "a boolean";
    case json::json_type::null:
      return "null";
  }
  return "something else";
}

// Follows one path. Every object and array on the way is read to its end, so that a document which
// breaks off behind the number, or has the key twice, is not taken for a good one.
class JsonPathReader {
 public:
  JsonPathReader(std::string_view text, const ValuePath& path, Timestamp at)
      : text_(text), path_(path), at_(at) {}

  DocumentValues Read(json::document& document) {
    json::value root;
    if (auto error = document.get_value().get(root)) {
      if (error != simdjson::SCALAR_DOCUMENT_AS_VALUE) return NotJson(error);
      return NoNumberAt(text_, "the answer is neither an object nor an array");
    }
    if (Status walked = Walk(root, path_.steps); !walked) return walked.error();
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      return NotJson(simdjson::TRAILING_CONTENT);
    }
    if (!missing_.empty()) return NoNumberAt(text_, missing_);
    return CombineValues(path_.aggregation, std::move(values_), at_);
  }

 private:
  Status Walk(json::value value, Steps steps) {
    json::json_type type{};
    if (auto error = value.type().get(type)) return NotJson(error);
    if (steps.empty()) return Take(value, type);
    if (type == json::json_type::object && steps.front().kind != PathStep::Kind::kIndex) {
      return WalkObject(value, steps);
    }
    if (type == json::json_type::array) return WalkArray(value, steps);
    const PathStep& step = steps.front();
    return NoNumberAt(
        text_, fmt::format("there is {} before step \"{}\"", TypeName(type),
                           step.kind == PathStep::Kind::kAll ? "[*]" : Printable(step.name)));
  }

  Status WalkObject(json::value value, Steps steps) {
    json::object object;
    if (auto error = value.get_object().get(object)) return NotJson(error);
    const bool all = steps.front().kind == PathStep::Kind::kAll;
    std::set<std::string, std::less<>> seen;  // Of `all`; otherwise the key that is wanted.
    for (auto field : object) {
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return NotJson(error);
      if (!all && key != steps.front().name) continue;
      if (!seen.emplace(key).second) {
        return NoNumberAt(text_, fmt::format("key \"{}\" occurs twice", Printable(key)));
      }
      json::value child;
      if (auto error = field.value().get(child)) return NotJson(error);
      if (Status walked = Walk(child, steps.subspan(1)); !walked) return walked;
    }
    if (seen.empty() && !all) {
      Miss(fmt::format("there is no key \"{}\"", Printable(steps.front().name)));
    }
    return Done{};
  }

  Status WalkArray(json::value value, Steps steps) {
    json::array array;
    if (auto error = value.get_array().get(array)) return NotJson(error);
    const bool all = steps.front().kind == PathStep::Kind::kAll;
    std::size_t index = 0;
    bool found = false;
    for (auto element : array) {
      json::value child;
      if (auto error = element.get(child)) return NotJson(error);
      // Compared as text: "01" and "-" are no indices.
      if (std::to_string(index++) != steps.front().name && !all) continue;
      found = true;
      if (Status walked = Walk(child, steps.subspan(1)); !walked) return walked;
    }
    if (!found && !all) {
      Miss(fmt::format("an array of {} has no element \"{}\"", index,
                       Printable(steps.front().name)));
    }
    return Done{};
  }

  Status Take(json::value value, json::json_type type) {
    if (values_.size() == kMostValues) {
      return NoNumberAt(text_, fmt::format("more than {} values", kMostValues));
    }
    if (path_.aggregation == Aggregation::kCount) {
      values_.push_back({.at = at_});
      return Done{};
    }
    if (type == json::json_type::number) {
      double number = 0;
      if (auto error = value.get_double().get(number)) {
        return NoNumberAt(text_, fmt::format("a bad number ({})", simdjson::error_message(error)));
      }
      values_.push_back({.at = at_, .value = number, .milli = MilliFromDouble(number)});
      return Done{};
    }
    if (type != json::json_type::string) return NoNumberAt(text_, TypeName(type));
    std::string_view text;
    if (auto error = value.get_string().get(text)) return NotJson(error);
    const auto number = NumberFromText(text, at_);
    if (!number) {
      return NoNumberAt(text_, fmt::format("the string \"{}\", which is neither a number nor a "
                                           "quantity",
                                           Printable(text)));
    }
    values_.push_back(*number);
    return Done{};
  }

  void Miss(std::string what) {
    if (missing_.empty()) missing_ = std::move(what);
  }

  const std::string_view text_;
  const ValuePath& path_;
  const Timestamp at_;
  std::vector<ScalarSample> values_;
  std::string missing_;  // The first thing that is not where it should be.
};

}  // namespace

std::vector<DocumentValues> ReadJsonValues(std::string_view body,
                                           std::span<const std::string> queries, Timestamp at) {
  std::vector<DocumentValues> results;
  results.reserve(queries.size());
  const simdjson::padded_string padded(body);
  json::parser parser;
  for (const std::string& query : queries) {
    const Result<ValuePath> path = ParseValuePath(query);
    json::document document;
    if (!path) {
      results.push_back(path.error());
    } else if (auto error = parser.iterate(padded).get(document)) {
      results.push_back(NotJson(error));
    } else {
      results.push_back(JsonPathReader(query, *path, at).Read(document));
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
