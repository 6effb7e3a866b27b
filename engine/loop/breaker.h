#pragma once

#include "engine/base/random.h"
#include "engine/base/time.h"

namespace hpaplus {

/// Keeps a source that does not answer from being asked over and over: after `failures` rounds in
/// a row without an answer it lets one round through per `probe_every`, and no other while that one
/// is out. The first answer closes it. Not thread-safe.
class Breaker {
 public:
  struct Config {
    int failures = 3;
    Duration probe_every = std::chrono::seconds(1);
    double jitter = 0.2;  // A probe comes up to this much later, so that sources do not march.
  };

  Breaker(const Config& config, Random random) : config_(config), random_(random) {}

  /// Whether a question may be asked now. All questions of one instant belong to one round.
  [[nodiscard]] bool Admits(Timestamp now);

  void Succeeded();
  void Failed(Timestamp now);
  /// The round that was let through never went out.
  void Abandon() { probing_ = false; }

  [[nodiscard]] bool open() const { return failed_ >= config_.failures; }
  [[nodiscard]] Timestamp next_probe() const { return next_probe_; }

 private:
  Config config_;
  Random random_;
  int failed_ = 0;
  bool probing_ = false;
  Timestamp probe_started_{};
  Timestamp next_probe_{};
};

}  // namespace hpaplus
