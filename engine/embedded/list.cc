#include "engine/embedded/list.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "engine/embedded/continue_token.h"
#include "engine/embedded/objects.h"
#include "engine/embedded/table.h"

namespace hpaplus::embedded {
namespace {

constexpr char kNotOlderThan[] = "NotOlderThan";
constexpr char kExact[] = "Exact";

std::optional<std::uint64_t> ParseNumber(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

ApiError BadVersion(const std::string& text) {
  ApiError error;
  error.code = 500;
  error.message = "resourceVersion: Invalid value: " + Dump(Json(text)) +
                  ": strconv.ParseUint: parsing " + Dump(Json(text)) + ": invalid syntax";
  return error;
}

std::optional<ApiError> CheckListOptions(const ApiRequest& request, bool watch) {
  const Subject options{"meta.k8s.io", "ListOptions", "", ""};
  const std::string match = request.Query("resourceVersionMatch");
  const auto forbidden = [&](const char* field, const std::string& why) {
    return Invalid(options, {{"FieldValueForbidden", "Forbidden: " + why, field}});
  };
  if (watch) {
    const bool initial = request.query.contains("sendInitialEvents");
    if (initial && match != kNotOlderThan) {
      return forbidden("resourceVersionMatch",
                       "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    if (!initial && !match.empty()) {
      return forbidden("resourceVersionMatch",
                       "resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                       "provided");
    }
    return std::nullopt;
  }
  if (match.empty()) return std::nullopt;
  const std::string version = request.Query("resourceVersion");
  if (version.empty()) {
    return forbidden("resourceVersionMatch",
                     "resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (match != kNotOlderThan && match != kExact) {
    return Invalid(options, {{"FieldValueNotSupported",
                              "Unsupported value: " + Dump(Json(match)) +
                                  ": supported values: \"Exact\", \"NotOlderThan\"",
                              "resourceVersionMatch"}});
  }
  if (match == kExact && version == "0") {
    return forbidden("resourceVersionMatch",
                     "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
  }
  return std::nullopt;
}

struct Selectors {
  LabelSelector labels;
  FieldSelector fields;
  bool all = false;
};

ApiResult<Selectors> ParseSelectors(const Resource& resource, const ApiRequest& request) {
  const std::string labels_text = request.Query("labelSelector");
  const std::string fields_text = request.Query("fieldSelector");
  Result<LabelSelector> labels = LabelSelector::Parse(labels_text);
  if (!labels) return BadRequest(labels.error().message);
  Result<FieldSelector> fields = FieldSelector::Parse(fields_text, resource.selectable);
  if (!fields) return BadRequest(fields.error().message);
  return Selectors{std::move(*labels), std::move(*fields),
                   labels_text.empty() && fields_text.empty()};
}

// An object without the members that items of a list do not repeat.
std::string DumpItem(const Json& object) {
  std::string text = "{";
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it.key() == "kind" || it.key() == "apiVersion") continue;
    if (text.size() > 1) text += ",";
    text += Dump(Json(it.key())) + ":" + Dump(it.value());
  }
  return text + "}";
}

std::string KeyOf(const Json& object) {
  return Text(object, "metadata.namespace") + "/" + Text(object, "metadata.name");
}

Json RowOf(const Resource& resource, const Json& object, Timestamp now, const ApiRequest& request) {
  Json row = TableRow(resource, object, now);
  const std::string include = request.Query("includeObject");
  if (include == "Object") row["object"] = object;
  if (include == "None") row["object"] = nullptr;
  return row;
}

}  // namespace

std::optional<ApiError> Reader::AwaitVersion(std::uint64_t version) {
  if (store_.WaitForVersion(version, Duration::zero())) return std::nullopt;
  if (store_.WaitForVersion(version, limits_.future_version_wait)) return std::nullopt;
  return TooLargeVersion(version, store_.version());
}

ApiResult<Listing> Reader::ListAt(const Resource& resource, const std::string& ns,
                                  const ApiRequest& request) {
  const std::string text = request.Query("resourceVersion");
  std::optional<std::uint64_t> at;
  if (!text.empty() && text != "0") {
    const std::optional<std::uint64_t> version = ParseNumber(text);
    if (!version) return BadVersion(text);
    if (std::optional<ApiError> refusal = AwaitVersion(*version)) return *refusal;
    if (request.Query("resourceVersionMatch") == kExact) at = version;
  }
  Result<Listing> listing = store_.List(resource.storage, ns, at);
  if (!listing) return Expired("The resourceVersion for the provided list is too old.");
  return std::move(*listing);
}

ApiResult<Reader::Page> Reader::ListPage(const Resource& resource, const std::string& ns,
                                         const ApiRequest& request) {
  ApiResult<Selectors> selectors = ParseSelectors(resource, request);
  if (!selectors) return selectors.error();
  const std::string token_text = request.Query("continue");
  Page page;
  if (token_text.empty()) {
    ApiResult<Listing> listing = ListAt(resource, ns, request);
    if (!listing) return listing.error();
    page.listing = std::move(*listing);
  } else {
    const Result<ContinueToken> token = ContinueToken::Parse(token_text);
    if (!token) return BadRequest("invalid continue token: " + token.error().message);
    Result<Listing> listing = store_.List(resource.storage, ns, token->version);
    if (!listing) {
      ApiError error = Expired(
          "The provided continue parameter is too old to display a consistent list result. You can "
          "start a new list without the continue parameter, or use the continue token in this "
          "response to retrieve the remainder of the results. Continuing with the provided token "
          "results in an inconsistent list - objects that were created, modified, or deleted "
          "between the time the first chunk was returned and now may show up in the list.");
      error.continue_token = ContinueToken{std::nullopt, token->start}.ToString();
      return error;
    }
    page.listing = std::move(*listing);
    page.start = token->start;
  }
  const std::uint64_t limit = ParseNumber(request.Query("limit")).value_or(0);
  std::vector<ObjectPtr> all = std::move(page.listing.objects);
  page.listing.objects.clear();
  std::size_t after = 0;
  for (const ObjectPtr& stored : all) {
    const ObjectPtr object = Objects::View(resource, stored);
    if (!page.start.empty() && KeyOf(*object) < page.start) continue;
    if (!selectors->labels.Matches(Find(*object, "metadata.labels"))) continue;
    if (!selectors->fields.Matches(*object)) continue;
    if (limit == 0 || page.listing.objects.size() < limit) {
      page.listing.objects.push_back(object);
    } else {
      if (after == 0) page.next = ContinueToken{page.listing.version, KeyOf(*object)}.ToString();
      ++after;
    }
  }
  if (after > 0 && selectors->all) page.remaining = after;
  return page;
}

std::string Reader::Render(const Resource& resource, const Page& page, const ApiRequest& request) {
  const Representation form = NegotiateRepresentation(request.accept);
  Json metadata{{"resourceVersion", std::to_string(page.listing.version)}};
  const bool always = resource.custom && form == Representation::kObject;
  if (always || !page.next.empty()) metadata["continue"] = page.next;
  if (page.remaining) metadata["remainingItemCount"] = *page.remaining;
  std::string kind = resource.list_kind;
  std::string api_version = resource.api_version();
  if (form != Representation::kObject) {
    kind = form == Representation::kTable ? "Table" : "PartialObjectMetadataList";
    api_version = "meta.k8s.io/v1";
  }
  std::string body = R"({"kind":)" + Dump(Json(kind)) + R"(,"apiVersion":)" +
                     Dump(Json(api_version)) + R"(,"metadata":)" + Dump(metadata);
  if (form == Representation::kTable) {
    body += R"(,"columnDefinitions":)" + Dump(TableColumns(resource)) + R"(,"rows":[)";
  } else {
    body += R"(,"items":[)";
  }
  const Timestamp now = clock_.Now();
  bool first = true;
  for (const ObjectPtr& object : page.listing.objects) {
    if (!first) body += ",";
    first = false;
    if (form == Representation::kTable) {
      body += Dump(RowOf(resource, *object, now, request));
    } else if (form == Representation::kMetadata) {
      body += Dump(MetadataOf(*object));
    } else {
      body += resource.custom ? Dump(*object) : DumpItem(*object);
    }
  }
  return body + "]}";
}

ApiResult<std::string> Reader::List(const ResourcePtr& resource, const std::string& ns,
                                    const ApiRequest& request) {
  if (std::optional<ApiError> refusal = CheckListOptions(request, false)) return *refusal;
  ApiResult<Page> page = ListPage(*resource, ns, request);
  if (!page) return page.error();
  return Render(*resource, *page, request);
}

std::string Reader::Show(const Resource& resource, const Json& object, const ApiRequest& request) {
  switch (NegotiateRepresentation(request.accept)) {
    case Representation::kMetadata:
      return Dump(MetadataOf(object));
    case Representation::kTable:
      return Dump(
          Json{{"kind", "Table"},
               {"apiVersion", "meta.k8s.io/v1"},
               {"metadata", {{"resourceVersion", Text(object, "metadata.resourceVersion")}}},
               {"columnDefinitions", TableColumns(resource)},
               {"rows", Json::array({RowOf(resource, object, clock_.Now(), request)})}});
    case Representation::kObject:
    case Representation::kNone:
      break;
  }
  return Dump(object);
}

ApiResult<std::vector<ObjectPtr>> Reader::Select(const Resource& resource, const std::string& ns,
                                                 const ApiRequest& request) {
  ApiResult<Page> page = ListPage(resource, ns, request);
  if (!page) return page.error();
  return std::move(page->listing.objects);
}

ApiResult<std::unique_ptr<Watch>> Reader::StartWatch(const ResourcePtr& resource,
                                                     const std::string& ns, const std::string& name,
                                                     const ApiRequest& request) {
  if (std::optional<ApiError> refusal = CheckListOptions(request, true)) return *refusal;
  ApiRequest asked = request;
  if (!name.empty()) asked.query["fieldSelector"] = "metadata.name=" + name;
  ApiResult<Selectors> selectors = ParseSelectors(*resource, asked);
  if (!selectors) return selectors.error();
  WatchSpec spec;
  spec.resource = resource;
  spec.ns = ns;
  spec.labels = std::move(selectors->labels);
  spec.fields = std::move(selectors->fields);
  spec.representation = NegotiateRepresentation(request.accept);
  spec.whole_rows = request.Query("includeObject") == "Object";
  spec.bookmarks = request.QueryFlag("allowWatchBookmarks");
  spec.bookmark_interval = limits_.bookmark_interval;
  const std::string text = request.Query("resourceVersion");
  spec.initial_events = text.empty() || text == "0";
  spec.from = store_.version();
  if (!spec.initial_events) {
    const std::optional<std::uint64_t> version = ParseNumber(text);
    if (!version) return BadVersion(text);
    if (std::optional<ApiError> refusal = AwaitVersion(*version)) return *refusal;
    spec.from = *version;
  }
  if (request.query.contains("sendInitialEvents")) {
    spec.initial_events = request.QueryFlag("sendInitialEvents");
    spec.announce_end = spec.initial_events && spec.bookmarks;
  }
  const std::optional<std::uint64_t> seconds = ParseNumber(request.Query("timeoutSeconds"));
  constexpr std::uint64_t kTimeoutSecondsMax = 24UL * 3600;
  Duration timeout = limits_.watch_timeout;
  if (seconds && *seconds > 0) {
    timeout = std::chrono::seconds(std::min(*seconds, kTimeoutSecondsMax));
  }
  spec.deadline = clock_.Now() + timeout;
  return std::make_unique<Watch>(std::move(spec), store_, clock_);
}

}  // namespace hpaplus::embedded
