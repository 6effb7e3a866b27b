#include "collectors/business_monitor_reply.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <simdjson.h>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"
#include "engine/base/quantity.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {
namespace {

namespace json = simdjson::ondemand;
using JsonError = simdjson::error_code;
using Steps = std::span<const std::string>;

// Longer texts are no numbers that anybody writes.
constexpr std::size_t kLongestNumber = 64;

Error NotJson(JsonError error) {
  return {ErrorCode::kMalformedData, fmt::format("business monitor: the answer is not JSON: {}",
                                                 simdjson::error_message(error))};
}

Error NotThere(std::string_view path, std::string_view found) {
  return {ErrorCode::kMalformedData,
          fmt::format("business monitor: no number at {}: {}", Printable(path), found)};
}

Error BadPath(std::string_view path, std::string_view what) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("business monitor: path {}: {}", Printable(path), what)};
}

// "a~1b" -> "a/b", "a~0b" -> "a~b".
std::optional<std::string> Unescape(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      out += step[i];
      continue;
    }
    ++i;
    if (i == step.size() || (step[i] != '0' && step[i] != '1')) return std::nullopt;
    out += step[i] == '0' ? '~' : '/';
  }
  return out;
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
class PathReader {
 public:
  explicit PathReader(std::string_view path) : path_(path) {}

  Result<JsonNumber> Read(json::document& document, Steps steps) {
    json::value root;
    if (auto error = document.get_value().get(root)) {
      if (error != simdjson::SCALAR_DOCUMENT_AS_VALUE) return NotJson(error);
      return NotThere(path_, "the answer is neither an object nor an array");
    }
    if (Status walked = Walk(root, steps); !walked) return walked.error();
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      return NotJson(simdjson::TRAILING_CONTENT);
    }
    if (!number_) return NotThere(path_, missing_);
    return *number_;
  }

 private:
  Status Walk(json::value value, Steps steps) {
    json::json_type type{};
    if (auto error = value.type().get(type)) return NotJson(error);
    if (steps.empty()) return Take(value, type);
    if (type == json::json_type::object) return WalkObject(value, steps);
    if (type == json::json_type::array) return WalkArray(value, steps);
    return NotThere(path_, fmt::format("there is {} before step \"{}\"", TypeName(type),
                                       Printable(steps.front())));
  }

  Status WalkObject(json::value value, Steps steps) {
    json::object object;
    if (auto error = value.get_object().get(object)) return NotJson(error);
    bool found = false;
    for (auto field : object) {
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return NotJson(error);
      if (key != steps.front()) continue;
      if (found) return NotThere(path_, fmt::format("key \"{}\" occurs twice", Printable(key)));
      found = true;
      json::value child;
      if (auto error = field.value().get(child)) return NotJson(error);
      if (Status walked = Walk(child, steps.subspan(1)); !walked) return walked;
    }
    if (!found) missing_ = fmt::format("there is no key \"{}\"", Printable(steps.front()));
    return Done{};
  }

  Status WalkArray(json::value value, Steps steps) {
    json::array array;
    if (auto error = value.get_array().get(array)) return NotJson(error);
    std::size_t index = 0;
    bool found = false;
    for (auto element : array) {
      json::value child;
      if (auto error = element.get(child)) return NotJson(error);
      // Compared as text: "01" and "-" are no indices.
      if (std::to_string(index++) != steps.front()) continue;
      found = true;
      if (Status walked = Walk(child, steps.subspan(1)); !walked) return walked;
    }
    if (!found) {
      missing_ =
          fmt::format("an array of {} has no element \"{}\"", index, Printable(steps.front()));
    }
    return Done{};
  }

  Status Take(json::value value, json::json_type type) {
    if (type == json::json_type::number) {
      double number = 0;
      if (auto error = value.get_double().get(number)) {
        return NotThere(path_, fmt::format("a bad number ({})", simdjson::error_message(error)));
      }
      number_ = JsonNumber{number, MilliFromDouble(number)};
      return Done{};
    }
    if (type != json::json_type::string) return NotThere(path_, TypeName(type));
    std::string_view text;
    if (auto error = value.get_string().get(text)) return NotJson(error);
    number_ = FromText(text);
    if (!number_) {
      return NotThere(path_, fmt::format("the string \"{}\", which is neither a number nor a "
                                         "quantity",
                                         Printable(text)));
    }
    return Done{};
  }

  static std::optional<JsonNumber> FromText(std::string_view text) {
    // "k" and "." are quantities of zero to Kubernetes. Here they are not numbers.
    const bool has_digit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!has_digit || text.size() > kLongestNumber) return std::nullopt;
    if (const std::optional<double> number = ParseDouble(text)) {
      if (!std::isfinite(*number)) return std::nullopt;
      return JsonNumber{*number, MilliFromDouble(*number)};
    }
    const Result<Quantity> quantity = Quantity::Parse(text);
    if (!quantity || !std::isfinite(quantity->AsDouble())) return std::nullopt;
    return JsonNumber{quantity->AsDouble(), SampleMilli(*quantity)};
  }

  const std::string_view path_;
  std::optional<JsonNumber> number_;
  std::string missing_;
};

}  // namespace

Result<std::vector<std::string>> ParseJsonPath(std::string_view path) {
  const bool pointer = path.starts_with('/');
  const char separator = pointer ? '/' : '.';
  std::string_view rest = path.substr(pointer ? 1 : 0);
  std::vector<std::string> steps;
  for (bool more = true; more;) {
    if (steps.size() == kMostPathSteps) {
      return BadPath(path, fmt::format("more than {} steps", kMostPathSteps));
    }
    const std::size_t end = rest.find(separator);
    const std::string_view step = rest.substr(0, end);
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + 1);
    if (!pointer) {
      if (step.empty()) return BadPath(path, "it has an empty step");
      steps.emplace_back(step);
    } else if (std::optional<std::string> plain = Unescape(step)) {
      steps.push_back(std::move(*plain));
    } else {
      return BadPath(path, "~ must be followed by 0 or 1");
    }
  }
  return steps;
}

std::vector<Result<JsonNumber>> ReadJsonNumbers(std::string_view body,
                                                std::span<const std::string> paths) {
  std::vector<Result<JsonNumber>> numbers;
  numbers.reserve(paths.size());
  const simdjson::padded_string padded(body);
  json::parser parser;
  for (const std::string& path : paths) {
    const Result<std::vector<std::string>> steps = ParseJsonPath(path);
    json::document document;
    if (!steps) {
      numbers.push_back(steps.error());
    } else if (auto error = parser.iterate(padded).get(document)) {
      numbers.push_back(NotJson(error));
    } else {
      numbers.push_back(PathReader(path).Read(document, *steps));
    }
  }
  return numbers;
}

}  // namespace hpaplus::collectors
