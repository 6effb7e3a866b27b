#include "engine/kube/watch_event.h"

#include <array>
#include <optional>
#include <utility>

#include <simdjson.h>

namespace hpaplus::kube {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

constexpr std::string_view kInitialEventsEnd = "k8s.io/initial-events-end";

Error Malformed(std::string_view what) {
  return {ErrorCode::kMalformedData, "kube: " + std::string(what)};
}

struct Head {
  ObjectHead fields;
  std::string_view managed_fields;  // Points into the object's text.
};

bool ReadText(ondemand::value value, std::string* out) {
  std::string_view text;
  if (value.get_string().get(text) != SUCCESS) return false;
  *out = text;
  return true;
}

bool ReadAnnotations(ondemand::value value, ObjectHead* head) {
  bool is_null = false;
  if (value.is_null().get(is_null) == SUCCESS && is_null) return true;
  ondemand::object annotations;
  if (value.get_object().get(annotations) != SUCCESS) return false;
  for (auto field : annotations) {
    std::string_view key;
    ondemand::value content;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    const bool is_end = key == kInitialEventsEnd;
    if (field.value().get(content) != SUCCESS) return false;
    std::string text;
    if (is_end && !ReadText(content, &text)) return false;
    if (is_end) head->initial_events_end = text == "true";
  }
  return true;
}

bool ReadMetadata(ondemand::object metadata, Head* head) {
  for (auto field : metadata) {
    std::string_view raw_key;
    ondemand::value value;
    if (field.unescaped_key().get(raw_key) != SUCCESS) return false;
    const std::string key(raw_key);
    if (field.value().get(value) != SUCCESS) return false;
    bool good = true;
    if (key == "name") good = ReadText(value, &head->fields.name);
    if (key == "namespace") good = ReadText(value, &head->fields.ns);
    if (key == "uid") good = ReadText(value, &head->fields.uid);
    if (key == "resourceVersion") good = ReadText(value, &head->fields.resource_version);
    if (key == "annotations") good = ReadAnnotations(value, &head->fields);
    if (key == "managedFields") {
      ondemand::array entries;
      good = value.get_array().get(entries) == SUCCESS &&
             entries.raw_json().get(head->managed_fields) == SUCCESS;
    }
    if (!good) return false;
  }
  return true;
}

// `object` must lie in a buffer with SIMDJSON_PADDING bytes after it.
std::optional<Head> ReadHead(std::string_view object) {
  thread_local ondemand::parser parser;
  ondemand::document document;
  ondemand::object root;
  const simdjson::padded_string_view padded(object.data(), object.size(),
                                            object.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(padded).get(document) != SUCCESS ||
      document.get_object().get(root) != SUCCESS) {
    return std::nullopt;
  }
  Head head;
  ondemand::object metadata;
  if (root.find_field("metadata").get_object().get(metadata) != SUCCESS ||
      !ReadMetadata(metadata, &head)) {
    return std::nullopt;
  }
  return head;
}

std::string Strip(std::string_view object, std::string_view managed_fields) {
  if (managed_fields.empty()) return std::string(object);
  const auto begin = static_cast<std::size_t>(managed_fields.data() - object.data());
  std::string stripped;
  stripped.reserve(object.size() - managed_fields.size() + 2);
  stripped += object.substr(0, begin);
  stripped += "[]";
  stripped += object.substr(begin + managed_fields.size());
  return stripped;
}

std::optional<WatchEvent::Type> TypeOf(std::string_view name) {
  using Type = WatchEvent::Type;
  constexpr std::array<std::pair<std::string_view, Type>, 5> kTypes = {
      {{"ADDED", Type::kAdded},
       {"MODIFIED", Type::kModified},
       {"DELETED", Type::kDeleted},
       {"BOOKMARK", Type::kBookmark},
       {"ERROR", Type::kError}}};
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return std::nullopt;
}

// The raw text of a value that has to be an object.
bool RawObject(ondemand::value value, std::string_view* raw) {
  ondemand::object object;
  return value.get_object().get(object) == SUCCESS && object.raw_json().get(*raw) == SUCCESS;
}

bool ReadItems(ondemand::value value, ListPage* page) {
  bool is_null = false;
  if (value.is_null().get(is_null) == SUCCESS && is_null) return true;
  ondemand::array items;
  if (value.get_array().get(items) != SUCCESS) return false;
  for (auto element : items) {
    ondemand::value item;
    std::string_view raw;
    if (element.get(item) != SUCCESS || !RawObject(item, &raw)) return false;
    std::optional<Head> head = ReadHead(raw);
    if (!head || head->fields.name.empty()) return false;
    page->items.push_back({std::move(head->fields), Strip(raw, head->managed_fields)});
  }
  return true;
}

bool ReadListMetadata(ondemand::value value, ListPage* page) {
  ondemand::object metadata;
  if (value.get_object().get(metadata) != SUCCESS) return false;
  for (auto field : metadata) {
    std::string_view raw_key;
    ondemand::value content;
    if (field.unescaped_key().get(raw_key) != SUCCESS) return false;
    const std::string key(raw_key);
    if (field.value().get(content) != SUCCESS) return false;
    if (key == "resourceVersion" && !ReadText(content, &page->resource_version)) return false;
    if (key == "continue" && !ReadText(content, &page->continue_token)) return false;
  }
  return true;
}

}  // namespace

