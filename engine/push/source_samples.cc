#include "engine/push/source_samples.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/core.h>

#include "engine/push/series_key.h"

namespace hpaplus::push {
namespace {

constexpr auto kSweepEvery = std::chrono::seconds(1);
constexpr std::size_t kFirstRoom = 4;  // Samples of a new series.
// Of a series beside its labels and samples: two map entries, the allocator's own, pointers.
constexpr std::size_t kSeriesOverhead = 320;
constexpr std::size_t kLabelOverhead = 64;  // Two strings.

std::size_t BytesOf(std::string_view key, const Labels& labels) {
  std::size_t bytes = kSeriesOverhead + key.size() + labels.size() * kLabelOverhead;
  for (const auto& [name, value] : labels)
    bytes += name.size() + value.size();
  return bytes;
}

bool SameBits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace

void PushTally::Refuse(std::size_t samples, std::string_view why) {
  if (problem.empty()) problem = why;
  refused += samples;
}

void PushTally::NoteNew(const Labels& labels) {
  constexpr std::size_t kMost = 16;
  if (many_metrics) return;
  const auto name = std::ranges::find(labels, "__name__", &Labels::value_type::first);
  if (name == labels.end() || std::ranges::find(metrics, name->second) != metrics.end()) return;
  metrics.push_back(name->second);
  if (metrics.size() <= kMost) return;
  many_metrics = true;
  metrics.clear();
}

bool IsStaleMarker(double value) {
  return std::bit_cast<std::uint64_t>(value) == kStaleMarkerBits;
}

SourceSamples::SourceSamples(const Limits& limits, MemoryBudget& process, std::size_t own)
    : process_(process),
      own_(own),
      series_most_(limits.series_most),
      samples_per_series_(limits.samples_per_series),
      forget_after_(limits.forget_after) {}

SourceSamples::~SourceSamples() {
  process_.Give(own_.used());
}

void SourceSamples::SetLimits(const Limits& limits) {
  series_most_ = limits.series_most;
  samples_per_series_ = limits.samples_per_series;
  forget_after_ = limits.forget_after;
}

std::size_t SourceSamples::ShardOf(std::string_view key) const {
  return (KeyHash()(key) >> 7U) % kShards;  // Not the bits that choose the bucket.
}

bool SourceSamples::Take(std::size_t bytes) {
  if (!own_.Take(bytes)) return false;
  if (process_.Take(bytes)) return true;
  own_.Give(bytes);
  return false;
}

void SourceSamples::Give(std::size_t bytes) {
  own_.Give(bytes);
  process_.Give(bytes);
}

void SourceSamples::Append(std::string_view labels, std::span<const TimedValue> samples,
                           Timestamp now, PushTally& tally) {
  Put(labels, {samples, false, now}, tally);
}

void SourceSamples::Add(std::string_view labels, const TimedValue& increase, Timestamp now,
                        PushTally& tally) {
  Put(labels, {{&increase, 1}, true, now}, tally);
}

void SourceSamples::Put(std::string_view labels, const Arrival& arrival, PushTally& tally) {
  if (PutKnown(labels, arrival, tally)) return;
  const std::size_t count = arrival.samples.size();
  Result<Labels> checked = LabelsOfWire(labels);
  if (!checked) return tally.Refuse(count, checked.error().message);
  const std::string key = SeriesKey(*checked);
  if (key != labels && PutKnown(key, arrival, tally)) return;
  const std::string text = SeriesText(*checked);
  if (!AddSeries(key, *std::move(checked), arrival.now)) {
    return tally.Refuse(
        count, fmt::format("{}: too many series; the source may have {}, and {} bytes", text,
                           series_most_.load(), own_.most()));
  }
  if (!PutKnown(key, arrival, tally)) tally.Refuse(count, text + ": forgotten");
}

bool SourceSamples::PutKnown(std::string_view key, const Arrival& arrival, PushTally& tally) {
  Shard& shard = shards_.at(ShardOf(key));
  const MutexLock lock(shard.mutex);
  const auto found = shard.series.find(key);
  if (found == shard.series.end()) return false;
  Store(found->second, arrival, tally);
  return true;
}

bool SourceSamples::AddSeries(const std::string& key, Labels labels, Timestamp now) {
  const std::size_t bytes = BytesOf(key, labels) + kFirstRoom * sizeof(TimedValue);
  const std::size_t index = ShardOf(key);
  Shard& shard = shards_.at(index);
  const MutexLock lock(shard.mutex);
  if (shard.series.contains(key)) return true;  // Another sender was faster.
  if (series_count_.fetch_add(1) >= series_most_ || !Take(bytes)) {
    --series_count_;
    return false;
  }
  Series& series = shard.series[key];
  series.id = shard.ids_given++ * kShards + index;
  series.labels = std::make_shared<const Labels>(std::move(labels));
  series.received = now;
  series.room = kFirstRoom;
  series.samples.reserve(kFirstRoom);
  shard.by_id.emplace(series.id, &series);
  ++changes_;
  return true;
}

void SourceSamples::Store(Series& series, const Arrival& arrival, PushTally& tally) {
  series.received = arrival.now;
  for (TimedValue sample : arrival.samples) {
    const bool follows = !series.samples.empty() && !IsStaleMarker(series.samples.back().value);
    if (arrival.increases && follows) {
      if (sample.at <= series.samples.back().at) {
        ++tally.late;
        continue;
      }
      sample.value += series.samples.back().value;
    }
    Store(series, sample, arrival.now, tally);
  }
}

void SourceSamples::Store(Series& series, const TimedValue& sample, Timestamp now,
                          PushTally& tally) {
  if (sample.at > now + kFarthestAhead) {
    return tally.Refuse(1, fmt::format("{}: {} lies in the future", SeriesText(*series.labels),
                                       FormatRfc3339(sample.at, true)));
  }
  if (sample.at < now - forget_after_.load()) {
    ++tally.late;
    return;
  }
  MakeRoom(series);
  std::vector<TimedValue>& samples = series.samples;
  auto after = samples.end();
  if (!samples.empty() && sample.at <= samples.back().at) {
    after = std::ranges::lower_bound(samples, sample.at, {}, &TimedValue::at);
    if (after->at == sample.at) {
      if (!SameBits(after->value, sample.value)) {
        return tally.Refuse(1, fmt::format("{}: another number for {}", SeriesText(*series.labels),
                                           FormatRfc3339(sample.at, true)));
      }
      ++tally.written;
      return;
    }
  }
  const auto position = after - samples.begin();
  if (samples.size() < series.room) {
    samples.insert(samples.begin() + position, sample);
  } else if (position == 0) {
    ++tally.late;
    return;
  } else {  // The oldest one goes, the others up to the place move down.
    std::move(samples.begin() + 1, samples.begin() + position, samples.begin());
    samples[static_cast<std::size_t>(position) - 1] = sample;
  }
  ++tally.written;
  tally.NoteNew(*series.labels);
}

// Room for one sample more, if the series may have it. Less than before after its limit was
// lowered.
void SourceSamples::MakeRoom(Series& series) {
  const std::size_t most = samples_per_series_;
  if (series.room > most) {
    const std::size_t kept = std::min(series.samples.size(), most);
    const auto newest = series.samples.end() - static_cast<std::ptrdiff_t>(kept);
    series.samples.erase(series.samples.begin(), newest);
    Give((series.room - most) * sizeof(TimedValue));
    series.room = most;
    series.samples.shrink_to_fit();
  }
  if (series.samples.size() < series.room || series.room >= most) return;
  const std::size_t more = std::min(series.room, most - series.room);
  if (!Take(more * sizeof(TimedValue))) return;
  series.room += more;
  series.samples.reserve(series.room);
}

void SourceSamples::Sweep(Timestamp now) {
  if (now < swept_.load() + kSweepEvery) return;
  swept_ = now;
  const Timestamp oldest = now - forget_after_.load();
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (auto it = shard.series.begin(); it != shard.series.end();) {
      const Series& series = it->second;
      if (series.received >= oldest) {
        ++it;
        continue;
      }
      Give(BytesOf(it->first, *series.labels) + series.room * sizeof(TimedValue));
      shard.by_id.erase(series.id);
      it = shard.series.erase(it);
      --series_count_;
      ++changes_;
    }
  }
}

std::shared_ptr<const PushedCatalog> SourceSamples::Catalog() {
  const MutexLock catalog_lock(catalog_mutex_);
  const std::uint64_t changes = changes_;
  if (catalog_ && catalog_changes_ == changes) return catalog_;
  auto catalog = std::make_shared<PushedCatalog>();
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (const auto& [id, series] : shard.by_id)
      catalog->series.push_back({id, series->labels});
  }
  std::ranges::sort(catalog->series, {}, &PushedCatalog::Series::id);
  catalog_ = std::move(catalog);
  catalog_changes_ = changes;
  return catalog_;
}

std::vector<std::vector<TimedValue>> SourceSamples::Read(std::span<const std::uint64_t> series,
                                                         std::size_t newest_most) {
  std::vector<std::vector<TimedValue>> read(series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    Shard& shard = shards_.at(series[i] % kShards);
    const MutexLock lock(shard.mutex);
    const auto found = shard.by_id.find(series[i]);
    if (found == shard.by_id.end()) continue;
    const std::vector<TimedValue>& samples = found->second->samples;
    if (samples.empty() || IsStaleMarker(samples.back().value)) continue;
    const std::size_t count = std::min(samples.size(), newest_most);
    read[i].assign(samples.end() - static_cast<std::ptrdiff_t>(count), samples.end());
    std::erase_if(read[i], [](const TimedValue& sample) { return IsStaleMarker(sample.value); });
  }
  return read;
}

}  // namespace hpaplus::push
