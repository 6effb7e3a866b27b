#include "collectors/exposition.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <fmt/core.h>
#include <simdjson.h>

#include "collectors/exposition_number.h"
#include "collectors/http_answer.h"
#include "collectors/numbers.h"

namespace hpaplus::collectors {
namespace {

// What a character may be part of.
enum : unsigned char { kNameStart = 1, kName = 2, kLabelStart = 4, kLabel = 8, kBlank = 16 };

constexpr std::array<unsigned char, 256> MakeClasses() {
  std::array<unsigned char, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (letter) classes[c] = kNameStart | kName | kLabelStart | kLabel;
    if (digit) classes[c] = kName | kLabel;
    if (c == ':') classes[c] = kNameStart | kName;
    if (c == ' ' || c == '\t') classes[c] = kBlank;
  }
  return classes;
}
constexpr std::array<unsigned char, 256> kClasses = MakeClasses();

bool Is(char c, unsigned char of) {
  return (kClasses[static_cast<unsigned char>(c)] & of) != 0;
}

// Everything below reads at most up to a line feed, and the text ends with one.

const char* SkipClass(const char* at, unsigned char of) {
  while (Is(*at, of))
    ++at;
  return at;
}

bool EndsLabelValue(char c) {
  return c == '"' || c == '\\' || c == '\n';
}

// The first quote, backslash or line feed.
const char* FindLabelValueEnd(const char* at, [[maybe_unused]] const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i line_feed = _mm_set1_epi8('\n');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i found =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpeq_epi8(bytes, line_feed));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0) return at + std::countr_zero(mask);
  }
#endif
  while (!EndsLabelValue(*at))
    ++at;
  return at;
}

const char* FindLineEnd(const char* at, const char* end) {
  return static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
}

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// The first line that is not UTF-8; null when all are.
const char* FindBadUtf8(const char* begin, const char* end) {
  const auto size = static_cast<std::size_t>(end - begin);
  if (simdjson::validate_utf8(begin, size)) return nullptr;
  for (const char* line = begin; line != end;) {
    const char* const next = FindLineEnd(line, end) + 1;
    if (!simdjson::validate_utf8(line, static_cast<std::size_t>(next - line))) return line;
    line = next;
  }
  return begin;
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && Is(text.front(), kBlank))
    text.remove_prefix(1);
  while (!text.empty() && Is(text.back(), kBlank))
    text.remove_suffix(1);
  return text;
}

bool IsMetricName(std::string_view text) {
  return !text.empty() && Is(text.front(), kNameStart) &&
         std::ranges::all_of(text, [](char c) { return Is(c, kName); });
}

bool IsType(std::string_view type, bool open_metrics) {
  constexpr std::string_view kText[] = {"counter", "gauge", "histogram", "summary", "untyped"};
  constexpr std::string_view kOpen[] = {"counter",        "gauge",    "histogram", "summary",
                                        "gaugehistogram", "stateset", "info",      "unknown"};
  return open_metrics ? std::ranges::find(kOpen, type) != std::end(kOpen)
                      : std::ranges::find(kText, type) != std::end(kText);
}

// Milliseconds since 1970.
std::optional<Timestamp> ReadMilliseconds(std::string_view text) {
  if (text.starts_with('-')) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string_view digits = text;
  std::int64_t milliseconds = 0;
  for (; !digits.empty() && digits.front() >= '0' && digits.front() <= '9'; digits.remove_prefix(1))
    if (milliseconds <= 9'223'372'036'854)
      milliseconds = milliseconds * 10 + (digits.front() - '0');
  if (text.empty() || !digits.empty() || milliseconds > 9'223'372'036'853) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(milliseconds));
}

}  // namespace

Result<ExpositionFormat> FormatOfContentType(std::string_view content_type) {
  const std::string_view media = TrimBlanks(content_type.substr(0, content_type.find(';')));
  if (media == "application/openmetrics-text") return ExpositionFormat::kOpenMetrics;
  if (media.empty() || media == "text/plain") return ExpositionFormat::kPrometheusText;
  return Error{ErrorCode::kMalformedData,
               fmt::format("the answer is {} and no exposition of metrics", Printable(media))};
}

std::string_view ExpositionAccept() {
  return "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
}

std::string UnescapeLabel(std::string_view written) {
  std::string value;
  value.reserve(written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '\\' || i + 1 == written.size()) {
      value += written[i];
      continue;
    }
    const char escaped = written[++i];
    if (escaped == 'n') {
      value += '\n';
    } else if (escaped == '"' || escaped == '\\') {
      value += escaped;
    } else {
      value += '\\';
      value += escaped;
    }
  }
  return value;
}

ExpositionReader::ExpositionReader(std::string_view body, ExpositionFormat format,
                                   const Limits& limits)
    : begin_(body.data()),
      end_(body.data() + body.size()),
      format_(format),
      limits_(limits),
      at_(begin_) {}

