#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/workload.h"

namespace hpaplus::bench {

/// The load of all objects and its past. At `base` b, object i has as much as needs
/// b + i % kSpread replicas; all objects' loads move at once. Thread-safe.
class LoadTable {
 public:
  static constexpr int kSpread = 5;

  explicit LoadTable(std::size_t objects) : objects_(objects) {}

  [[nodiscard]] std::size_t objects() const { return objects_; }

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

  const std::size_t objects_;
  mutable std::mutex mutex_;
  std::vector<Moved> moves_;
};

/// "web-0042".
[[nodiscard]] std::string ObjectName(std::size_t object);
/// The number in such a name.
[[nodiscard]] std::optional<std::size_t> ObjectNumber(const std::string& name);

}  // namespace hpaplus::bench
