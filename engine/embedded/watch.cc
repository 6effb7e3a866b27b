#include "engine/embedded/watch.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/embedded/event_view.h"
#include "engine/embedded/objects.h"
#include "engine/embedded/table.h"

namespace hpaplus::embedded {

Watch::Watch(WatchSpec spec, Store& store, Clock& clock)
    : spec_(std::move(spec)),
      store_(store),
      clock_(clock),
      epoch_(store.epoch()),
      version_(spec_.from),
      next_bookmark_(clock.Now() + spec_.bookmark_interval) {}

bool Watch::Selects(const Json& object) const {
  if (!spec_.ns.empty() && Text(object, "metadata.namespace") != spec_.ns) return false;
  return spec_.labels.Matches(Find(object, "metadata.labels")) && spec_.fields.Matches(object);
}

Json Watch::Shown(const Json& object) {
  if (spec_.representation == Representation::kMetadata) return MetadataOf(object);
  if (spec_.representation != Representation::kTable) return object;
  Json row = TableRow(*spec_.resource, object, clock_.Now());
  if (spec_.whole_rows) row["object"] = object;
  Json columns = nullptr;
  if (!columns_sent_) columns = TableColumns(*spec_.resource);
  columns_sent_ = true;
  return {{"kind", "Table"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", {{"resourceVersion", Text(object, "metadata.resourceVersion")}}},
          {"columnDefinitions", std::move(columns)},
          {"rows", Json::array({std::move(row)})}};
}

void Watch::Emit(const char* type, const Json& object, std::string& lines) {
  lines += R"({"type":")";
  lines += type;
  lines += R"(","object":)";
  lines += Dump(object);
  lines += "}\n";
}

void Watch::SendBookmark(bool initial_end, std::string& lines) {
  Json metadata{{"resourceVersion", std::to_string(version_)}};
  if (initial_end) metadata["annotations"] = {{"k8s.io/initial-events-end", "true"}};
  Json object{{"kind", spec_.resource->kind}, {"apiVersion", spec_.resource->api_version()}};
  if (spec_.representation != Representation::kObject) {
    const bool table = spec_.representation == Representation::kTable;
    object = {{"kind", table ? "Table" : "PartialObjectMetadata"},
              {"apiVersion", "meta.k8s.io/v1"}};
  }
  object["metadata"] = std::move(metadata);
  Emit("BOOKMARK", object, lines);
}

void Watch::SendInitial(std::string& lines) {
  started_ = true;
  if (!spec_.initial_events) return;
  const Result<Listing> listing = store_.List(spec_.resource->storage, spec_.ns);
  if (!listing) return;
  version_ = listing->version;
  for (const ObjectPtr& stored : listing->objects) {
    const ObjectPtr object = Objects::View(*spec_.resource, stored);
    if (Selects(*object)) Emit("ADDED", Shown(*object), lines);
  }
  if (spec_.announce_end) SendBookmark(true, lines);
}

void Watch::Send(const Change& change, std::string& lines) {
  const ObjectPtr now = Objects::View(*spec_.resource, change.object);
  const bool selected_now = change.kind != Change::Kind::kDeleted && Selects(*now);
  bool selected_before = false;
  ObjectPtr before;
  if (change.before != nullptr) {
    before = Objects::View(*spec_.resource, change.before);
    selected_before = Selects(*before);
  }
  if (selected_now) {
    Emit(selected_before ? "MODIFIED" : "ADDED", Shown(*now), lines);
  } else if (selected_before) {
    // To this client it is gone, whether or not it is; what it sees is the last state it selected.
    Json last = *before;
    last["metadata"]["resourceVersion"] = std::to_string(change.version);
    Emit("DELETED", Shown(last), lines);
  }
}

Watch::State Watch::Next(Duration patience, std::string& lines) {
  if (!started_) {
    SendInitial(lines);
    if (!lines.empty()) return State::kOpen;
  }
  const Timestamp now = clock_.Now();
  if (now >= spec_.deadline) return State::kFinished;
  Duration left = std::min(patience, spec_.deadline - now);
  if (spec_.bookmarks) left = std::clamp(next_bookmark_ - now, Duration::zero(), left);
  const ChangeBatch batch = store_.Wait(spec_.resource->storage, version_, epoch_, left);
  if (batch.closed) return State::kAborted;
  if (batch.expired) {
    const ApiError error = Expired("too old resource version: " + std::to_string(version_) + " (" +
                                   std::to_string(batch.version) + ")");
    Emit("ERROR", StatusOf(error), lines);
    return State::kFinished;
  }
  for (const Change& change : batch.changes)
    Send(change, lines);
  version_ = batch.version;
  if (spec_.bookmarks && clock_.Now() >= next_bookmark_) {
    SendBookmark(false, lines);
    next_bookmark_ = clock_.Now() + spec_.bookmark_interval;
  }
  return State::kOpen;
}

}  // namespace hpaplus::embedded
