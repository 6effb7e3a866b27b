#include "collectors/selector_query.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>
#include <re2/re2.h>

#include "collectors/numbers.h"

namespace hpaplus::collectors {
namespace {

constexpr std::size_t kLongestQuery = 8192;
constexpr std::size_t kLongestExpression = 256;
constexpr std::size_t kMostMatchers = 64;
constexpr std::int64_t kExpressionMemory = 1 << 20;
constexpr std::string_view kMetricLabel = "__name__";

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsNamePart(char c) {
  return IsNameStart(c) || (c >= '0' && c <= '9');
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

Aggregation AggregationOf(std::string_view name) {
  constexpr std::pair<std::string_view, Aggregation> kNames[] = {
      {"sum", Aggregation::kSum},     {"avg", Aggregation::kAverage},
      {"max", Aggregation::kMax},     {"min", Aggregation::kMin},
      {"count", Aggregation::kCount}, {"quantile", Aggregation::kQuantile}};
  const auto* const found =
      std::ranges::find(kNames, name, &std::pair<std::string_view, Aggregation>::first);
  return found == std::end(kNames) ? Aggregation::kNone : found->second;
}

// Reads a query from left to right. The first complaint counts; after it everything is skipped.
class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : text_(text) {}

  Result<SelectorQuery> Read() {
    ReadAggregation();
    SkipSpace();
    if (at_ != text_.size()) Expect("the end");
    if (!problem_.empty()) return Error{ErrorCode::kInvalidArgument, problem_};
    return std::move(query_);
  }

 private:
  void ReadAggregation() {
    const std::size_t start = at_;
    const std::string_view name = TakeName(true);
    query_.aggregation = AggregationOf(name);
    if (query_.aggregation == Aggregation::kNone || !Take('(')) {
      query_.aggregation = Aggregation::kNone;
      at_ = start;
      return ReadRate();
    }
    if (query_.aggregation == Aggregation::kQuantile) ReadQuantile();
    ReadRate();
    if (!Take(')')) Expect("\")\"");
  }

  void ReadQuantile() {
    SkipSpace();
    const std::size_t start = at_;
    at_ = std::min(text_.find(',', start), text_.size());
    std::string_view number = text_.substr(start, at_ - start);
    while (!number.empty() && IsSpace(number.back()))
      number.remove_suffix(1);
    const std::optional<double> quantile = ParseDouble(number);
    if (!quantile || !(*quantile >= 0 && *quantile <= 1)) {
      at_ = start;
      return Expect("a number from 0 to 1");
    }
    query_.quantile = *quantile;
    if (!Take(',')) Expect("\",\"");
  }

  void ReadRate() {
    const std::size_t start = at_;
    if (TakeName(true) != "rate" || !Take('(')) {
      at_ = start;
      return ReadSelector();
    }
    ReadSelector();
    if (!Take('[')) return Expect("\"[\" and a range, such as [30s]");
    const std::size_t from = at_;
    at_ = std::min(text_.find(']', from), text_.size());
    const Result<Duration> range = ParseDuration(text_.substr(from, at_ - from));
    if (!range || *range <= Duration::zero()) {
      at_ = from;
      return Expect("a positive duration, such as 30s");
    }
    query_.rate_range = *range;
    if (!Take(']')) Expect("\"]\"");
    if (!Take(')')) Expect("\")\"");
  }

  void ReadSelector() {
    query_.metric = std::string(TakeName(true));
    if (Take('{')) {
      ReadMatchers();
    } else if (query_.metric.empty()) {
      return Expect("a metric or \"{\"");
    }
    const bool narrows = std::ranges::any_of(
        query_.matchers, [](const LabelMatcher& matcher) { return !matcher.Matches(""); });
    if (query_.metric.empty() && !narrows) Complain("the selector fits a series without labels");
  }

  void ReadMatchers() {
    while (problem_.empty() && !Take('}')) {
      ReadMatcher();
      if (!Take(',')) {
        if (!Take('}')) Expect("\",\" or \"}\"");
        return;
      }
    }
  }

  void ReadMatcher() {
    std::string label(TakeName(false));
    if (label.empty()) return Expect("a label or \"}\"");
    LabelMatcher::Kind kind = LabelMatcher::Kind::kEqual;
    if (TakeText("=~")) {
      kind = LabelMatcher::Kind::kMatches;
    } else if (TakeText("!~")) {
      kind = LabelMatcher::Kind::kMatchesNot;
    } else if (TakeText("!=")) {
      kind = LabelMatcher::Kind::kNotEqual;
    } else if (!TakeText("=")) {
      return Expect("one of = != =~ !~");
    }
    std::string value = TakeString();
    if (!problem_.empty()) return;
    if (label == kMetricLabel && kind == LabelMatcher::Kind::kEqual && !value.empty()) {
      if (!query_.metric.empty()) return Complain("the metric is named twice");
      query_.metric = std::move(value);
      return;
    }
    if (query_.matchers.size() == kMostMatchers) {
      return Complain(fmt::format("more than {} matchers", kMostMatchers));
    }
    auto matcher = LabelMatcher::Create(std::move(label), kind, std::move(value));
    if (!matcher) return Complain(matcher.error().message);
    query_.matchers.push_back(std::move(*matcher));
  }

  std::string TakeString() {
    SkipSpace();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '\'' && quote != '`') {
      Expect("a value in quotes");
      return {};
    }
    const std::size_t start = at_++;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      const bool escape = text_[at_] == '\\' && quote != '`';
      value += escape ? TakeEscape() : text_[at_++];
      if (!problem_.empty()) return {};
    }
    if (at_ == text_.size()) {
      at_ = start;
      Expect("a value whose quote is closed");
      return {};
    }
    ++at_;
    return value;
  }

