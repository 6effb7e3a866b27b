#include "collectors/exposition_document.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "collectors/exposition.h"
#include "collectors/numbers.h"
#include "collectors/selector_query.h"

namespace hpaplus::collectors {
namespace {

struct Wanted {
  Result<SelectorQuery> query;
  std::vector<ScalarSample> series;
};

Error Unusable(const Error& error) {
  return {ErrorCode::kMalformedData,
          fmt::format("business monitor: the answer is not usable exposition: {}", error.message)};
}

Result<SelectorQuery> ParseQuery(const std::string& text) {
  Result<SelectorQuery> query = ParseSelectorQuery(text);
  if (!query) {
    return Error{query.error().code, fmt::format("business monitor: {}", query.error().message)};
  }
  if (query->rate_range) {
    return Error{ErrorCode::kInvalidArgument,
                 "business monitor: one answer has no rate: ask a Prometheus or scrape the pods"};
  }
  return query;
}

// The labels of one sample, its name among them.
void Unescape(const ExpositionReader::Sample& sample, std::vector<std::string>& values,
              std::vector<SeriesLabel>& labels) {
  values.clear();
  labels.clear();
  values.reserve(sample.labels.size());
  labels.push_back({"__name__", sample.name});
  for (const ExpositionLabel& label : sample.labels) {
    values.push_back(UnescapeLabel(label.value));
    labels.push_back({label.name, values.back()});
  }
}

Status Read(std::string_view content_type, std::string_view body, std::span<Wanted> wanted,
            Timestamp at) {
  const auto format = FormatOfContentType(content_type);
  if (!format) return Unusable(format.error());
  ExpositionReader reader(body, *format, {});
  ExpositionReader::Sample sample;
  std::vector<std::string> values;
  std::vector<SeriesLabel> labels;
  for (std::size_t count = 0;; ++count) {
    const ExpositionReader::Step step = reader.Next({}, sample);
    if (step == ExpositionReader::Step::kEnd) return Done{};
    if (step == ExpositionReader::Step::kMalformed) return Unusable(reader.error());
    if (count == kExpositionSeriesMost) {
      return Unusable(
          {ErrorCode::kMalformedData, fmt::format("more than {} series", kExpositionSeriesMost)});
    }
    Unescape(sample, values, labels);
    for (Wanted& one : wanted) {
      if (!one.query || !one.query->Selects(labels)) continue;
      one.series.push_back({.at = sample.at.value_or(at),
                            .value = sample.value,
                            .milli = MilliFromDouble(sample.value)});
    }
  }
}

}  // namespace

bool IsExposition(std::string_view content_type) {
  const bool is_open_metrics = content_type.starts_with("application/openmetrics-text");
  const bool has_version = content_type.find("version=") != std::string_view::npos;
  return is_open_metrics || (content_type.starts_with("text/plain") && has_version);
}

std::vector<DocumentValues> ReadExpositionValues(std::string_view content_type,
                                                 std::string_view body,
                                                 std::span<const std::string> queries,
                                                 Timestamp at) {
  std::vector<Wanted> wanted;
  wanted.reserve(queries.size());
  for (const std::string& query : queries)
    wanted.push_back({ParseQuery(query), {}});
  const Status read = Read(content_type, body, wanted, at);
  std::vector<DocumentValues> results;
  results.reserve(queries.size());
  for (Wanted& one : wanted) {
    if (!one.query) {
      results.push_back(one.query.error());
    } else if (!read) {
      results.push_back(read.error());
    } else {
      results.push_back(Aggregate(*one.query, std::move(one.series)));
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
