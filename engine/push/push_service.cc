#include "engine/push/push_service.h"

#include <utility>

#include <fmt/core.h>

namespace hpaplus::push {
namespace {

constexpr std::string_view kWritePath = "/api/v1/write/";
constexpr std::size_t kIdleMost = 4;             // Buffers that are kept for the next requests,
constexpr std::size_t kKeptLargest = 4U << 20U;  // unless one has become larger than this.

HttpReply Text(int status, std::string body) {
  return {status, std::move(body) + "\n", {}};
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// "application/x-protobuf", with remote write 1.0's message if it names one.
bool IsVersionOne(std::string_view content_type) {
  const std::string type = Lower(content_type);
  const std::size_t end = std::min(type.find(';'), type.size());
  if (std::string_view(type).substr(0, end).find("application/x-protobuf") != 0) return false;
  const std::size_t proto = type.find("proto=");
  return proto == std::string::npos ||
         std::string_view(type).substr(proto).starts_with("proto=prometheus.writerequest");
}

std::optional<HttpReply> CheckForm(const HttpHead& head) {
  if (!IsVersionOne(head.Header("content-type"))) {
    return Text(415,
                "the content type must be application/x-protobuf, with the message "
                "prometheus.WriteRequest: remote write 1.0");
  }
  if (Lower(head.Header("content-encoding")) != "snappy") {
    return Text(415, "the content encoding must be snappy");
  }
  return std::nullopt;
}

HttpReply Unauthorized(const Error& error) {
  HttpReply reply = Text(401, error.message);
  reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

}  // namespace

void PushCounts::Add(const PushTally& tally) {
  written_samples += tally.written;
  late_samples += tally.late;
  refused_samples += tally.refused;
}

PushService::PushService(Config config, PushSources& sources, PushCounts& counts, Clock& clock)
    : config_(std::move(config)), sources_(sources), counts_(counts), clock_(clock) {}

PushService::Route PushService::Find(const HttpHead& head) {
  if (!head.path.starts_with(kWritePath)) {
    return {
        Text(404, "nothing is here; remote write goes to /api/v1/write/NAMESPACE/NAME"), {}, {}};
  }
  if (head.method != "POST") {
    HttpReply reply = Text(405, "only POST is taken");
    reply.headers.emplace_back("Allow", "POST");
    return {std::move(reply), {}, {}};
  }
  if (const std::string unready = config_.unready(); !unready.empty()) {
    HttpReply reply = Text(503, unready);
    reply.headers.emplace_back("Retry-After", "1");
    return {std::move(reply), {}, {}};
  }
  const auto name = ParsePushTarget(head.path.substr(kWritePath.size()));
  if (!name) return {Text(404, name.error().message), {}, {}};
  auto samples = sources_.Admit(*name, [&head](std::string_view key) { return head.Header(key); });
  if (!samples) return {Unauthorized(samples.error()), {}, {}};
  return {CheckForm(head), *name, std::move(*samples)};
}

std::optional<HttpReply> PushService::Refuse(const HttpHead& head) {
  std::optional<HttpReply> refusal = Find(head).refusal;
  if (refusal) {
    ++counts_.requests;
    ++counts_.refused_requests;
  }
  return refusal;
}

HttpReply PushService::Serve(const HttpHead& head, std::string_view body) {
  ++counts_.requests;
  Route route = Find(head);  // Once more: a source may have gone while its body came.
  HttpReply reply;
  if (route.refusal) {
    reply = std::move(*route.refusal);
  } else {
    std::unique_ptr<Scratch> scratch = TakeScratch();
    reply = Store(route, body, *scratch);
    GiveBack(std::move(scratch));
  }
  if (reply.status >= 400) ++counts_.refused_requests;
  return reply;
}

HttpReply PushService::Store(const Route& route, std::string_view body, Scratch& scratch) {
  if (const Status done = InflateSnappy(body, config_.inflated_most, scratch.inflated); !done) {
    const bool too_large = done.error().code == ErrorCode::kInvalidArgument;
    return Text(too_large ? 413 : 400, done.error().message);
  }
  if (const Status done = scratch.message.Decode(scratch.inflated); !done) {
    return Text(400, done.error().message);
  }
  const PushTally tally = scratch.message.AppendTo(*route.samples, clock_.Now());
  sources_.Announce(route.source, tally);
  counts_.Add(tally);
  HttpReply reply{204, {}, {}};
  if (tally.refused > 0) {
    reply = Text(400, fmt::format("{} samples refused: {}", tally.refused, tally.problem));
  }
  // Of remote write 2.0; whoever knows them can tell a part from nothing.
  reply.headers.emplace_back("X-Prometheus-Remote-Write-Samples-Written",
                             std::to_string(tally.written));
  reply.headers.emplace_back("X-Prometheus-Remote-Write-Histograms-Written", "0");
  reply.headers.emplace_back("X-Prometheus-Remote-Write-Exemplars-Written", "0");
  return reply;
}

std::unique_ptr<PushService::Scratch> PushService::TakeScratch() {
  const MutexLock lock(mutex_);
  if (idle_.empty()) return std::make_unique<Scratch>();
  std::unique_ptr<Scratch> scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void PushService::GiveBack(std::unique_ptr<Scratch> scratch) {
  if (scratch->inflated.capacity() > kKeptLargest) return;
  const MutexLock lock(mutex_);
  if (idle_.size() < kIdleMost) idle_.push_back(std::move(scratch));
}

}  // namespace hpaplus::push
