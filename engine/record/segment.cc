#include "engine/record/segment.h"

#include <utility>

#include "engine/record/codec.h"
#include "engine/record/delta.h"
#include "engine/record/frame.h"

namespace hpaplus::record {
namespace {

Packer PayloadOf(EntryKind kind) {
  Packer packer;
  packer.PutByte(static_cast<std::uint8_t>(kind));
  return packer;
}

std::shared_ptr<const Reading> AnswerOf(const ReadingResult& reading) {
  return reading ? *reading : nullptr;
}

// Texts as they were before, without looking at what they are made of.
void PutSame(Packer& packer) {
  std::string same;
  PutDelta(packer, {}, same);
}

}  // namespace

std::string SegmentEncoder::Begin(const SegmentHead& head) {
  workloads_.clear();
  Packer packer = PayloadOf(EntryKind::kHead);
  packer.PutText(head.writer);
  packer.PutWide(static_cast<std::uint64_t>(head.begun.time_since_epoch().count()));
  packer.PutCount(head.part);
  packer.PutText(PackConfig(head.config));
  return std::string(kMagic) + FrameOf(packer.bytes());
}

void SegmentEncoder::PutView(Packer& packer, const WorkloadView& now, Workload& workload) {
  const WorkloadView* const before = workload.view.get();
  if (before != nullptr && before->spec == now.spec) {
    PutSame(packer);
  } else {
    PutDelta(packer, PackSpec(*now.spec), workload.before.spec);
  }
  if (before == &now) {
    PutSame(packer);
  } else {
    PutDelta(packer, PackScene(now), workload.before.scene);
  }
  if (before != nullptr && before->pods == now.pods) {
    PutSame(packer);
  } else {
    PutDelta(packer, PackPods(now.pods), workload.before.pods);
  }
}

void SegmentEncoder::PutReadings(Packer& packer, const Round& round, Workload& workload) {
  const std::size_t count = round.readings.size();
  packer.PutCount(count);
  workload.before.readings.resize(count);
  workload.readings.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    // What a decision looks at in an answer depends on the pods.
    auto answer = AnswerOf(round.readings[i]);
    const bool same = answer && answer == workload.readings[i] && workload.view == round.view;
    if (same) {
      PutSame(packer);
    } else {
      PutDelta(packer, PackReading(round.readings[i], *round.view), workload.before.readings[i]);
    }
    workload.readings[i] = std::move(answer);
  }
}

std::string SegmentEncoder::Add(const Round& round) {
  Workload& workload = workloads_[round.id];
  Packer packer = PayloadOf(EntryKind::kRound);
  packer.PutCount(round.id.index);
  packer.PutWide(static_cast<std::uint64_t>(round.at.time_since_epoch().count()));
  packer.PutByte(static_cast<std::uint8_t>((round.history ? 1U : 0U) | (round.admitted ? 2U : 0U)));
  PutView(packer, *round.view, workload);
  PutReadings(packer, round, workload);
  workload.view = round.view;
  if (round.history) PutDelta(packer, PackHistory(*round.history), workload.before.history);
  PutDelta(packer, PackDecision(round.decided), workload.before.decided);
  if (round.admitted) PutDelta(packer, PackDecision(*round.admitted), workload.before.admitted);
  if (packer.bytes().size() <= kFrameMost) return FrameOf(packer.bytes());
  workloads_.erase(round.id);
  return {};
}

std::string SegmentEncoder::AddWrite(const ScaleOutcome& outcome, Timestamp at) {
  Packer packer = PayloadOf(EntryKind::kWrite);
  packer.PutCount(outcome.command.workload.index);
  packer.PutWide(static_cast<std::uint64_t>(at.time_since_epoch().count()));
  packer.PutInteger(outcome.command.view->scale.spec_replicas);
  packer.PutInteger(outcome.command.replicas);
  packer.PutText(outcome.result ? "" : outcome.result.error().message);
  packer.PutByte(outcome.result ? 1 : 0);
  return FrameOf(packer.bytes());
}

std::string SegmentEncoder::AddGone(WorkloadId workload) {
  workloads_.erase(workload);
  Packer packer = PayloadOf(EntryKind::kGone);
  packer.PutCount(workload.index);
  return FrameOf(packer.bytes());
}

std::string SegmentEncoder::AddLost(std::uint64_t rounds) {
  Packer packer = PayloadOf(EntryKind::kLost);
  packer.PutCount(rounds);
  return FrameOf(packer.bytes());
}

}  // namespace hpaplus::record
