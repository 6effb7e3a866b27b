#include "engine/model/shape_json.h"

#include "engine/model/json_names.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Names<SmoothingFunction, 7> kFunctions{{{"Average", SmoothingFunction::kAverage},
                                                  {"Max", SmoothingFunction::kMax},
                                                  {"Min", SmoothingFunction::kMin},
                                                  {"P50", SmoothingFunction::kP50},
                                                  {"P90", SmoothingFunction::kP90},
                                                  {"P99", SmoothingFunction::kP99},
                                                  {"EWMA", SmoothingFunction::kEwma}}};
constexpr Names<BurstCapacity, 2> kCapacities{
    {{"Ready", BurstCapacity::kReady}, {"ReadyAndStarting", BurstCapacity::kStarting}}};

std::int32_t ReadInt32(const JsonField& field, std::int32_t absent, std::int32_t least,
                       std::int32_t most) {
  return static_cast<std::int32_t>(field.Integer(absent, least, most));
}

}  // namespace

std::optional<Smoothing> ReadSmoothing(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  Smoothing smoothing;
  const JsonField window = field.Field("window");
  if (!window.present()) window.Fail("is missing");
  smoothing.window = window.Period(seconds(1), hours(1)).value_or(seconds(1));
  smoothing.function = OneOf(field.Field("function"), kFunctions, smoothing.function);
  return smoothing;
}

std::optional<BurstSpec> ReadBurst(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  BurstSpec burst;
  burst.stable_window =
      field.Field("stableWindow").Period(seconds(6), hours(1)).value_or(burst.stable_window);
  burst.burst_window_percent =
      ReadInt32(field.Field("burstWindowPercent"), burst.burst_window_percent, 1, 100);
  burst.threshold_percent =
      ReadInt32(field.Field("thresholdPercent"), burst.threshold_percent, 110, 1000);
  burst.capacity = OneOf(field.Field("capacity"), kCapacities, burst.capacity);
  return burst;
}

}  // namespace hpaplus
