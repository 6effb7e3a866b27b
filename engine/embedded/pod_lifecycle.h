#pragma once

#include <map>
#include <string>

#include "engine/embedded/control.h"

namespace hpaplus::embedded {

/// Plays the kubelet: pods become ready after their start delay and go after their stop delay.
/// Used by the controllers' thread only.
class PodLifecycle {
 public:
  /// Looks at one pod, which may be gone, and does what is due; asks to be called again through
  /// control.queue when something becomes due later.
  void Reconcile(const Control& control, const ObjectKey& key);

 private:
  struct Known {
    std::string uid;
    Timestamp seen{};      // When the pod was new here.
    Timestamp stopping{};  // When its deletion was; only with `going`.
    bool going = false;
  };

  void Schedule(const Control& control, const ObjectKey& key, const Json& pod);
  void MakeReady(const Control& control, const ObjectKey& key, const Json& pod);

  std::map<ObjectKey, Known> known_;
  unsigned addresses_ = 0;  // Given out so far.
};

}  // namespace hpaplus::embedded
