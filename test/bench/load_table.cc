#include "test/bench/load_table.h"

#include <charconv>

#include <fmt/core.h>

namespace hpaplus::bench {
namespace {

constexpr double kPerReplica = 10;  // What the objects' averageValue says.

}  // namespace

std::string ObjectName(std::size_t object) {
  return fmt::format("web-{:05}", object);
}

std::optional<std::size_t> ObjectNumber(const std::string& name) {
  constexpr std::size_t kPrefix = 4;
  std::size_t number = 0;
  if (!name.starts_with("web-")) return std::nullopt;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + kPrefix, end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

Replicas LoadTable::WantedAt(std::size_t move, std::size_t object) const {
  const Moved& moved = object % every_ == 0 ? moves_[move] : moves_.front();
  return moved.base + static_cast<Replicas>(object % kSpread);
}

void LoadTable::Move(int base, Timestamp at) {
  const std::lock_guard lock(mutex_);
  moves_.push_back({base, at, std::nullopt});
}

std::string LoadTable::Exposition(Timestamp now) {
  const std::lock_guard lock(mutex_);
  if (moves_.empty()) return "";
  if (!moves_.back().told) moves_.back().told = now;
  std::string text = "# TYPE load gauge\n";
  for (std::size_t i = 0; i < objects_; ++i) {
    // Half a replica short of the next size, so that no rounding decides.
    const double load = kPerReplica * (WantedAt(moves_.size() - 1, i) - 0.5);
    text += fmt::format("load{{object=\"{}\"}} {}\n", ObjectName(i), load);
  }
  return text;
}

Replicas LoadTable::Wanted(std::size_t object) const {
  const std::lock_guard lock(mutex_);
  return moves_.empty() ? 0 : WantedAt(moves_.size() - 1, object);
}

std::optional<Timestamp> LoadTable::told_at() const {
  const std::lock_guard lock(mutex_);
  return moves_.empty() ? std::nullopt : moves_.back().told;
}

Timestamp LoadTable::moved_at() const {
  const std::lock_guard lock(mutex_);
  return moves_.empty() ? Timestamp{} : moves_.back().at;
}

bool LoadTable::WasWanted(std::size_t object, Replicas size, Timestamp from, Timestamp to) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < moves_.size(); ++i) {
    const bool began = moves_[i].at <= to;
    const bool had_ended = i + 1 < moves_.size() && moves_[i + 1].at < from;
    if (began && !had_ended && WantedAt(i, object) == size) return true;
  }
  return false;
}

}  // namespace hpaplus::bench