ExpositionReader::Step ExpositionReader::Next(std::string_view expected, Sample& sample) {
  if (at_ == begin_ && begin_ != end_) {
    if (end_[-1] != '\n') return Fail(end_ - 1, "the text ends in the middle of a line");
    if (const char* bad = FindBadUtf8(begin_, end_)) return Fail(bad, "the text is not UTF-8");
  }
  while (at_ != end_) {
    if (eof_seen_) return Fail(at_, "something follows # EOF");
    const char* const line = at_;
    if (!open_metrics()) SkipBlanks();
    if (*at_ == '#') {
      if (!(open_metrics() ? ReadOpenMetricsComment() : ReadComment())) return Fail(at_, problem_);
    } else if (*at_ == '\n') {
      if (open_metrics()) return Fail(at_, "an empty line");
    } else {
      if (!ReadSeries(expected, sample) || !ReadRest(sample)) return Fail(at_, problem_);
      if (static_cast<std::size_t>(at_ - line) > limits_.line_bytes) {
        return Fail(line, "the line is too long");
      }
      ++at_;
      return Step::kSample;
    }
    ++at_;
  }
  if (open_metrics() && !eof_seen_) return Fail(at_, "the text ends without # EOF");
  return Step::kEnd;
}

Error ExpositionReader::ErrorAt(const char* at, std::string_view what) const {
  const auto line = 1 + std::count(begin_, at, '\n');
  return {ErrorCode::kMalformedData, fmt::format("line {}: {}", line, what)};
}

ExpositionReader::Step ExpositionReader::Fail(const char* at, std::string_view what) {
  at_ = at;
  problem_ = what;
  return Step::kMalformed;
}

bool ExpositionReader::Broken(std::string_view what) {
  problem_ = what;
  return false;
}

// Leaves at_ at the line feed.
bool ExpositionReader::ReadComment() {
  const char* const end = FindLineEnd(at_, end_);
  if (!Is(at_[1], kBlank)) {
    at_ = end;
    return true;
  }
  const std::string_view text = TrimBlanks(Between(at_ + 1, end));
  const std::size_t word_end = text.find_first_of(" \t");
  const std::string_view word = text.substr(0, word_end);
  if (word == "HELP" || word == "TYPE") {
    const std::string_view rest =
        word_end == text.npos ? std::string_view() : TrimBlanks(text.substr(word_end));
    if (!ReadMetadata(word, rest)) return false;
  }
  at_ = end;
  return true;
}

bool ExpositionReader::ReadOpenMetricsComment() {
  const char* const end = FindLineEnd(at_, end_);
  const std::string_view text = Between(at_, end);
  if (text == "# EOF") {
    eof_seen_ = true;
    at_ = end;
    return true;
  }
  for (const std::string_view word : {"HELP", "TYPE", "UNIT"}) {
    if (text.size() > 7 && text.starts_with("# ") && text.substr(2, 4) == word && text[6] == ' ') {
      if (!ReadMetadata(word, text.substr(7))) return false;
      at_ = end;
      return true;
    }
  }
  return Broken("a comment is none of # HELP, # TYPE, # UNIT and # EOF");
}

bool ExpositionReader::ReadMetadata(std::string_view word, std::string_view rest) {
  const std::size_t name_end = rest.find_first_of(" \t");
  if (!IsMetricName(rest.substr(0, name_end))) return Broken("a comment names no metric");
  if (word != "TYPE") return true;
  std::string_view type = name_end == rest.npos ? std::string_view() : rest.substr(name_end + 1);
  if (!open_metrics()) type = TrimBlanks(type);
  return IsType(type, open_metrics()) || Broken("the type of a metric is unknown");
}

bool ExpositionReader::ReadSeries(std::string_view expected, Sample& sample) {
  const char* const series = at_;
  label_count_ = 0;
  // The line feed at the end of the text makes one byte more than `expected` readable.
  if (!expected.empty() && static_cast<std::size_t>(end_ - at_) > expected.size() &&
      std::memcmp(at_, expected.data(), expected.size()) == 0 && Is(at_[expected.size()], kBlank)) {
    at_ += expected.size();
    const char* const next = SkipClass(at_, kBlank);
    if (*next != '{') {
      sample.series = Between(series, at_);
      sample.name = {};
      sample.labels = {};
      return true;
    }
    at_ = series;
  }
  if (!Is(*at_, kNameStart)) return Broken("a line begins with neither a metric's name nor #");
  at_ = SkipClass(at_, kName);
  sample.name = Between(series, at_);
  const char* const name_end = at_;
  if (!open_metrics()) SkipBlanks();
  if (*at_ == '{') {
    if (!ReadLabels()) return false;
  } else {
    at_ = name_end;
  }
  sample.series = Between(series, at_);
  sample.labels = {labels_.data(), label_count_};
  return true;
}

