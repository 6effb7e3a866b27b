#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace hpaplus {

/// a == b. For up to 16 characters, which most names of pods and resources have, without a call of
/// a function: a decision compares hundreds of them.
[[nodiscard]] inline bool SameText(std::string_view a, std::string_view b) {
  const auto same = []<class Word>(const char* x, const char* y, Word one) {
    Word other = one;
    std::memcpy(&one, x, sizeof(Word));
    std::memcpy(&other, y, sizeof(Word));
    return one == other;
  };
  const auto same_ends = [&]<class Word>(Word word) {
    const std::size_t last = a.size() - sizeof(Word);
    return same(a.data(), b.data(), word) && same(a.data() + last, b.data() + last, word);
  };
  if (a.size() != b.size()) return false;
  if (a.size() > 2 * sizeof(std::uint64_t)) return a == b;
  if (a.size() >= sizeof(std::uint64_t)) return same_ends(std::uint64_t{});
  if (a.size() >= sizeof(std::uint32_t)) return same_ends(std::uint32_t{});
  if (a.size() >= sizeof(std::uint16_t)) return same_ends(std::uint16_t{});
  return a.empty() || a[0] == b[0];
}

}  // namespace hpaplus
