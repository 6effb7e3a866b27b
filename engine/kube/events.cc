#include "engine/kube/events.h"

#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/url.h"

namespace hpaplus::kube {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestNote = 1024;  // The API server's limit.
constexpr std::size_t kLongestName = 200;   // Of 253, with room for what makes it unique.

// Cuts between characters of UTF-8.
std::string Cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
    --most;
  text.resize(most);
  return text;
}

Json ReferenceJson(const EventSubject& subject) {
  return {{"apiVersion", subject.api_version},
          {"kind", subject.kind},
          {"namespace", subject.ns},
          {"name", subject.name},
          {"uid", subject.uid}};
}

}  // namespace

std::string EventJson(const EventNote& event, const std::string& instance, Timestamp now,
                      std::uint64_t serial) {
  const auto stamp = static_cast<std::uint64_t>(now.time_since_epoch().count());
  Json body;
  body["apiVersion"] = "events.k8s.io/v1";
  body["kind"] = "Event";
  body["metadata"] = {
      {"name", fmt::format("{}.{:x}.{:x}", Cut(event.subject.name, kLongestName), stamp, serial)},
      {"namespace", event.subject.ns}};
  body["eventTime"] = FormatMicroTime(now);
  body["reportingController"] = "hpaplus.io/controller";
  body["reportingInstance"] = instance;
  body["action"] = event.action;
  body["reason"] = event.reason;
  body["regarding"] = ReferenceJson(event.subject);
  if (event.related) body["related"] = ReferenceJson(*event.related);
  body["note"] = Cut(event.note, kLongestNote);
  body["type"] = event.is_warning ? "Warning" : "Normal";
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

EventWriter::EventWriter(Config config, Send send)
    : config_(std::move(config)), send_(std::move(send)) {}

void EventWriter::Write(const EventNote& event, Timestamp now) {
  if (!MayWrite(event, now) || waiting_.load() >= config_.most_waiting) {
    ++dropped_;
    return;
  }
  ++waiting_;
  KubeRequest request;
  request.method = "POST";
  request.path = "/apis/events.k8s.io/v1/namespaces/" + PercentEncode(event.subject.ns) + "/events";
  request.body = EventJson(event, config_.instance, now, ++serial_);
  request.verb = "create";
  request.resource = "events";
  request.priority = Priority::kEvent;
  send_(std::move(request), [this](const Result<std::string>& result) {
    --waiting_;
    ++(result ? written_ : dropped_);
  });
}

bool EventWriter::MayWrite(const EventNote& event, Timestamp now) {
  const double per_second = 1 / ToSeconds(config_.refill);
  const auto full_again = config_.refill * static_cast<std::int64_t>(config_.burst);
  const MutexLock lock(mutex_);
  if (buckets_.size() >= config_.most_buckets) {
    std::erase_if(buckets_, [&](const auto& item) { return item.second.used + full_again < now; });
    if (buckets_.size() >= config_.most_buckets) return false;
  }
  const auto key = std::make_pair(event.subject.uid, event.reason);
  const auto at = buckets_.try_emplace(key, Bucket{TokenBucket(per_second, config_.burst)}).first;
  at->second.used = now;
  return at->second.tokens.Take(now);
}

}  // namespace hpaplus::kube
