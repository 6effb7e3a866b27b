#include "collectors/grouped_samples.h"

#include "engine/base/check.h"

namespace hpaplus::collectors {

GroupedSamples::GroupedSamples(Timestamp received, std::size_t expected) : received_(received) {
  numbers_.reserve(expected);
  entries_.reserve(expected);
}

GroupedSamples::Entry& GroupedSamples::EntryOf(std::string_view key) {
  const auto found = entries_.find(key);
  return found != entries_.end() ? found->second : entries_[std::string(key)];
}

void GroupedSamples::Add(std::string_view key, const ScalarSample& sample) {
  HPAPLUS_CHECK(numbers_.size() < kNone);
  Entry& entry = EntryOf(key);
  numbers_.push_back({sample, entry.first});
  entry.first = static_cast<std::uint32_t>(numbers_.size() - 1);
}

void GroupedSamples::AddTime(std::string_view key, Timestamp at) {
  Entry& entry = EntryOf(key);
  entry.measured = std::min(entry.measured, at);
}

void GroupedSamples::ApplyTimes() {
  for (auto& [key, entry] : entries_) {
    const bool known = entry.measured != Timestamp::max();
    for (std::uint32_t i = entry.first; i != kNone; i = numbers_[i].next)
      numbers_[i].sample.at = known ? entry.measured : Timestamp();
  }
}

std::shared_ptr<const Reading> GroupedSamples::Find(std::string_view key) const {
  auto reading = std::make_shared<Reading>();
  reading->received = received_;
  if (const auto found = entries_.find(key); found != entries_.end()) {
    for (std::uint32_t i = found->second.first; i != kNone; i = numbers_[i].next)
      reading->values.push_back(numbers_[i].sample);
  }
  return reading;
}

}  // namespace hpaplus::collectors
