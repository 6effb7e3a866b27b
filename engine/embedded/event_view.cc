#include "engine/embedded/event_view.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

struct Names {
  const char* core;
  const char* other;
};

constexpr Names kNames[] = {
    {"metadata", "metadata"},
    {"involvedObject", "regarding"},
    {"reason", "reason"},
    {"message", "note"},
    {"source", "deprecatedSource"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
    {"type", "type"},
    {"eventTime", "eventTime"},
    {"series", "series"},
    {"action", "action"},
    {"related", "related"},
    {"reportingComponent", "reportingController"},
    {"reportingInstance", "reportingInstance"},
};

}  // namespace

Json CoreEventOf(const Json& event) {
  Json core{{"kind", "Event"}, {"apiVersion", "v1"}};
  for (const Names& names : kNames) {
    if (const Json* value = FindKey(event, names.other)) core[names.core] = *value;
  }
  return core;
}

Json NewEventOf(const Json& core) {
  Json event{{"kind", "Event"}, {"apiVersion", "events.k8s.io/v1"}};
  for (const Names& names : kNames) {
    if (const Json* value = FindKey(core, names.core)) event[names.other] = *value;
  }
  return event;
}

}  // namespace hpaplus::embedded
