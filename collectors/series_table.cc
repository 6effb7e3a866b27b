#include "collectors/series_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/random.h"

namespace hpaplus::collectors {
namespace {

constexpr std::size_t kChunkBytes = 64U << 10U;
constexpr std::size_t kFewestSlots = 64;
constexpr std::size_t kMostProbes = 256;

std::uint64_t Load(const char* from, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, bytes);
  return word;
}

// Folds the 128-bit product, so that every bit of both counts.
std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

constexpr std::uint64_t kOdd1 = 0x9E3779B97F4A7C15U;
constexpr std::uint64_t kOdd2 = 0xD6E8FEB86659FD93U;

std::string_view WithoutEscapes(const ExpositionLabel& label, std::string& storage) {
  if (label.value.find('\\') == std::string_view::npos) return label.value;
  storage = UnescapeLabel(label.value);
  return storage;
}

// Empty when all is well.
std::string_view ProblemOf(std::span<const ExpositionLabel> labels) {
  std::array<std::string_view, ExpositionReader::kMostLabels> names{};
  for (std::size_t i = 0; i < labels.size(); ++i)
    names.at(i) = labels[i].name;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(labels.size());
  std::sort(names.begin(), end);
  if (std::adjacent_find(names.begin(), end) != end) return "a label occurs twice";
  if (std::binary_search(names.begin(), end, "__name__")) return "a label is called __name__";
  return {};
}

// Of a text that a reader has accepted before.
SeriesLabels Parse(std::string_view text) {
  const std::string line = std::string(text) + " 0\n";
  ExpositionReader reader(line, ExpositionFormat::kPrometheusText, {.line_bytes = line.size()});
  ExpositionReader::Sample sample;
  HPAPLUS_CHECK(reader.Next({}, sample) == ExpositionReader::Step::kSample);
  SeriesLabels series{.name = std::string(sample.name), .labels = {}};
  for (const ExpositionLabel& label : sample.labels) {
    if (!label.value.empty()) series.labels.emplace_back(label.name, UnescapeLabel(label.value));
  }
  std::ranges::sort(series.labels);
  return series;
}

}  // namespace

std::string_view SeriesLabels::Value(std::string_view label) const {
  if (label == "__name__") return name;
  const auto found = std::ranges::lower_bound(
      labels, label, {}, [](const auto& one) { return std::string_view(one.first); });
  return found != labels.end() && found->first == label ? std::string_view(found->second)
                                                        : std::string_view();
}

// What an attacker cannot know is where the table lies in memory.
SeriesTable::SeriesTable(const Config& config)
    : config_(config), seed_(Random(std::bit_cast<std::uintptr_t>(this)).Next()) {}

Status SeriesTable::Read(std::string_view body, ExpositionFormat format,
                         std::vector<Point>& points) {
  points.clear();
  if (texts_.size() > config_.kept_most || kept_bytes_ > config_.kept_bytes_most) Clear();
  ++exposition_;
  ExpositionReader reader(body, format, {});
  ExpositionReader::Sample sample;
  const auto refuse = [&points](Error error) {
    points.clear();
    return error;
  };
  TextId previous = kNone;
  TextId expected = first_;
  while (true) {
    const std::string_view guess = expected == kNone ? std::string_view() : texts_[expected].text;
    const ExpositionReader::Step step = reader.Next(guess, sample);
    if (step == ExpositionReader::Step::kEnd) return Done{};
    if (step == ExpositionReader::Step::kMalformed) return refuse(reader.error());
    TextId text = expected;
    if (!sample.name.empty()) {
      const Result<TextId> found = Intern(sample);
      if (!found) return refuse(reader.ErrorOfSample(found.error().message));
      text = *found;
      (previous == kNone ? first_ : texts_[previous].next) = text;
    }
    if (points.size() == config_.series_most) {
      return refuse(reader.ErrorOfSample("there are too many series"));
    }
    if (!Note(text, sample, points)) {
      return refuse(reader.ErrorOfSample("the series occurs for the second time"));
    }
    previous = text;
    expected = texts_[text].next;
  }
}

SeriesLabels SeriesTable::LabelsOf(SeriesId series) const {
  HPAPLUS_CHECK(series < texts_.size());
  return Parse(texts_[series].text);
}

std::size_t SeriesTable::bytes() const {
  return kept_bytes_ + texts_.capacity() * sizeof(Text) +
         (by_text_.slots.size() + by_meaning_.slots.size()) * sizeof(Index::Slot);
}

void SeriesTable::Clear() {
  texts_ = {};
  by_text_ = {};
  by_meaning_ = {};
  chunks_.clear();
  kept_bytes_ = 0;
  first_ = kNone;
  ++generation_;
}

