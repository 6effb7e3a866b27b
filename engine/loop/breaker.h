#pragma once

#include "engine/base/backoff.h"
#include "engine/base/random.h"
#include "engine/base/time.h"

namespace hpaplus {

/// Keeps a source that does not answer from being asked over and over: after `failures` rounds in
/// a row without an answer it lets one round through at a time, as a probe, and after each one that
/// fails waits twice as long as before it, up to a limit. The first answer closes it. Not
/// thread-safe.
class Breaker {
 public:
  struct Config {
    int failures = 3;
    /// The wait before a probe. Each one is stretched by up to `jitter`, so that sources do not
    /// march. With the longest wait and its own period an object whose period is a second is back
    /// within two periods and a second after its source (L3), however long that was away.
    Backoff::Config probes{
        .initial = std::chrono::seconds(1), .most = std::chrono::milliseconds(1500), .jitter = 0.2};
  };

  Breaker(const Config& config, Random random) : config_(config), backoff_(config.probes, random) {}

  /// Whether a question may be asked now. All questions of one instant belong to one round.
  [[nodiscard]] bool Admits(Timestamp now);

  void Succeeded();
  void Failed(Timestamp now);
  /// The round that was let through never went out.
  void Abandon() { probing_ = false; }

  [[nodiscard]] bool open() const { return failed_ >= config_.failures; }
  /// Rounds in a row without an answer.
  [[nodiscard]] int failed() const { return failed_; }

 private:
  Config config_;
  Backoff backoff_;
  int failed_ = 0;
  bool probing_ = false;
  Timestamp probe_started_{};
  Timestamp next_probe_{};
};

}  // namespace hpaplus