  char TakeEscape() {
    const char code = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    constexpr std::string_view kCodes = "\\\"'nt";
    constexpr std::string_view kMeant = "\\\"'\n\t";
    const std::size_t which = kCodes.find(code);
    if (which == std::string_view::npos) {
      Expect("one of \\\\ \\\" \\' \\n \\t");
      return '\0';
    }
    at_ += 2;
    return kMeant[which];
  }

  // Empty when there is none. Metrics may have colons, labels may not.
  std::string_view TakeName(bool is_metric) {
    SkipSpace();
    const std::size_t start = at_;
    const auto colon = [is_metric](char c) { return is_metric && c == ':'; };
    if (at_ == text_.size() || !(IsNameStart(text_[at_]) || colon(text_[at_]))) return {};
    while (at_ < text_.size() && (IsNamePart(text_[at_]) || colon(text_[at_])))
      ++at_;
    return text_.substr(start, at_ - start);
  }

  bool Take(char c) { return TakeText({&c, 1}); }

  bool TakeText(std::string_view wanted) {
    SkipSpace();
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_]))
      ++at_;
  }

  void Expect(std::string_view what) { Complain(fmt::format("expected {}", what)); }

  void Complain(std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("query, character {}: {}", at_ + 1, what);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  SelectorQuery query_;
  std::string problem_;
};

std::string_view ValueOf(std::span<const SeriesLabel> labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &SeriesLabel::name);
  return found == labels.end() ? std::string_view() : found->value;
}

bool AnyIsNan(std::span<const ScalarSample> series) {
  return std::ranges::any_of(series, [](const ScalarSample& s) { return std::isnan(s.value); });
}

// Between the two neighbours of its rank, as PromQL does.
double QuantileOf(double quantile, std::vector<ScalarSample>& series) {
  std::ranges::sort(series, {}, &ScalarSample::value);
  const double rank = quantile * static_cast<double>(series.size() - 1);
  const double below = std::floor(rank);
  const auto lower = static_cast<std::size_t>(below);
  const std::size_t upper = std::min(lower + 1, series.size() - 1);
  const double weight = rank - below;
  if (weight <= 0) return series[lower].value;
  return series[lower].value * (1 - weight) + series[upper].value * weight;
}

double SumOf(std::span<const ScalarSample> series) {
  double sum = 0;
  for (const ScalarSample& sample : series)
    sum += sample.value;
  return sum;
}