std::uint64_t SeriesTable::Hash(std::string_view text) const {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t a = seed_ ^ left;
  std::uint64_t b = seed_ ^ kOdd2;
  for (; left > 16; left -= 16, at += 16) {
    a = Mix(a ^ Load(at, 8), kOdd1);
    b = Mix(b ^ Load(at + 8, 8), kOdd2);
  }
  if (left > 8) {
    b ^= Load(at + 8, left - 8);
    left = 8;
  }
  return Mix(Mix(a ^ Load(at, left), kOdd1) ^ b, kOdd2);
}

// The order of the labels does not matter to a sum.
std::uint64_t SeriesTable::MeaningOf(const ExpositionReader::Sample& sample) const {
  std::string storage;
  std::uint64_t meaning = Hash(sample.name);
  for (const ExpositionLabel& label : sample.labels) {
    if (label.value.empty()) continue;
    meaning += Mix(Hash(label.name) ^ kOdd1, Hash(WithoutEscapes(label, storage)) ^ kOdd2);
  }
  return Mix(meaning ^ seed_, kOdd1);
}

bool SeriesTable::Index::Insert(std::uint64_t hash, TextId text) {
  if ((used + 1) * 2 > slots.size()) Grow();
  const std::size_t mask = slots.size() - 1;
  for (std::size_t i = 0; i < kMostProbes; ++i) {
    Slot& slot = slots[(hash + i) & mask];
    if (slot.text != kNone) continue;
    slot = {hash, text};
    ++used;
    return true;
  }
  return false;
}

void SeriesTable::Index::Grow() {
  std::vector<Slot> old(std::max(kFewestSlots, slots.size() * 2));
  old.swap(slots);
  const std::size_t mask = slots.size() - 1;
  for (const Slot& slot : old) {
    if (slot.text == kNone) continue;
    std::size_t at = slot.hash & mask;
    while (slots[at].text != kNone)
      at = (at + 1) & mask;
    slots[at] = slot;
  }
}

SeriesTable::TextId SeriesTable::FindText(std::uint64_t hash, std::string_view text) const {
  if (by_text_.slots.empty()) return kNone;
  const std::size_t mask = by_text_.slots.size() - 1;
  for (std::size_t at = hash & mask; by_text_.slots[at].text != kNone; at = (at + 1) & mask) {
    const Index::Slot& slot = by_text_.slots[at];
    if (slot.hash == hash && texts_[slot.text].text == text) return slot.text;
  }
  return kNone;
}

// Of the texts that were added before.
SeriesTable::SeriesId SeriesTable::FindMeaning(std::uint64_t meaning, std::string_view text) const {
  if (by_meaning_.slots.empty()) return kNone;
  const std::size_t mask = by_meaning_.slots.size() - 1;
  for (std::size_t at = meaning & mask; by_meaning_.slots[at].text != kNone; at = (at + 1) & mask) {
    const Index::Slot& slot = by_meaning_.slots[at];
    if (slot.hash == meaning && Parse(texts_[slot.text].text) == Parse(text)) return slot.text;
  }
  return kNone;
}

Result<SeriesTable::TextId> SeriesTable::Intern(const ExpositionReader::Sample& sample) {
  const std::uint64_t hash = Hash(sample.series);
  const TextId found = FindText(hash, sample.series);
  return found != kNone ? Result<TextId>(found) : Add(sample, hash);
}

Result<SeriesTable::TextId> SeriesTable::Add(const ExpositionReader::Sample& sample,
                                             std::uint64_t hash) {
  const auto refuse = [](std::string_view why) {
    return Error{ErrorCode::kMalformedData, std::string(why)};
  };
  if (const std::string_view problem = ProblemOf(sample.labels); !problem.empty()) {
    return refuse(problem);
  }
  const auto text = static_cast<TextId>(texts_.size());
  const std::uint64_t meaning = MeaningOf(sample);
  const SeriesId same = FindMeaning(meaning, sample.series);
  texts_.push_back({.text = Keep(sample.series), .series = same == kNone ? text : same});
  const bool kept =
      by_text_.Insert(hash, text) && (same != kNone || by_meaning_.Insert(meaning, text));
  if (!kept) return refuse("too many series look alike");
  return text;
}

std::string_view SeriesTable::Keep(std::string_view text) {
  if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < text.size()) {
    chunks_.emplace_back().reserve(std::max(kChunkBytes, text.size()));
    kept_bytes_ += chunks_.back().capacity();
  }
  std::string& chunk = chunks_.back();
  const std::size_t at = chunk.size();
  chunk += text;
  return std::string_view(chunk).substr(at);
}

// False when this exposition had the series at that time before.
bool SeriesTable::Note(TextId text, const ExpositionReader::Sample& sample,
                       std::vector<Point>& points) {
  const SeriesId id = texts_[text].series;
  Text& series = texts_[id];
  const Timestamp at = sample.at.value_or(Timestamp());
  if (series.seen == exposition_ && series.seen_at == at) return false;
  series.seen = exposition_;
  series.seen_at = at;
  points.push_back({id, sample.value, at});
  return true;
}

}  // namespace hpaplus::collectors
