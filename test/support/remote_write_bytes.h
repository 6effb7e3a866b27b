#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <snappy.h>

#include "engine/model/label_selector.h"

namespace hpaplus::test {

struct SentSample {
  double value = 0;
  std::int64_t ms = 0;
};

struct SentSeries {
  Labels labels;
  std::vector<SentSample> samples;
};

inline void AppendVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U)
    out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}

/// A length-delimited field.
inline std::string WireField(std::uint32_t number, std::string_view bytes) {
  std::string out;
  AppendVarint(out, (number << 3U) | 2U);
  AppendVarint(out, bytes.size());
  return out.append(bytes);
}

inline std::string WireSample(const SentSample& sample) {
  std::string out = "\x09";
  char bits[sizeof sample.value];
  std::memcpy(bits, &sample.value, sizeof bits);
  out.append(bits, sizeof bits);
  out += '\x10';
  AppendVarint(out, static_cast<std::uint64_t>(sample.ms));
  return WireField(2, out);
}

/// prometheus.WriteRequest, as Prometheus writes it.
inline std::string WriteRequest(const std::vector<SentSeries>& all) {
  std::string out;
  for (const SentSeries& series : all) {
    std::string bytes;
    for (const auto& [name, value] : series.labels)
      bytes += WireField(1, WireField(1, name) + WireField(2, value));
    for (const SentSample& sample : series.samples)
      bytes += WireSample(sample);
    out += WireField(1, bytes);
  }
  return out;
}

inline std::string Snappy(std::string_view bytes) {
  std::string out;
  snappy::Compress(bytes.data(), bytes.size(), &out);
  return out;
}

}  // namespace hpaplus::test
