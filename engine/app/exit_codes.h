#pragma once

#include "engine/base/result.h"

namespace hpaplus::app {

// One rule: 1 = could not do the job, 2 = did it, and the answer is "not clean".
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitFindings = 2;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitUnparseable = 65;
inline constexpr int kExitUnreachable = 69;
inline constexpr int kExitNotPermitted = 77;
inline constexpr int kExitBadConfig = 78;
inline constexpr int kExitInterrupted = 130;
inline constexpr int kExitTerminated = 143;

/// The exit code for an error that ends the program.
[[nodiscard]] constexpr int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
      return kExitUnreachable;
    case ErrorCode::kPermissionDenied:
      return kExitNotPermitted;
    case ErrorCode::kInvalidArgument:
      return kExitBadConfig;
    case ErrorCode::kMalformedData:
      return kExitUnparseable;
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kGone:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace hpaplus::app
