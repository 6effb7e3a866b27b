#include "collectors/prometheus_reply.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <simdjson.h>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"
#include "collectors/prometheus_query.h"

namespace hpaplus::collectors {
namespace {

namespace json = simdjson::ondemand;
using JsonError = simdjson::error_code;

Error Malformed(std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("prometheus: {}", what)};
}

Error Malformed(std::string_view where, JsonError error) {
  return Malformed(fmt::format("{}: {}", where, simdjson::error_message(error)));
}

// What the reply consists of, whatever the order of its fields.
struct Envelope {
  std::string status;
  std::string error_type;
  std::string error;
  std::string warning;  // The first one that counts.
  bool is_partial = false;
  bool has_data = false;
};

JsonError ReadText(simdjson::simdjson_result<std::string_view>&& value, std::string& out) {
  std::string_view text;
  if (auto error = std::move(value).get(text)) return error;
  out = text;
  return simdjson::SUCCESS;
}

std::string_view Trimmed(std::string_view token) {
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

Status ReadTime(json::value item, ScalarSample& out) {
  double unused = 0;  // The token itself is what counts, but it has to be a number.
  const std::string_view token = Trimmed(item.raw_json_token());
  if (auto error = item.get_double().get(unused)) return Malformed("a timestamp", error);
  const std::optional<Timestamp> at = ParseUnixSeconds(token);
  if (!at) return Malformed(fmt::format("timestamp {} is not in 1970..2262", Printable(token)));
  out.at = *at;
  return Done{};
}

Status ReadNumber(json::value item, ScalarSample& out) {
  std::string_view text;
  if (auto error = item.get_string().get(text)) return Malformed("a value", error);
  const std::optional<double> value = ParseDouble(text);
  if (!value) return Malformed(fmt::format("value \"{}\" is not a number", Printable(text)));
  out.value = *value;
  out.milli = MilliFromDouble(*value);
  return Done{};
}

// Reads a [unix_seconds, "value"] pair.
Status ReadPoint(json::array pair, ScalarSample& out) {
  int position = 0;
  for (auto item : pair) {
    json::value value;
    if (auto error = item.get(value)) return Malformed("a sample", error);
    Status read = position == 0 ? ReadTime(value, out) : ReadNumber(value, out);
    if (!read) return read;
    ++position;
  }
  if (position != 2) return Malformed("a sample is not a timestamp and a value");
  return Done{};
}

// Reads the series of one reply, one after the other.
class SeriesReader {
 public:
  SeriesReader(std::span<const std::string> by, const ReplyLimits& limits, const SeriesTaker& take)
      : by_(by), limits_(limits), take_(take), values_(by.size()) {}

  Status ReadData(json::object data) {
    std::string type;
    if (auto error = ReadText(data.find_field_unordered("resultType").get_string(), type)) {
      return Malformed("data.resultType", error);
    }
    if (auto error = data.reset().error()) return Malformed("data", error);
    bool found = false;
    for (auto field : data) {
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return Malformed("data", error);
      if (key != "result") continue;
      if (found) return Malformed("two results");
      json::value result;
      if (auto error = field.value().get(result)) return Malformed("data.result", error);
      if (Status read = ReadResult(type, result); !read) return read;
      found = true;
    }
    if (!found) return Malformed("data.result is missing");
    return Done{};
  }

 private:
  [[nodiscard]] bool of_range() const { return limits_.max_points > 0; }

  Status ReadResult(std::string_view type, json::value result) {
    if (of_range() && type != "matrix") {
      return Malformed(fmt::format("a range query has a result of type \"{}\"", Printable(type)));
    }
    if ((type == "matrix" && !of_range()) || type == "string") {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("prometheus: the query's result is a {}, not a number or an instant "
                               "vector{}",
                               type == "matrix" ? "range vector" : "string",
                               type == "matrix" ? "; wrap it, for example in rate()" : "")};
    }
    json::array array;
    if (auto error = result.get_array().get(array)) return Malformed("data.result", error);
    if (type == "vector" || type == "matrix") return ReadVector(array);
    if (type != "scalar") {
      return Malformed(fmt::format("result type \"{}\" is unknown", Printable(type)));
    }
    ScalarSample sample;
    if (Status read = ReadPoint(array, sample); !read) return read;
    std::ranges::fill(values_, std::string_view());
    samples_.assign(1, sample);
    return Deliver(false);
  }

  Status ReadVector(json::array result) {
    for (auto element : result) {
      json::object series;
      if (auto error = element.get_object().get(series)) return Malformed("a series", error);
      if (Status read = ReadSeries(series); !read) return read;
    }
    return Done{};
  }

  Status ReadSeries(json::object series) {
    bool found = false;
    bool is_time = false;
    samples_.clear();
    std::ranges::fill(values_, std::string_view());
    for (auto field : series) {
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return Malformed("a series", error);
      if (key == "metric") {
        json::object labels;
        if (auto error = field.value().get_object().get(labels)) return Malformed("labels", error);
        if (Status read = ReadLabels(labels, is_time); !read) return read;
        continue;
      }
      if (key == "histogram" || key == "histograms") {
        return Error{ErrorCode::kInvalidArgument,
                     "prometheus: the result is a histogram; query a number, for example with "
                     "histogram_quantile()"};
      }
      if (key != (of_range() ? "values" : "value")) continue;
      if (found) return Malformed("a series has two values");
      json::array array;
      if (auto error = field.value().get_array().get(array)) return Malformed("a sample", error);
      if (Status read = of_range() ? AddPoints(array) : AddPoint(array); !read) return read;
      found = true;
    }
    if (!found) return Malformed("a series has no value");
    return Deliver(is_time);
  }

  Status AddPoint(json::array pair) {
    ScalarSample sample;
    if (Status read = ReadPoint(pair, sample); !read) return read;
    samples_.push_back(sample);
    return Done{};
  }

  Status AddPoints(json::array points) {
    for (auto element : points) {
      if (samples_.size() == limits_.max_points) {
        return Malformed(fmt::format("a series has more than {} samples", limits_.max_points));
      }
      json::array pair;
      if (auto error = element.get_array().get(pair)) return Malformed("a sample", error);
      if (Status read = AddPoint(pair); !read) return read;
    }
    return Done{};
  }

  Status ReadLabels(json::object labels, bool& is_time) {
    for (auto field : labels) {
      std::string_view name;
      if (auto error = field.unescaped_key().get(name)) return Malformed("labels", error);
      const auto wanted = std::ranges::find(by_, name);
      if (wanted == by_.end() && name != kPartLabel) continue;
      std::string_view value;
      if (auto error = field.value().get_string().get(value)) return Malformed("a label", error);
      if (wanted != by_.end()) values_[static_cast<std::size_t>(wanted - by_.begin())] = value;
      if (name == kPartLabel) is_time = value == kTimePart;
    }
    return Done{};
  }

  Status Deliver(bool is_time) {
    std::size_t& count = is_time ? times_ : numbers_;
    if (count == limits_.max_series) {
      return Malformed(fmt::format("more series than limits.maxSeries, {}", limits_.max_series));
    }
    ++count;
    key_.clear();
    for (const std::string_view value : values_)
      AppendToKey(value, key_);
    for (const ScalarSample& sample : samples_)
      take_({key_, is_time, sample});
    return Done{};
  }

  const std::span<const std::string> by_;
  const ReplyLimits& limits_;
  const SeriesTaker& take_;
  std::vector<std::string_view> values_;  // Of the present series' labels, as in by_.
  std::vector<ScalarSample> samples_;     // Of the present series.
  std::string key_;
  std::size_t numbers_ = 0;
  std::size_t times_ = 0;
};

// Keeps the first text that says that something is missing. Advice about a query does not.
Status ReadWarnings(json::value value, Envelope& out) {
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
  json::array texts;
  if (auto error = value.get_array().get(texts)) return Malformed("warnings", error);
  for (auto item : texts) {
    std::string_view text;
    if (auto error = item.get_string().get(text)) return Malformed("warnings", error);
    if (out.warning.empty() && !text.starts_with("PromQL info:")) out.warning = Printable(text);
  }
  return Done{};
}

Status ReadField(std::string_view key, json::value value, SeriesReader& reader, Envelope& out) {
  JsonError error = simdjson::SUCCESS;
  if (key == "status") {
    error = ReadText(value.get_string(), out.status);
  } else if (key == "errorType") {
    error = ReadText(value.get_string(), out.error_type);
  } else if (key == "error") {
    error = ReadText(value.get_string(), out.error);
  } else if (key == "isPartial") {
    error = value.get_bool().get(out.is_partial);
  } else if (key == "warnings") {
    return ReadWarnings(value, out);
  } else if (key == "data" && !out.has_data) {
    // Beside an error, data is null or absent.
    if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
    json::object data;
    error = value.get_object().get(data);
    if (error == simdjson::SUCCESS) {
      out.has_data = true;
      return reader.ReadData(data);
    }
  }
  if (error != simdjson::SUCCESS) return Malformed(key, error);
  return Done{};
}

Status ReadEnvelope(json::document& document, SeriesReader& reader, Envelope& out) {
  json::object root;
  if (auto error = document.get_object().get(root)) return Malformed("the reply", error);
  for (auto field : root) {
    std::string_view key;
    if (auto error = field.unescaped_key().get(key)) return Malformed("the reply", error);
    json::value value;
    if (auto error = field.value().get(value)) return Malformed("the reply", error);
    if (Status read = ReadField(key, value, reader, out); !read) return read;
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Malformed("something follows the reply");
  }
  return Done{};
}

Error QueryError(const Envelope& reply) {
  ErrorCode code = ErrorCode::kUnavailable;
  const std::string& type = reply.error_type;
  // VictoriaMetrics has the HTTP status for a type; 408 and 429 may pass.
  const bool is_4xx = type.size() == 3 && type[0] == '4' && type != "408" && type != "429";
  if (type == "bad_data" || type == "execution" || is_4xx) {
    code = ErrorCode::kInvalidArgument;
  } else if (type == "timeout") {
    code = ErrorCode::kDeadlineExceeded;
  }
  return {code,
          fmt::format("prometheus: {}: {}", Printable(reply.error_type), Printable(reply.error))};
}

}  // namespace

