#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/model/reading.h"

namespace hpaplus::collectors {

/// One answer with the numbers of many objects, looked up by key. Filled once, by one thread;
/// afterwards any may look.
class GroupedSamples {
 public:
  /// `received`: of every Reading. `expected`: about how many keys there will be.
  GroupedSamples(Timestamp received, std::size_t expected);

  void Add(std::string_view key, const ScalarSample& sample);
  /// When the numbers of a key were measured. Of several times the oldest counts.
  void AddTime(std::string_view key, Timestamp at);
  /// Once everything is added. Numbers without a time were measured in 1970.
  void ApplyTimes();

  /// The numbers of a key: none when the answer does not have it, several when it is not unique.
  [[nodiscard]] std::shared_ptr<const Reading> Find(std::string_view key) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Numbered {
    ScalarSample sample;
    std::uint32_t next = kNone;  // Of the same key.
  };
  struct Entry {
    std::uint32_t first = kNone;
    Timestamp measured = Timestamp::max();
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  Entry& EntryOf(std::string_view key);

  const Timestamp received_;
  std::vector<Numbered> numbers_;
  std::unordered_map<std::string, Entry, TextHash, std::equal_to<>> entries_;
};

}  // namespace hpaplus::collectors