double Combined(const SelectorQuery& query, std::vector<ScalarSample>& series) {
  const auto count = static_cast<double>(series.size());
  if (query.aggregation == Aggregation::kCount) return count;
  if (AnyIsNan(series)) return std::nan("");
  switch (query.aggregation) {
    case Aggregation::kSum:
      return SumOf(series);
    case Aggregation::kAverage:
      return SumOf(series) / count;
    case Aggregation::kMax:
      return std::ranges::max_element(series, {}, &ScalarSample::value)->value;
    case Aggregation::kMin:
      return std::ranges::min_element(series, {}, &ScalarSample::value)->value;
    case Aggregation::kQuantile:
      return QuantileOf(query.quantile, series);
    case Aggregation::kCount:
    case Aggregation::kNone:
      break;
  }
  return std::nan("");
}

}  // namespace

LabelMatcher::LabelMatcher(std::string label, Kind kind, std::string value)
    : label_(std::move(label)), kind_(kind), value_(std::move(value)) {}

Result<LabelMatcher> LabelMatcher::Create(std::string label, Kind kind, std::string value) {
  LabelMatcher matcher(std::move(label), kind, std::move(value));
  if (kind == Kind::kEqual || kind == Kind::kNotEqual) return matcher;
  if (matcher.value_.size() > kLongestExpression) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("an expression is longer than {}", kLongestExpression)};
  }
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kExpressionMemory);
  options.set_dot_nl(true);  // As PromQL has it.
  auto expression = std::make_shared<const re2::RE2>(matcher.value_, options);
  if (!expression->ok()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the expression \"{}\": {}", matcher.value_, expression->error())};
  }
  matcher.expression_ = std::move(expression);
  return matcher;
}

bool LabelMatcher::Matches(std::string_view value) const {
  switch (kind_) {
    case Kind::kEqual:
      return value == value_;
    case Kind::kNotEqual:
      return value != value_;
    case Kind::kMatches:
    case Kind::kMatchesNot: {
      const re2::StringPiece text(value.data(), value.size());
      return RE2::FullMatch(text, *expression_) == (kind_ == Kind::kMatches);
    }
  }
  return false;
}

bool SelectorQuery::Selects(std::span<const SeriesLabel> labels) const {
  if (!metric.empty() && ValueOf(labels, kMetricLabel) != metric) return false;
  return std::ranges::all_of(matchers, [labels](const LabelMatcher& matcher) {
    return matcher.Matches(ValueOf(labels, matcher.label()));
  });
}

Result<SelectorQuery> ParseSelectorQuery(std::string_view text) {
  if (text.size() > kLongestQuery) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("query: longer than {} characters", kLongestQuery)};
  }
  return QueryReader(text).Read();
}

std::vector<ScalarSample> Aggregate(const SelectorQuery& query, std::vector<ScalarSample> series) {
  if (query.aggregation == Aggregation::kNone || series.empty()) return series;
  ScalarSample all;
  all.at = std::ranges::min_element(series, {}, &ScalarSample::at)->at;
  all.value = Combined(query, series);
  all.milli = MilliFromDouble(all.value);
  return {all};
}

std::optional<ScalarSample> RateOf(std::span<const TimedValue> samples, Duration range,
                                   Timestamp now) {
  const auto young = std::ranges::upper_bound(samples, now - range, {}, &TimedValue::at);
  const std::span<const TimedValue> window(young, samples.end());
  if (window.size() < 2) return std::nullopt;
  double increase = 0;
  for (std::size_t i = 1; i < window.size(); ++i) {
    const double step = window[i].value - window[i - 1].value;
    increase += step < 0 ? window[i].value : step;
  }
  const Duration between = window.back().at - window.front().at;
  if (between <= Duration::zero()) return std::nullopt;
  ScalarSample rate;
  rate.at = window.back().at;
  rate.value = increase / ToSeconds(between);
  rate.milli = MilliFromDouble(rate.value);
  return rate;
}

}  // namespace hpaplus::collectors
