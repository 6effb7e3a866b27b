#include "engine/push/remote_write.h"

#include <algorithm>
#include <limits>

#include <fmt/core.h>
#include <snappy.h>

#include "engine/push/wire_reader.h"

namespace hpaplus::push {
namespace {

using Type = WireReader::Type;

// The numbers of prometheus.WriteRequest, TimeSeries, Label and Sample.
constexpr std::uint32_t kTimeSeries = 1;
constexpr std::uint32_t kLabels = 1;
constexpr std::uint32_t kSamples = 2;
constexpr std::uint32_t kHistograms = 4;
constexpr std::uint32_t kValue = 1;
constexpr std::uint32_t kTimestamp = 2;

Timestamp AtMillisecond(std::int64_t ms) {
  using std::chrono::milliseconds;
  constexpr auto kLast = std::chrono::floor<milliseconds>(Timestamp::max().time_since_epoch());
  constexpr auto kFirst = std::chrono::ceil<milliseconds>(Timestamp::min().time_since_epoch());
  return Timestamp(std::clamp(milliseconds(ms), kFirst, kLast));
}

bool IsMessage(std::string_view bytes) {
  WireReader reader(bytes);
  WireReader::Field field;
  while (reader.Next(field)) {
  }
  return reader.ok();
}

Error Malformed(std::string what) {
  return {ErrorCode::kMalformedData, "remote write: " + std::move(what)};
}

}  // namespace

Status RemoteWriteMessage::Decode(std::string_view message) {
  series_.clear();
  samples_.clear();
  histograms_ = 0;
  const auto fail = [this](std::string what) {
    series_.clear();
    return Malformed(std::move(what));
  };
  WireReader reader(message);
  WireReader::Field field;
  while (reader.Next(field)) {
    if (!field.Is(kTimeSeries, Type::kLengthDelimited)) continue;
    if (series_.size() == kMostSeries) return fail(fmt::format("more than {} series", kMostSeries));
    if (!DecodeSeries(field.bytes)) return fail("a series that is none");
    if (samples_.size() > kMostSamples) {
      return fail(fmt::format("more than {} samples", kMostSamples));
    }
  }
  if (!reader.ok()) return fail("not a message of prometheus.WriteRequest");
  return Done{};
}

bool RemoteWriteMessage::DecodeSeries(std::string_view bytes) {
  Series series;
  series.first = samples_.size();
  WireReader reader(bytes);
  WireReader::Field field;
  const char* before = reader.at();
  const char* labels_end = nullptr;
  for (; reader.Next(field); before = reader.at()) {
    if (field.Is(kLabels, Type::kLengthDelimited)) {
      // Every encoder writes them in one go, and what is in one go needs no copy.
      if (labels_end == nullptr) {
        series.labels = {before, 0};
      } else if (labels_end != before) {
        return false;
      }
      if (!IsMessage(field.bytes)) return false;
      labels_end = reader.at();
    } else if (field.Is(kSamples, Type::kLengthDelimited)) {
      if (!DecodeSample(field.bytes)) return false;
    } else if (field.Is(kHistograms, Type::kLengthDelimited)) {
      ++histograms_;
    }
  }
  if (labels_end != nullptr) {
    const char* const begin = series.labels.data();
    series.labels = {begin, static_cast<std::size_t>(labels_end - begin)};
  }
  series.count = samples_.size() - series.first;
  if (series.count > 0) series_.push_back(series);
  return reader.ok();
}

bool RemoteWriteMessage::DecodeSample(std::string_view bytes) {
  TimedValue sample{AtMillisecond(0), 0};  // A zero is not written.
  WireReader reader(bytes);
  WireReader::Field field;
  while (reader.Next(field)) {
    if (field.Is(kValue, Type::kFixed64)) sample.value = field.AsDouble();
    if (field.Is(kTimestamp, Type::kVarint)) {
      sample.at = AtMillisecond(static_cast<std::int64_t>(field.value));
    }
  }
  samples_.push_back(sample);
  return reader.ok();
}

PushTally RemoteWriteMessage::AppendTo(SourceSamples& source, Timestamp now) const {
  PushTally tally;
  for (const Series& series : series_)
    source.Append(series.labels, SamplesOf(series), now, tally);
  if (histograms_ > 0) tally.Refuse(histograms_, "native histograms are not read");
  return tally;
}

Status InflateSnappy(std::string_view compressed, std::size_t most, std::string& inflated) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(compressed.data(), compressed.size(), &size)) {
    return Malformed("not snappy");
  }
  if (size > most) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("remote write: {} bytes inflated, {} at most", size, most)};
  }
  inflated.resize(size);
  if (!snappy::RawUncompress(compressed.data(), compressed.size(), inflated.data())) {
    return Malformed("not snappy");
  }
  return Done{};
}

}  // namespace hpaplus::push
