#include "engine/model/quota_decision.h"

#include "engine/base/check.h"

namespace hpaplus {

std::string_view QuotaStageName(QuotaStage stage) {
  switch (stage) {
    case QuotaStage::kDemand:
      return "Demand";
    case QuotaStage::kShare:
      return "Share";
    case QuotaStage::kFreshness:
      return "Freshness";
    case QuotaStage::kHysteresis:
      return "Hysteresis";
    case QuotaStage::kCooldown:
      return "Cooldown";
    case QuotaStage::kStep:
      return "Step";
    case QuotaStage::kInUse:
      return "InUse";
    case QuotaStage::kFreeze:
      return "Freeze";
    case QuotaStage::kMode:
      return "Mode";
    case QuotaStage::kSlack:
      return "Slack";
  }
  HPAPLUS_CHECK(false);
}

std::string_view QuotaReasonName(QuotaReason reason) {
  switch (reason) {
    case QuotaReason::kNone:
      return "";
    case QuotaReason::kDemand:
      return "Demand";
    case QuotaReason::kAboveMax:
      return "AboveMax";
    case QuotaReason::kBelowMin:
      return "BelowMin";
    case QuotaReason::kPoolShare:
      return "PoolShare";
    case QuotaReason::kDeficit:
      return "Deficit";
    case QuotaReason::kHeldStale:
      return "HeldStale";
    case QuotaReason::kFellBackToMin:
      return "FellBackToMin";
    case QuotaReason::kWithinBand:
      return "WithinBand";
    case QuotaReason::kDamped:
      return "Damped";
    case QuotaReason::kShrinkWindow:
      return "ShrinkWindow";
    case QuotaReason::kGrowCooldown:
      return "GrowCooldown";
    case QuotaReason::kStepLimit:
      return "StepLimit";
    case QuotaReason::kInUse:
      return "InUse";
    case QuotaReason::kFrozen:
      return "Frozen";
    case QuotaReason::kOff:
      return "Off";
    case QuotaReason::kDryRun:
      return "DryRun";
    case QuotaReason::kRecommended:
      return "Recommended";
    case QuotaReason::kAwaitingSlack:
      return "AwaitingSlack";
    case QuotaReason::kMoveBudget:
      return "MoveBudget";
    case QuotaReason::kNoLimit:
      return "NoLimit";
  }
  HPAPLUS_CHECK(false);
}

}  // namespace hpaplus