Status ReadPrometheusReply(std::string_view body, std::span<const std::string> by,
                           const ReplyLimits& limits, const SeriesTaker& take) {
  const simdjson::padded_string padded(body);
  json::parser parser;
  json::document document;
  if (auto error = parser.iterate(padded).get(document)) return Malformed("the reply", error);
  Envelope reply;
  SeriesReader reader(by, limits, take);
  if (Status read = ReadEnvelope(document, reader, reply); !read) return read;
  if (reply.status == "error") return QueryError(reply);
  if (reply.status != "success") {
    return Malformed(fmt::format("status is \"{}\"", Printable(reply.status)));
  }
  if (!reply.has_data) return Malformed("data is missing");
  if (limits.accepts_partial) return Done{};
  if (!reply.warning.empty()) {
    return Malformed(fmt::format("the answer may lack a part: {}", reply.warning));
  }
  if (reply.is_partial) return Malformed("the answer lacks a part, it says isPartial");
  return Done{};
}

Result<std::vector<ScalarSample>> ParsePrometheusReply(std::string_view body,
                                                       const ReplyLimits& limits, bool with_times) {
  std::vector<ScalarSample> samples;
  std::optional<Timestamp> oldest;
  const auto take = [&](const ReplySeries& series) {
    if (with_times && series.is_time) {
      oldest = std::min(oldest.value_or(Timestamp::max()), TimeOf(series.sample));
    } else {
      samples.push_back(series.sample);
    }
  };
  if (Status read = ReadPrometheusReply(body, {}, limits, take); !read) return read.error();
  if (with_times) {
    for (ScalarSample& sample : samples)
      sample.at = oldest.value_or(Timestamp());
  }
  return samples;
}

Timestamp TimeOf(const ScalarSample& sample) {
  constexpr double kLatest = 9.2e9;  // Seconds; the year 2261, before nanoseconds overflow.
  if (!(sample.value >= 0 && sample.value <= kLatest)) return {};
  return Timestamp(std::chrono::duration_cast<Duration>(
      std::chrono::microseconds(std::llround(sample.value * 1e6))));
}

}  // namespace hpaplus::collectors