bool ExpositionReader::ReadLabels() {
  ++at_;
  while (true) {
    if (!open_metrics()) SkipBlanks();
    if (*at_ == '}') break;
    if (!ReadLabel()) return false;
    if (!open_metrics()) SkipBlanks();
    if (*at_ == '}') break;
    if (*at_ != ',') return Broken("a label is followed by neither a comma nor }");
    ++at_;
    if (open_metrics() && *at_ == '}') return Broken("a comma is followed by no label");
  }
  ++at_;
  return true;
}

bool ExpositionReader::ReadLabel() {
  const char* const name = at_;
  if (!Is(*at_, kLabelStart)) return Broken("a label has no name");
  at_ = SkipClass(at_, kLabel);
  if (label_count_ == kMostLabels) return Broken("a series has too many labels");
  ExpositionLabel& label = labels_[label_count_++];
  label.name = Between(name, at_);
  if (!open_metrics()) SkipBlanks();
  if (*at_ != '=') return Broken("a label's name is not followed by =");
  ++at_;
  if (!open_metrics()) SkipBlanks();
  return ReadLabelValue(label.value);
}

bool ExpositionReader::ReadLabelValue(std::string_view& value) {
  if (*at_ != '"') return Broken("a label's value is not in quotes");
  const char* const first = ++at_;
  at_ = FindLabelValueEnd(at_, end_);
  while (*at_ == '\\') {
    if (at_[1] == '\n') return Broken("a label's value has no end");
    at_ = FindLabelValueEnd(at_ + 2, end_);
  }
  if (*at_ == '\n') return Broken("a label's value has no end");
  value = Between(first, at_);
  ++at_;
  return true;
}

void ExpositionReader::SkipBlanks() {
  at_ = SkipClass(at_, kBlank);
}

// What stands between two parts of a line.
bool ExpositionReader::Separator() {
  if (!open_metrics()) {
    SkipBlanks();
    return true;
  }
  if (*at_ != ' ') return false;
  ++at_;
  return true;
}

std::string_view ExpositionReader::Token() const {
  const char* end = at_;
  while (*end != '\n' && !Is(*end, kBlank))
    ++end;
  return Between(at_, end);
}

bool ExpositionReader::ReadValue(double& value) {
  const char* const end = ReadPlainNumber(at_, value);
  if (end != nullptr && (*end == '\n' || Is(*end, kBlank))) {
    at_ = end;
    return true;
  }
  const std::string_view token = Token();
  if (token.empty()) return Broken("a series has no value");
  const std::optional<double> rare = ReadRareNumber(token);
  if (!rare) return Broken("a value is no number");
  value = *rare;
  at_ += token.size();
  return true;
}

// The value and what may follow it; leaves at_ at the line feed.
bool ExpositionReader::ReadRest(Sample& sample) {
  sample.at.reset();
  if (*at_ == '\n') return Broken("a series has no value");
  if (!Separator() || !ReadValue(sample.value)) {
    return problem_.empty() ? Broken("a series is not followed by a blank") : false;
  }
  if (*at_ == '\n') return true;
  if (!Separator()) return Broken("a value is not followed by a blank");
  if (*at_ == '\n') return !open_metrics() || Broken("a line ends with a blank");
  if (*at_ != '#') {
    if (!ReadTime(sample)) return false;
    if (*at_ == '\n') return true;
    if (!Separator()) return Broken("a timestamp is not followed by a blank");
    if (*at_ == '\n') return !open_metrics() || Broken("a line ends with a blank");
  }
  if (*at_ == '#' && open_metrics()) return ReadExemplar();
  return Broken("something follows the value and its timestamp");
}

bool ExpositionReader::ReadTime(Sample& sample) {
  const std::string_view token = Token();
  sample.at = open_metrics() ? ParseUnixSeconds(token) : ReadMilliseconds(token);
  if (!sample.at) return Broken("a timestamp is none between 1970 and 2262");
  at_ += token.size();
  return true;
}

// ` # {trace_id="x"} 0.5 1700000000.123`. Nobody asks for exemplars; they are only checked.
bool ExpositionReader::ReadExemplar() {
  constexpr std::string_view kBegin = "# {";
  if (!Between(at_, FindLineEnd(at_, end_)).starts_with(kBegin)) {
    return Broken("an exemplar has no labels");
  }
  at_ += kBegin.size() - 1;
  // The labels of the sample are still wanted.
  const std::size_t labels_of_sample = label_count_;
  if (!ReadLabels()) return false;
  label_count_ = labels_of_sample;
  if (!Separator()) return Broken("an exemplar has no value");
  double value = 0;
  if (!ReadValue(value)) return false;
  if (*at_ == '\n') return true;
  Sample exemplar;
  if (!Separator() || !ReadTime(exemplar)) return Broken("an exemplar's timestamp is none");
  return *at_ == '\n' || Broken("something follows an exemplar");
}

}  // namespace hpaplus::collectors
