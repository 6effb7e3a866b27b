#include "collectors/metrics_server_reply.h"

#include <algorithm>
#include <iterator>
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

constexpr std::size_t kUsualResources = 2;  // cpu and memory.
constexpr std::size_t kUsualContainers = 2;
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

Status ReadText(json::value value, std::string_view where, std::string& out) {
  std::string_view text;
  if (auto error = TextOf(value, text)) return Malformed(where, error);
  out = text;
  return Done{};
}

Status ReadMetadata(json::value value, PodUsage& out) {
  json::object metadata;
  if (auto error = value.get_object().get(metadata)) return Malformed("metadata", error);
  for (auto field : metadata) {
    std::string_view key;
    json::value text;
    if (auto error = KeyOf(field, key)) return Malformed("metadata", error);
    if (key != "name" && key != "namespace") continue;
    if (auto error = field.value().get(text)) return Malformed("metadata", error);
    Status read = ReadText(text, "metadata", key == "name" ? out.pod : out.ns);
    if (!read) return read;
  }
  return Done{};
}

Status ReadTimestamp(json::value value, PodUsage& out) {
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  std::string_view text;
  if (auto error = TextOf(value, text)) return Malformed("timestamp", error);
  const Result<Timestamp> at = ParseRfc3339(text);
  if (!at) return Malformed(fmt::format("timestamp \"{}\"", Printable(text)));
  out.at = *at;
  return Done{};
}

Status ReadWindow(json::value value, PodUsage& out) {
  std::string_view text;
  if (auto error = TextOf(value, text)) return Malformed("window", error);
  const Result<Duration> window = ParseDuration(text);
  if (!window) return Malformed(fmt::format("window \"{}\"", Printable(text)));
  out.window = *window;
  return Done{};
}

Status ReadUsage(json::value value, ContainerUsage& out) {
  // Go writes an empty map as null.
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  json::object usage;
  if (auto error = value.get_object().get(usage)) return Malformed("usage", error);
  out.milli.reserve(kUsualResources);
  for (auto field : usage) {
    std::string_view resource;
    std::string_view text;
    if (auto error = KeyOf(field, resource)) return Malformed("usage", error);
    json::value amount;
    if (auto error = field.value().get(amount)) return Malformed(resource, error);
    if (auto error = TextOf(amount, text)) return Malformed(resource, error);
    if (const auto plain = PlainQuantityMilli(text)) {
      out.milli.emplace_back(resource, *plain);
      continue;
    }
    const Result<Quantity> quantity = Quantity::Parse(text);
    if (!quantity) {
      return Malformed(
          fmt::format("{} \"{}\" is no quantity", Printable(resource), Printable(text)));
    }
    out.milli.emplace_back(resource, SampleMilli(*quantity));
  }
  return Done{};
}

Status ReadContainer(json::value value, ContainerUsage& out) {
  json::object container;
  if (auto error = value.get_object().get(container)) return Malformed("a container", error);
  for (auto field : container) {
    std::string_view key;
    json::value child;
    if (auto error = KeyOf(field, key)) return Malformed("a container", error);
    if (key != "name" && key != "usage") continue;
    if (auto error = field.value().get(child)) return Malformed("a container", error);
    Status read =
        key == "name" ? ReadText(child, "a container's name", out.name) : ReadUsage(child, out);
    if (!read) return read;
  }
  return Done{};
}

Status ReadContainers(json::value value, PodUsage& out) {
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  json::array containers;
  if (auto error = value.get_array().get(containers)) return Malformed("containers", error);
  out.containers.reserve(kUsualContainers);
  for (auto element : containers) {
    json::value container;
    if (auto error = element.get(container)) return Malformed("containers", error);
    Status read = ReadContainer(container, out.containers.emplace_back());
    if (!read) return read;
  }
  return Done{};
}

Status ReadPodField(std::string_view key, json::value value, PodUsage& out) {
  if (key == "metadata") return ReadMetadata(value, out);
  if (key == "timestamp") return ReadTimestamp(value, out);
  if (key == "window") return ReadWindow(value, out);
  if (key == "containers") return ReadContainers(value, out);
  return Done{};
}

Status ReadPod(json::object item, PodUsage& out) {
  for (auto field : item) {
    std::string_view key;
    json::value value;
    if (auto error = KeyOf(field, key)) return Malformed("an item", error);
    if (auto error = field.value().get(value)) return Malformed("an item", error);
    if (Status read = ReadPodField(key, value, out); !read) {
      return Error{read.error().code, fmt::format("{}, pod {}/{}", read.error().message,
                                                  Printable(out.ns), Printable(out.pod))};
    }
  }
  if (out.pod.empty() || out.ns.empty()) return Malformed("an item has no name or no namespace");
  return Done{};
}

Status ReadItems(json::value value, std::vector<PodUsage>& out) {
  // Go writes an empty list as null.
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  json::array items;
  if (auto error = value.get_array().get(items)) return Malformed("items", error);
  for (auto element : items) {
    json::object item;
    if (auto error = element.get_object().get(item)) return Malformed("items", error);
    if (Status read = ReadPod(item, out.emplace_back()); !read) return read;
  }
  return Done{};
}

Status ReadList(json::document& document, std::vector<PodUsage>& out) {
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

bool SamePod(const PodUsage& a, const PodUsage& b) {
  return a.ns == b.ns && a.pod == b.pod;
}

bool IsBefore(const PodUsage& a, const PodUsage& b) {
  const int order = a.ns.compare(b.ns);
  return order != 0 ? order < 0 : a.pod < b.pod;
}

// Sorts pointers, which are smaller, and moves every pod once.
std::vector<PodUsage> StableSorted(std::vector<PodUsage> pods) {
  std::vector<PodUsage*> order;
  order.reserve(pods.size());
  for (PodUsage& pod : pods)
    order.push_back(&pod);
  std::ranges::sort(order, [](const PodUsage* a, const PodUsage* b) {
    if (IsBefore(*a, *b)) return true;
    return !IsBefore(*b, *a) && a < b;
  });
  std::vector<PodUsage> sorted;
  sorted.reserve(pods.size());
  for (PodUsage* pod : order)
    sorted.push_back(std::move(*pod));
  return sorted;
}

void SortAndKeepLast(std::vector<PodUsage>& pods) {
  if (!std::ranges::is_sorted(pods, IsBefore)) pods = StableSorted(std::move(pods));
  // Backwards, because unique keeps the first it meets.
  const auto kept = std::unique(pods.rbegin(), pods.rend(), SamePod);
  pods.erase(pods.begin(), kept.base());
}

}  // namespace

Result<std::vector<PodUsage>> ParsePodMetrics(std::string_view body) {
  const simdjson::padded_string padded(body);
  json::parser parser;
  json::document document;
  if (auto error = parser.iterate(padded).get(document)) return Malformed("the answer", error);
  std::vector<PodUsage> pods;
  pods.reserve(body.size() / kUsualItemBytes);
  if (Status read = ReadList(document, pods); !read) return read.error();
  SortAndKeepLast(pods);
  return pods;
}

}  // namespace hpaplus::collectors
