#include "test/bench/size_watch.h"

#include <cstdlib>
#include <utility>

#include "engine/kube/objects_reply.h"
#include "engine/kube/watch_event.h"
#include "test/bench/load_table.h"

namespace hpaplus::bench {
namespace {

constexpr Duration kDialAgainAfter = std::chrono::milliseconds(20);
constexpr Duration kLookEvery = std::chrono::milliseconds(500);  // At the stop.

}  // namespace

SizeWatch::SizeWatch(test::KubeRest& api, std::string ns, std::size_t objects)
    : api_(api),
      path_("/apis/apps/v1/namespaces/" + std::move(ns) + "/deployments"),
      sizes_(objects, -1),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

SizeWatch::~SizeWatch() = default;

std::vector<SizeWatch::Change> SizeWatch::TakeChanges() {
  const std::lock_guard lock(mutex_);
  return std::exchange(changes_, {});
}

std::vector<Replicas> SizeWatch::sizes() const {
  const std::lock_guard lock(mutex_);
  return sizes_;
}

void SizeWatch::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (version_.empty()) List();
    if (!version_.empty()) Follow(stop);
    static_cast<void>(api_.clock().WaitUntil(api_.clock().Now() + kDialAgainAfter, stop));
  }
}

void SizeWatch::List() {
  const Result<std::string> body = api_.GetText(path_);
  if (!body) return;
  const Timestamp now = api_.clock().Now();
  const auto page = kube::ParseListPage(*body);
  if (!page) return;
  for (const auto& item : page->items)
    Note(item.object, now);
  version_ = page->resource_version;
}

void SizeWatch::Follow(const std::stop_token& stop) {
  auto stream = api_.Watch(path_ + "?watch=1&resourceVersion=" + version_, stop);
  if (!stream) {
    if (stream.error().code != ErrorCode::kUnavailable) version_.clear();
    return;
  }
  while (!stop.stop_requested()) {
    const auto line = (*stream)->ReadLine(api_.clock().Now() + kLookEvery, stop);
    if (!line && line.error().code == ErrorCode::kDeadlineExceeded) continue;
    if (!line || !*line) return;
    const Timestamp now = api_.clock().Now();
    const auto event = kube::ParseWatchEvent(**line);
    if (!event || event->type == kube::WatchEvent::Type::kError) return version_.clear();
    version_ = event->head.resource_version;
    Note(std::string(event->object), now);
  }
}

void SizeWatch::Note(const std::string& deployment, Timestamp at) {
  const auto object = kube::ParseAppsWorkload(deployment);
  if (!object) return;
  const auto number = ObjectNumber(object->meta.name);
  const std::lock_guard lock(mutex_);
  if (!number || *number >= sizes_.size()) return;
  const Replicas size = object->scale.spec_replicas;
  const Replicas before = std::exchange(sizes_[*number], size);
  if (before == -1 || before == size) return;
  changes_.push_back(
      {*number, before, size, at, std::atoll(object->meta.resource_version.c_str())});
}

}  // namespace hpaplus::bench
