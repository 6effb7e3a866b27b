#include "engine/kube/kube_status.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/core.h>
#include <simdjson.h>

namespace hpaplus::kube {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxStatusBytes = 1U << 20U;
constexpr std::size_t kMaxMessageBytes = 1024;
constexpr std::size_t kMaxCauses = 8;
constexpr Duration kLongestRetryAfter = std::chrono::seconds(60);

std::string_view TextAt(const dom::object& object, std::string_view key) {
  std::string_view text;
  if (object.at_key(key).get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

void ReadCauses(const dom::array& causes, ApiStatus* status) {
  std::size_t count = 0;
  for (const dom::element element : causes) {
    dom::object cause;
    if (element.get_object().get(cause) != simdjson::SUCCESS) continue;
    if (TextAt(cause, "reason") == "ResourceVersionTooLarge") status->version_too_large = true;
    if (++count > kMaxCauses) continue;
    const std::string_view field = TextAt(cause, "field");
    if (!status->causes.empty()) status->causes += "; ";
    status->causes += field;
    if (!field.empty()) status->causes += ": ";
    status->causes += TextAt(cause, "message");
  }
}

ErrorCode CodeFor(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::kPermissionDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 410:
      return ErrorCode::kGone;
    case 408:
    case 429:
      return ErrorCode::kUnavailable;
    default:
      if (status >= 500) return ErrorCode::kUnavailable;
      return status >= 400 ? ErrorCode::kInvalidArgument : ErrorCode::kMalformedData;
  }
}

// One line, no control characters, cut at a character's boundary.
std::string Presentable(std::string_view text) {
  std::string line(text.substr(0, kMaxMessageBytes));
  if (line.size() < text.size()) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U)
      line.pop_back();
    if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xC0U) line.pop_back();
    line += "...";
  }
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return line;
}

// "Wed, 21 Oct 2015 07:28:00 GMT", the one form of HTTP dates that may be sent.
std::optional<Timestamp> ParseHttpDate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const Result<Timestamp> at =
      ParseRfc3339(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month - kMonths.begin() + 1,
                               text.substr(5, 2), text.substr(17, 8)));
  if (!at) return std::nullopt;
  return *at;
}

}  // namespace

std::optional<ApiStatus> ParseApiStatus(std::string_view json) {
  if (json.size() > kMaxStatusBytes) return std::nullopt;
  dom::parser parser;
  dom::object object;
  if (parser.parse(simdjson::padded_string(json)).get_object().get(object) != simdjson::SUCCESS ||
      TextAt(object, "kind") != "Status") {
    return std::nullopt;
  }
  ApiStatus status;
  std::int64_t code = 0;
  if (object.at_key("code").get_int64().get(code) == simdjson::SUCCESS && code > 0 && code < 1000) {
    status.code = static_cast<int>(code);
  }
  status.reason = TextAt(object, "reason");
  status.message = TextAt(object, "message");
  dom::array causes;
  if (object.at_pointer("/details/causes").get_array().get(causes) == simdjson::SUCCESS) {
    ReadCauses(causes, &status);
  }
  return status;
}

Error ToError(std::string_view what, const ApiStatus& status) {
  std::string text = status.message.empty() ? status.reason : status.message;
  // Most messages repeat their causes.
  if (!status.causes.empty() && text.find(status.causes) == std::string::npos) {
    text += " (" + status.causes + ")";
  }
  return {status.version_too_large ? ErrorCode::kGone : CodeFor(status.code),
          Presentable(fmt::format("kube: {}: {} {}", what, status.code, text))};
}

Error ToError(std::string_view what, int http_status, std::string_view body) {
  if (std::optional<ApiStatus> status = ParseApiStatus(body)) {
    status->code = http_status;
    return ToError(what, *status);
  }
  return {CodeFor(http_status), Presentable(fmt::format("kube: {}: {} {}", what, http_status,
                                                        body.substr(0, kMaxMessageBytes)))};
}

std::optional<Duration> ParseRetryAfter(std::string_view header, Timestamp now) {
  std::uint32_t seconds = 0;
  const char* const end = header.data() + header.size();
  if (const auto [rest, error] = std::from_chars(header.data(), end, seconds); rest == end) {
    if (error == std::errc::result_out_of_range) return kLongestRetryAfter;
    if (error == std::errc())
      return std::min<Duration>(std::chrono::seconds(seconds), kLongestRetryAfter);
  }
  const std::optional<Timestamp> at = ParseHttpDate(header);
  if (!at) return std::nullopt;
  // A date of the past may mean that the clocks differ, not that there is no need to wait.
  return std::clamp<Duration>(std::min(*at, now + kLongestRetryAfter) - now, Duration::zero(),
                              kLongestRetryAfter);
}

}  // namespace hpaplus::kube
