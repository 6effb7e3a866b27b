#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/workload.h"

namespace hpaplus::bench {

/// The load of all objects and its past. At `base` b, object i has as much as needs
/// b + i % kSpread replicas; the loads of `moving` objects move, all at once, and those of the
/// others stay at the first base. Thread-safe.
class LoadTable {
 public:
  static constexpr int kSpread = 5;

  LoadTable(std::size_t objects, std::size_t moving)
      : objects_(objects),
        every_(std::max<std::size_t>(objects / std::max<std::size_t>(moving, 1), 1)) {}

  [[nodiscard]] std::size_t objects() const { return objects_; }
  /// How many move.
  [[nodiscard]] std::size_t moving() const { return (objects_ + every_ - 1) / every_; }

  void Move(int base, Timestamp at);
  /// As Prometheus reads it; the first time that a move is told of is noted.
  [[nodiscard]] std::string Exposition(Timestamp now);

  [[nodiscard]] Replicas Wanted(std::size_t object) const;
  /// When the latest move was first told of.
  [[nodiscard]] std::optional<Timestamp> told_at() const;
  [[nodiscard]] Timestamp moved_at() const;
  /// Whether the load was such that the object needed this size at some instant of [from, to].
  [[nodiscard]] bool WasWanted(std::size_t object, Replicas size, Timestamp from,
                               Timestamp to) const;

 private:
  struct Moved {
    int base = 0;
    Timestamp at{};
    std::optional<Timestamp> told{};
  };

  [[nodiscard]] Replicas WantedAt(std::size_t move, std::size_t object) const;

  const std::size_t objects_;
  const std::size_t every_;  // The first of so many moves.
  mutable std::mutex mutex_;
  std::vector<Moved> moves_;
};

/// "web-00042".
[[nodiscard]] std::string ObjectName(std::size_t object);
/// The number in such a name.
[[nodiscard]] std::optional<std::size_t> ObjectNumber(const std::string& name);

}  // namespace hpaplus::bench
