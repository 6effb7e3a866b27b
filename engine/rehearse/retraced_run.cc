#include "engine/rehearse/retraced_run.h"

namespace hpaplus::rehearse {
namespace {

Timestamp At(double seconds) {
  return Timestamp(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

PlantOptions From(PlantOptions options, Replicas initial) {
  options.initial = initial;
  return options;
}

}  // namespace

RetracedRun::RetracedRun(const PolicyRun& run, PlantOptions options)
    : changes_(run.changes), plant_(From(options, run.initial)) {}

void RetracedRun::MoveTo(double seconds) {
  for (; next_ < changes_.size() && changes_[next_].seconds <= seconds; ++next_) {
    const Change& change = changes_[next_];
    (void)plant_.Advance(At(change.seconds));
    plant_.Resize(change.to, At(change.seconds));
  }
  (void)plant_.Advance(At(seconds));
}

}  // namespace hpaplus::rehearse
