#include "engine/model/mode_name.h"

namespace hpaplus {

std::string_view ModeName(Mode mode) {
  switch (mode) {
    case Mode::kActive:
      return "Active";
    case Mode::kDryRun:
      return "DryRun";
    case Mode::kPaused:
      return "Paused";
    case Mode::kScaleUpOnly:
      return "ScaleUpOnly";
    case Mode::kScaleDownOnly:
      return "ScaleDownOnly";
  }
  return "Unknown";
}

}  // namespace hpaplus
