#include "engine/push/series_key.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/push/wire_reader.h"

namespace hpaplus::push {
namespace {

using Type = WireReader::Type;

constexpr char kFirstField = 0x0A;   // Number 1, length-delimited.
constexpr char kSecondField = 0x12;  // Number 2, the same.

void AppendVarint(std::string& out, std::size_t value) {
  for (; value >= 0x80U; value >>= 7U)
    out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}

std::size_t VarintSize(std::size_t value) {
  std::size_t size = 1;
  for (; value >= 0x80U; value >>= 7U)
    ++size;
  return size;
}

void AppendText(std::string& out, char field, std::string_view text) {
  out += field;
  AppendVarint(out, text.size());
  out += text;
}

Error Invalid(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

Error NoLabels() {
  return {ErrorCode::kMalformedData, "labels that are none"};
}

// One Label message.
Status AddLabel(std::string_view bytes, Labels& labels) {
  auto& [name, value] = labels.emplace_back();
  WireReader reader(bytes);
  WireReader::Field field;
  while (reader.Next(field)) {
    if (field.Is(1, Type::kLengthDelimited)) name = field.bytes;
    if (field.Is(2, Type::kLengthDelimited)) value = field.bytes;
  }
  if (!reader.ok()) return NoLabels();
  return Done{};
}

}  // namespace

std::string SeriesKey(const Labels& labels) {
  std::string key;
  for (const auto& [name, value] : labels) {
    key += kFirstField;
    AppendVarint(
        key, 2 + VarintSize(name.size()) + name.size() + VarintSize(value.size()) + value.size());
    AppendText(key, kFirstField, name);
    AppendText(key, kSecondField, value);
  }
  return key;
}

Result<Labels> LabelsOfWire(std::string_view bytes) {
  Labels labels;
  WireReader reader(bytes);
  WireReader::Field field;
  while (reader.Next(field)) {
    if (!field.Is(1, Type::kLengthDelimited)) continue;
    // What is one too many is refused below, and what is more is not even looked at.
    if (labels.size() > kMostLabels) break;
    if (const Status added = AddLabel(field.bytes, labels); !added) return added.error();
  }
  if (!reader.ok()) return NoLabels();
  return CheckedLabels(std::move(labels));
}

Result<Labels> CheckedLabels(Labels labels) {
  if (labels.size() > kMostLabels) return Invalid(fmt::format("more than {} labels", kMostLabels));
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  std::ranges::sort(labels);
  bool named = false;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& [name, value] = labels[i];
    if (name.empty()) return Invalid("a label without a name");
    if (name.size() > kLongestName || value.size() > kLongestValue) {
      return Invalid(fmt::format("label {} is too long", name.substr(0, 64)));
    }
    if (i > 0 && labels[i - 1].first == name) return Invalid(fmt::format("label {} twice", name));
    named = named || name == kMetricLabel;
  }
  if (!named) return Invalid("a series without a name");
  return labels;
}

std::string SeriesText(const Labels& labels) {
  constexpr std::size_t kLongestText = 200;
  std::string metric;
  std::string rest;
  for (const auto& [name, value] : labels) {
    if (name == kMetricLabel) {
      metric = value;
    } else if (rest.size() < kLongestText) {
      rest += fmt::format("{}{}=\"{}\"", rest.empty() ? "" : ",", name, value);
    }
  }
  return fmt::format("{}{{{}}}", metric, rest).substr(0, kLongestText);
}

}  // namespace hpaplus::push
