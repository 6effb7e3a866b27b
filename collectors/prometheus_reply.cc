#include "collectors/prometheus_reply.h"

#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>
#include <simdjson.h>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"

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
  bool has_data = false;
  std::vector<ScalarSample> samples;
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

Status ReadSeries(json::object series, ScalarSample& out) {
  bool found = false;
  for (auto field : series) {
    std::string_view key;
    if (auto error = field.unescaped_key().get(key)) return Malformed("a series", error);
    if (key == "histogram") {
      return Error{ErrorCode::kInvalidArgument,
                   "prometheus: the result is a histogram; query a number, for example with "
                   "histogram_quantile()"};
    }
    if (key != "value") continue;
    if (found) return Malformed("a series has two values");
    json::array pair;
    if (auto error = field.value().get_array().get(pair)) return Malformed("a sample", error);
    if (Status read = ReadPoint(pair, out); !read) return read;
    found = true;
  }
  if (!found) return Malformed("a series has no value");
  return Done{};
}

Status ReadVector(json::array result, std::size_t max_series, std::vector<ScalarSample>& out) {
  for (auto element : result) {
    if (out.size() == max_series) {
      return Malformed(fmt::format("more series than limits.maxSeries, {}", max_series));
    }
    json::object series;
    if (auto error = element.get_object().get(series)) return Malformed("a series", error);
    if (Status read = ReadSeries(series, out.emplace_back()); !read) return read;
  }
  return Done{};
}

Status ReadResult(std::string_view type, json::value result, std::size_t max_series,
                  std::vector<ScalarSample>& out) {
  if (type == "matrix" || type == "string") {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("prometheus: the query's result is a {}, not a number or an instant "
                             "vector{}",
                             type == "matrix" ? "range vector" : "string",
                             type == "matrix" ? "; wrap it, for example in rate()" : "")};
  }
  json::array array;
  if (auto error = result.get_array().get(array)) return Malformed("data.result", error);
  if (type == "vector") return ReadVector(array, max_series, out);
  if (type == "scalar") return ReadPoint(array, out.emplace_back());
  return Malformed(fmt::format("result type \"{}\" is unknown", Printable(type)));
}

Status ReadData(json::object data, std::size_t max_series, std::vector<ScalarSample>& out) {
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
    if (Status read = ReadResult(type, result, max_series, out); !read) return read;
    found = true;
  }
  if (!found) return Malformed("data.result is missing");
  return Done{};
}

Status ReadField(std::string_view key, json::value value, std::size_t max_series, Envelope& out) {
  JsonError error = simdjson::SUCCESS;
  if (key == "status") {
    error = ReadText(value.get_string(), out.status);
  } else if (key == "errorType") {
    error = ReadText(value.get_string(), out.error_type);
  } else if (key == "error") {
    error = ReadText(value.get_string(), out.error);
  } else if (key == "data" && !out.has_data) {
    // Beside an error, data is null or absent.
    if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return Done{};
    json::object data;
    error = value.get_object().get(data);
    if (error == simdjson::SUCCESS) {
      out.has_data = true;
      return ReadData(data, max_series, out.samples);
    }
  }
  if (error != simdjson::SUCCESS) return Malformed(key, error);
  return Done{};
}

Status ReadEnvelope(json::document& document, std::size_t max_series, Envelope& out) {
  json::object root;
  if (auto error = document.get_object().get(root)) return Malformed("the reply", error);
  for (auto field : root) {
    std::string_view key;
    if (auto error = field.unescaped_key().get(key)) return Malformed("the reply", error);
    json::value value;
    if (auto error = field.value().get(value)) return Malformed("the reply", error);
    if (Status read = ReadField(key, value, max_series, out); !read) return read;
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Malformed("something follows the reply");
  }
  return Done{};
}

Error QueryError(const Envelope& reply) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (reply.error_type == "bad_data" || reply.error_type == "execution") {
    code = ErrorCode::kInvalidArgument;
  } else if (reply.error_type == "timeout") {
    code = ErrorCode::kDeadlineExceeded;
  }
  return {code,
          fmt::format("prometheus: {}: {}", Printable(reply.error_type), Printable(reply.error))};
}

}  // namespace

Result<std::vector<ScalarSample>> ParsePrometheusReply(std::string_view body,
                                                       std::size_t max_series) {
  const simdjson::padded_string padded(body);
  json::parser parser;
  json::document document;
  if (auto error = parser.iterate(padded).get(document)) return Malformed("the reply", error);
  Envelope reply;
  if (Status read = ReadEnvelope(document, max_series, reply); !read) return read.error();
  if (reply.status == "error") return QueryError(reply);
  if (reply.status != "success") {
    return Malformed(fmt::format("status is \"{}\"", Printable(reply.status)));
  }
  if (!reply.has_data) return Malformed("data is missing");
  return std::move(reply.samples);
}

}  // namespace hpaplus::collectors
