#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hpaplus::collectors {

/// Which of many questions are equal. Equal ones are asked once.
struct Coalesced {
  std::vector<std::string> distinct;   // In order of first appearance.
  std::vector<std::size_t> answer_of;  // Question -> its index in `distinct`.
};

[[nodiscard]] inline Coalesced Coalesce(std::span<const std::string> questions) {
  Coalesced out;
  std::map<std::string_view, std::size_t> seen;
  for (const std::string& question : questions) {
    const auto [found, added] = seen.emplace(question, out.distinct.size());
    if (added) out.distinct.push_back(question);
    out.answer_of.push_back(found->second);
  }
  return out;
}

}  // namespace hpaplus::collectors
