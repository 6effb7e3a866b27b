#include "collectors/metrics_server_reply.h"

#include <utility>

#include <fmt/core.h>
#include <simdjson.h>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"
#include "engine/base/quantity.h"

namespace hpaplus::collectors {
namespace {

namespace json = simdjson::ondemand;
using JsonError = simdjson::error_code;

constexpr std::size_t kUsualItemBytes = 300;  // A pod with few labels and one container.

Error Malformed(std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("metrics.k8s.io: {}", what)};
}

Error Malformed(std::string_view where, JsonError error) {
  return Malformed(fmt::format("{}: {}", where, simdjson::error_message(error)));
}

// A key or a value is its text as written when there is no escape in it, which is nearly always.
// Otherwise simdjson resolves it, into memory that lives as long as the document.
JsonError TextOf(json::value value, std::string_view& out) {
  const std::string_view token = value.raw_json_token();
  const std::size_t end = token.find('"', 1);
  if (!token.starts_with('"') || end == std::string_view::npos ||
      token.substr(0, end).find('\\') != std::string_view::npos) {
    return value.get_string().get(out);
  }
  out = token.substr(1, end - 1);
  return simdjson::SUCCESS;
}

JsonError KeyOf(simdjson::simdjson_result<json::field>& field, std::string_view& out) {
  json::raw_json_string raw;
  if (auto error = field.key().get(raw)) return error;
  const char* end = raw.raw();  // simdjson has seen that there is a quote.
  while (*end != '"' && *end != '\\')
    ++end;
  if (*end == '\\') return field.unescaped_key().get(out);
  out = {raw.raw(), static_cast<std::size_t>(end - raw.raw())};
  return simdjson::SUCCESS;
}

// The pod that is being read: its names are wanted for an error, too.
struct PodNames {
  std::string_view ns;
  std::string_view pod;
};

Status ReadMetadata(json::value value, PodNames& out) {
  json::object metadata;
  if (auto error = value.get_object().get(metadata)) return Malformed("metadata", error);
  for (auto field : metadata) {
    std::string_view key;
    json::value text;
    if (auto error = KeyOf(field, key)) return Malformed("metadata", error);
    if (key != "name" && key != "namespace") continue;
    if (auto error = field.value().get(text)) return Malformed("metadata", error);
    if (auto error = TextOf(text, key == "name" ? out.pod : out.ns)) {
      return Malformed("metadata", error);
    }
  }
  return Done{};
}

Status ReadTimestamp(json::value value, PodUsageTable& out) {
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  std::string_view text;
  if (auto error = TextOf(value, text)) return Malformed("timestamp", error);
  const Result<Timestamp> at = ParseRfc3339(text);
  if (!at) return Malformed(fmt::format("timestamp \"{}\"", Printable(text)));
  out.SetTime(*at);
  return Done{};
}

Status ReadWindow(json::value value, PodUsageTable& out) {
  std::string_view text;
  if (auto error = TextOf(value, text)) return Malformed("window", error);
  const Result<Duration> window = ParseDuration(text);
  if (!window) return Malformed(fmt::format("window \"{}\"", Printable(text)));
  out.SetWindow(*window);
  return Done{};
}

Status ReadAmount(std::string_view resource, json::value value, PodUsageTable& out) {
  std::string_view text;
  if (auto error = TextOf(value, text)) return Malformed(Printable(resource), error);
  std::optional<std::int64_t> milli = PlainQuantityMilli(text);
  if (!milli) {
    const Result<Quantity> quantity = Quantity::Parse(text);
    if (!quantity) {
      return Malformed(
          fmt::format("{} \"{}\" is no quantity", Printable(resource), Printable(text)));
    }
    milli = SampleMilli(*quantity);
  }
  if (out.Add(resource, *milli)) return Done{};
  return Malformed(fmt::format("{} is one resource too many, at most {} are taken",
                               Printable(resource), PodUsageTable::kMaxResources));
}

Status ReadUsage(json::value value, PodUsageTable& out) {
  // Go writes an empty map as null.
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  json::object usage;
  if (auto error = value.get_object().get(usage)) return Malformed("usage", error);
  for (auto field : usage) {
    std::string_view resource;
    json::value amount;
    if (auto error = KeyOf(field, resource)) return Malformed("usage", error);
    if (auto error = field.value().get(amount)) return Malformed(Printable(resource), error);
    if (Status read = ReadAmount(resource, amount, out); !read) return read;
  }
  return Done{};
}

Status ReadContainer(json::value value, PodUsageTable& out) {
  json::object container;
  if (auto error = value.get_object().get(container)) return Malformed("a container", error);
  out.BeginContainer();
  for (auto field : container) {
    std::string_view key;
    json::value child;
    if (auto error = KeyOf(field, key)) return Malformed("a container", error);
    if (key != "name" && key != "usage") continue;
    if (auto error = field.value().get(child)) return Malformed("a container", error);
    if (key == "usage") {
      if (Status read = ReadUsage(child, out); !read) return read;
      continue;
    }
    std::string_view name;
    if (auto error = TextOf(child, name)) return Malformed("a container's name", error);
    out.SetContainer(name);
  }
  return Done{};
}

Status ReadContainers(json::value value, PodUsageTable& out) {
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  json::array containers;
  if (auto error = value.get_array().get(containers)) return Malformed("containers", error);
  for (auto element : containers) {
    json::value container;
    if (auto error = element.get(container)) return Malformed("containers", error);
    if (Status read = ReadContainer(container, out); !read) return read;
  }
  return Done{};
}

Status ReadPodFields(json::object item, PodNames& names, PodUsageTable& out) {
  for (auto field : item) {
    std::string_view key;
    json::value value;
    if (auto error = KeyOf(field, key)) return Malformed("an item", error);
    if (auto error = field.value().get(value)) return Malformed("an item", error);
    Status read = Done{};
    if (key == "metadata") read = ReadMetadata(value, names);
    if (key == "timestamp") read = ReadTimestamp(value, out);
    if (key == "window") read = ReadWindow(value, out);
    if (key == "containers") read = ReadContainers(value, out);
    if (!read) return read;
  }
  return Done{};
}

Status ReadPod(json::object item, PodUsageTable& out) {
  PodNames names;
  out.BeginPod();
  if (Status read = ReadPodFields(item, names, out); !read) {
    return Error{read.error().code, fmt::format("{}, pod {}/{}", read.error().message,
                                                Printable(names.ns), Printable(names.pod))};
  }
  if (names.pod.empty() || names.ns.empty()) {
    return Malformed("an item has no name or no namespace");
  }
  out.SetNamespace(names.ns);
  out.SetName(names.pod);
  return Done{};
}

Status ReadItems(json::value value, PodUsageTable& out) {
  // Go writes an empty list as null.
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  json::array items;
  if (auto error = value.get_array().get(items)) return Malformed("items", error);
  for (auto element : items) {
    json::object item;
    if (auto error = element.get_object().get(item)) return Malformed("items", error);
    if (Status read = ReadPod(item, out); !read) return read;
  }
  return Done{};
}

Status ReadList(json::document& document, PodUsageTable& out) {
  json::object root;
  if (auto error = document.get_object().get(root)) return Malformed("the answer", error);
  bool found = false;
  for (auto field : root) {
    std::string_view key;
    if (auto error = KeyOf(field, key)) return Malformed("the answer", error);
    if (key != "items") continue;
    if (found) return Malformed("two lists of items");
    found = true;
    json::value items;
    if (auto error = field.value().get(items)) return Malformed("items", error);
    if (Status read = ReadItems(items, out); !read) return read;
  }
  if (!found) return Malformed("the answer has no items");
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Malformed("something follows the answer");
  }
  return Done{};
}

}  // namespace

Result<PodUsageTable> ParsePodMetrics(std::string body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  json::parser parser;
  json::document document;
  if (auto error = parser.iterate(simdjson::padded_string_view(body)).get(document)) {
    return Malformed("the answer", error);
  }
  PodUsageTable pods;
  pods.Reserve(body.size() / kUsualItemBytes);
  if (Status read = ReadList(document, pods); !read) return read.error();
  pods.SortAndKeepLast();
  return pods;
}

}  // namespace hpaplus::collectors
