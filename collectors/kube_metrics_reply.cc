#include "collectors/kube_metrics_reply.h"

#include <limits>

#include <fmt/core.h>
#include <simdjson.h>

#include "collectors/http_answer.h"
#include "engine/base/quantity.h"

namespace hpaplus::collectors {
namespace {

namespace dom = simdjson::dom;
using JsonError = simdjson::error_code;

constexpr std::int64_t kLongestWindow = std::numeric_limits<Duration::rep>::max() / 1'000'000'000;

Error Malformed(std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("metric API: {}", what)};
}

Error Malformed(std::string_view where, JsonError error) {
  return Malformed(fmt::format("{}: {}", where, simdjson::error_message(error)));
}

// An absent field and a null are the same to Kubernetes.
bool Find(dom::object object, std::string_view key, dom::element& out) {
  return object[key].get(out) == simdjson::SUCCESS && !out.is_null();
}

Status ReadNumber(dom::object item, MetricValue& out) {
  dom::element value;
  if (!Find(item, "value", value)) return Malformed("an item has no value");
  // A quantity may also be written as a JSON number.
  std::string text;
  std::string_view string;
  if (value.get_string().get(string) == simdjson::SUCCESS) {
    text = string;
  } else if (value.is_number()) {
    text = simdjson::minify(value);
  }
  const Result<Quantity> quantity = Quantity::Parse(text);
  if (!quantity) {
    return Malformed(fmt::format("value {} is no quantity", Printable(simdjson::minify(value))));
  }
  out.value = quantity->AsDouble();
  out.milli = SampleMilli(*quantity);
  return Done{};
}

Status ReadTime(dom::object item, MetricValue& out) {
  dom::element timestamp;
  if (!Find(item, "timestamp", timestamp)) return Done{};
  std::string_view text;
  if (auto error = timestamp.get_string().get(text)) return Malformed("timestamp", error);
  const Result<Timestamp> at = ParseRfc3339(text);
  if (!at) return Malformed(fmt::format("timestamp \"{}\"", Printable(text)));
  out.at = *at;
  return Done{};
}

// v1beta2 calls it windowSeconds, the older versions window.
Status ReadWindow(dom::object item, MetricValue& out) {
  dom::element window;
  if (!Find(item, "windowSeconds", window) && !Find(item, "window", window)) return Done{};
  std::int64_t seconds = 0;
  if (auto error = window.get_int64().get(seconds)) return Malformed("windowSeconds", error);
  if (seconds < 0 || seconds > kLongestWindow) {
    return Malformed(fmt::format("windowSeconds {}", seconds));
  }
  out.window = std::chrono::seconds(seconds);
  return Done{};
}

Status ReadItem(dom::element element, MetricValue& out) {
  dom::object item;
  if (auto error = element.get_object().get(item)) return Malformed("an item", error);
  if (dom::element described; Find(item, "describedObject", described)) {
    std::string_view name;
    if (auto error = described["name"].get_string().get(name)) {
      return Malformed("describedObject.name", error);
    }
    out.object = name;
  }
  if (Status read = ReadNumber(item, out); !read) return read;
  if (Status read = ReadTime(item, out); !read) return read;
  return ReadWindow(item, out);
}

}  // namespace

Result<std::vector<MetricValue>> ParseMetricValues(std::string_view body) {
  dom::parser parser;
  dom::element document;
  dom::object root;
  if (auto error = parser.parse(body.data(), body.size()).get(document)) {
    return Malformed("the answer", error);
  }
  if (auto error = document.get_object().get(root)) return Malformed("the answer", error);
  dom::element list;
  if (root["items"].get(list) != simdjson::SUCCESS) return Malformed("the answer has no items");
  std::vector<MetricValue> values;
  if (list.is_null()) return values;  // Go writes an empty list as null.
  dom::array items;
  if (auto error = list.get_array().get(items)) return Malformed("items", error);
  for (const dom::element item : items) {
    if (Status read = ReadItem(item, values.emplace_back()); !read) return read.error();
  }
  return values;
}

Result<std::vector<std::string>> ParseGroupVersions(std::string_view body) {
  dom::parser parser;
  dom::element document;
  dom::array versions;
  if (auto error = parser.parse(body.data(), body.size()).get(document)) {
    return Malformed("the API group", error);
  }
  if (auto error = document["versions"].get_array().get(versions)) {
    return Malformed("the API group's versions", error);
  }
  std::vector<std::string> names;
  for (const dom::element version : versions) {
    std::string_view name;
    if (auto error = version["version"].get_string().get(name)) {
      return Malformed("the API group's versions", error);
    }
    names.emplace_back(name);
  }
  return names;
}

}  // namespace hpaplus::collectors
