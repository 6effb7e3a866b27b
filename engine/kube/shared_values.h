#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/shared_value.h"

namespace hpaplus::kube {

/// Gives equal values one place in memory, as far as they follow each other closely enough: a
/// fixed number of places, each of which keeps the value that came last. Not thread-safe.
template <class T>
class SharedValues {
 public:
  /// Equal values have equal hashes. Gives `value` or what is equal to it.
  [[nodiscard]] SharedValue<T> Share(const SharedValue<T>& value, std::uint64_t hash) {
    SharedValue<T>& place = places_[hash % kPlaces];
    if (!(place == value)) place = value;
    return place;
  }

 private:
  static constexpr std::size_t kPlaces = 4096;

  std::vector<SharedValue<T>> places_ = std::vector<SharedValue<T>>(kPlaces);
};

}  // namespace hpaplus::kube
