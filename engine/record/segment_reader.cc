#include "engine/record/segment_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/record/codec.h"
#include "engine/record/delta.h"

namespace hpaplus::record {
namespace {

constexpr std::size_t kReadingsMost = 1024;  // An object has 32 metrics at most.

Error NoSense(std::string_view what) {
  return {ErrorCode::kMalformedData, std::string(what) + " makes no sense"};
}

Timestamp TakeTime(Unpacker& unpacker) {
  return Timestamp(Duration(static_cast<std::int64_t>(unpacker.TakeWide())));
}

WorkloadId TakeId(Unpacker& unpacker) {
  const std::uint64_t index = unpacker.TakeCount();
  if (index > std::numeric_limits<std::uint32_t>::max()) unpacker.Fail();
  return {static_cast<std::uint32_t>(index)};
}

Replicas TakeReplicas(Unpacker& unpacker) {
  const std::int64_t replicas = unpacker.TakeInteger();
  using Limits = std::numeric_limits<Replicas>;
  if (replicas < Limits::min() || replicas > Limits::max()) unpacker.Fail();
  return static_cast<Replicas>(replicas);
}

// Whether what a decision points at is there.
bool Fits(const Decision& decision, const WorkloadSpec& spec) {
  const std::size_t metrics = spec.metrics.size();
  if (!decision.metrics.empty() && decision.metrics.size() != metrics) return false;
  return std::ranges::all_of(decision.steps, [&](const DecisionStep& step) {
    if (IsAboutMetric(step)) return step.index < std::max<std::size_t>(metrics, 1);
    return step.stage != Stage::kSchedule || step.index == 0 || step.index < spec.schedules.size();
  });
}

}  // namespace

Result<SegmentReader> SegmentReader::Open(std::string_view bytes) {
  Result<FrameReader> frames = FrameReader::Open(bytes);
  if (!frames) return frames.error();
  return SegmentReader(*frames);
}

Result<std::optional<Entry>> SegmentReader::Next() {
  const auto payload = frames_.Next();
  if (!payload) return payload.error();
  if (!*payload) return std::optional<Entry>();
  Entry entry;
  if (Status read = ReadEntry(**payload, entry); !read) {
    return Error{read.error().code,
                 fmt::format("the frame at offset {}: {}", frames_.offset(), read.error().message)};
  }
  return std::optional(std::move(entry));
}

std::string SegmentReader::Truncation() const {
  if (frames_.unfinished() == 0) return "";
  return fmt::format("the last {} bytes, from offset {} on, are a frame that was not finished",
                     frames_.unfinished(), frames_.offset());
}

Status SegmentReader::ReadEntry(std::string_view payload, Entry& entry) {
  Unpacker unpacker(payload);
  entry.kind = static_cast<EntryKind>(unpacker.TakeByte());
  if ((entry.kind == EntryKind::kHead) == has_head_) return NoSense("its place");
  switch (entry.kind) {
    case EntryKind::kHead:
      if (Status read = ReadHead(unpacker, entry.head); !read) return read;
      break;
    case EntryKind::kRound:
      if (Status read = ReadRound(unpacker, entry); !read) return read;
      break;
    case EntryKind::kWrite:
      entry.workload = TakeId(unpacker);
      entry.at = TakeTime(unpacker);
      entry.write.from = TakeReplicas(unpacker);
      entry.write.to = TakeReplicas(unpacker);
      entry.write.problem = unpacker.TakeText();
      entry.write.written = unpacker.TakeByte() == 1;
      break;
    case EntryKind::kGone:
      entry.workload = TakeId(unpacker);
      workloads_.erase(entry.workload);
      break;
    case EntryKind::kLost:
      entry.lost = unpacker.TakeCount();
      break;
    default:
      return NoSense("its kind");
  }
  if (unpacker.bad() || unpacker.left() > 0) return NoSense("its contents");
  return Done{};
}

Status SegmentReader::ReadHead(Unpacker& unpacker, SegmentHead& head) {
  head.writer = unpacker.TakeText();
  head.begun = TakeTime(unpacker);
  head.part = unpacker.TakeCount();
  Result<DecideConfig> config = UnpackConfig(unpacker.TakeText());
  if (!config) return config.error();
  head.config = *config;
  has_head_ = true;
  return Done{};
}

Status SegmentReader::ReadRound(Unpacker& unpacker, Entry& entry) {
  entry.workload = TakeId(unpacker);
  entry.at = TakeTime(unpacker);
  const std::uint8_t flags = unpacker.TakeByte();
  if (unpacker.bad() || flags > 3) return NoSense("its beginning");
  Workload& workload = workloads_[entry.workload];
  if (Status read = ReadView(unpacker, workload); !read) return read;
  if (Status read = ReadReadings(unpacker, workload); !read) return read;
  auto round = std::make_shared<Round>();
  round->at = entry.at;
  round->id = entry.workload;
  round->view = workload.view;
  round->readings = workload.readings;
  if ((flags & 1U) != 0) {
    (void)TakeDelta(unpacker, kFrameMost, workload.before.history);
    Result<History> history = UnpackHistory(workload.before.history);
    if (!history) return history.error();
    round->history = *std::move(history);
  }
  RoundParts& before = workload.before;
  Status read = ReadDecision(unpacker, entry, workload, before.decided, round->decided);
  if (read && (flags & 2U) != 0) {
    read = ReadDecision(unpacker, entry, workload, before.admitted, round->admitted.emplace());
  }
  if (!read) return read;
  entry.round = std::move(round);
  return Done{};
}

Status SegmentReader::ReadView(Unpacker& unpacker, Workload& workload) {
  RoundParts& before = workload.before;
  const bool new_spec = TakeDelta(unpacker, kFrameMost, before.spec);
  const bool new_scene = TakeDelta(unpacker, kFrameMost, before.scene);
  const bool new_pods = TakeDelta(unpacker, kFrameMost, before.pods);
  if (unpacker.bad()) return NoSense("its view");
  if (!workload.view && !(new_spec && new_scene && new_pods)) {
    return NoSense("it builds on a round that is not there and");
  }
  if (!new_spec && !new_scene && !new_pods) return Done{};
  auto view = workload.view ? std::make_shared<WorkloadView>(*workload.view)
                            : std::make_shared<WorkloadView>();
  if (new_spec) {
    Result<WorkloadSpec> spec = UnpackSpec(before.spec);
    if (!spec) return spec.error();
    view->spec = std::make_shared<const WorkloadSpec>(*std::move(spec));
  }
  if (new_scene) {
    if (Status scene = UnpackScene(before.scene, *view); !scene) return scene;
  }
  if (new_pods) {
    Result<Pods> pods = UnpackPods(before.pods);
    if (!pods) return pods.error();
    view->pods = *std::move(pods);
  }
  workload.view = std::move(view);
  return Done{};
}

Status SegmentReader::ReadReadings(Unpacker& unpacker, Workload& workload) {
  const std::uint64_t count = unpacker.TakeCount();
  const bool fits = count <= kReadingsMost && count == workload.view->spec->metrics.size();
  if (unpacker.bad() || !fits) return NoSense("its number of samples");
  workload.before.readings.resize(count);
  workload.readings.resize(count, Error{});
  for (std::size_t i = 0; i < count; ++i) {
    if (!TakeDelta(unpacker, kFrameMost, workload.before.readings[i])) {
      if (workload.before.readings[i].empty()) return NoSense("a sample");
      continue;
    }
    Result<ReadingResult> reading = UnpackReading(workload.before.readings[i]);
    if (!reading) return reading.error();
    workload.readings[i] = *std::move(reading);
  }
  return unpacker.bad() ? Status(NoSense("a sample")) : Status(Done{});
}

Status SegmentReader::ReadDecision(Unpacker& unpacker, const Entry& entry, const Workload& workload,
                                   std::string& before, Decision& decision) {
  (void)TakeDelta(unpacker, kFrameMost, before);
  if (unpacker.bad()) return NoSense("its decision");
  Result<Decision> read = UnpackDecision(before);
  if (!read) return read.error();
  if (!Fits(*read, *workload.view->spec)) return NoSense("its decision");
  decision = *std::move(read);
  decision.workload = entry.workload;
  decision.at = entry.at;
  return Done{};
}

}  // namespace hpaplus::record