Result<WatchEvent> ParseWatchEvent(std::string_view line) {
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(line);
  ondemand::document document;
  ondemand::object root;
  if (parser.iterate(padded).get(document) != SUCCESS ||
      document.get_object().get(root) != SUCCESS) {
    return Malformed("a watch event is not a JSON object");
  }
  std::optional<WatchEvent::Type> type;
  std::string_view object;
  for (auto field : root) {
    std::string_view raw_key;
    ondemand::value value;
    if (field.unescaped_key().get(raw_key) != SUCCESS) return Malformed("a watch event is cut off");
    const std::string key(raw_key);
    if (field.value().get(value) != SUCCESS) return Malformed("a watch event is cut off");
    std::string text;
    if (key == "type" && ReadText(value, &text)) type = TypeOf(text);
    if (key == "object" && !RawObject(value, &object)) {
      return Malformed("a watch event's object is none");
    }
  }
  if (!type || object.empty()) return Malformed("a watch event lacks a known type or its object");
  WatchEvent event;
  event.type = *type;
  event.object =
      line.substr(static_cast<std::size_t>(object.data() - padded.data()), object.size());
  if (*type == WatchEvent::Type::kError) {
    std::optional<ApiStatus> status = ParseApiStatus(object);
    if (!status) return Malformed("a watch event's error is no Status");
    event.status = *std::move(status);
    return event;
  }
  std::optional<Head> head = ReadHead(object);
  if (!head) return Malformed("a watch event's object has no metadata");
  event.head = std::move(head->fields);
  const bool is_object = *type != WatchEvent::Type::kBookmark;
  if (event.head.resource_version.empty() || (is_object && event.head.name.empty())) {
    return Malformed("a watch event's object has no name or version");
  }
  return event;
}

Result<ListPage> ParseListPage(std::string_view body) {
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(body);
  ondemand::document document;
  ondemand::object root;
  if (parser.iterate(padded).get(document) != SUCCESS ||
      document.get_object().get(root) != SUCCESS) {
    return Malformed("a list is not a JSON object");
  }
  ListPage page;
  bool has_items = false;
  for (auto field : root) {
    std::string_view raw_key;
    ondemand::value value;
    if (field.unescaped_key().get(raw_key) != SUCCESS) return Malformed("a list is cut off");
    const std::string key(raw_key);
    if (field.value().get(value) != SUCCESS) return Malformed("a list is cut off");
    if (key == "metadata" && !ReadListMetadata(value, &page)) {
      return Malformed("a list's metadata is malformed");
    }
    if (key != "items") continue;
    if (!ReadItems(value, &page)) return Malformed("a list's items are malformed");
    has_items = true;
  }
  if (!has_items || page.resource_version.empty()) {
    return Malformed("a list has no items or no version");
  }
  return page;
}

std::string WithoutManagedFields(std::string_view object) {
  const simdjson::padded_string padded(object);
  const std::optional<Head> head = ReadHead(padded);
  if (!head) return std::string(object);
  return Strip(padded, head->managed_fields);
}

}  // namespace hpaplus::kube
