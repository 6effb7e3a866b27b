#include "collectors/http_answer.h"

#include <algorithm>
#include <string>

#include <fmt/core.h>

namespace hpaplus::collectors {
namespace {

constexpr std::size_t kMostPrinted = 200;

ErrorCode CodeOf(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return ErrorCode::kPermissionDenied;
    case 408:
    case 504:
      return ErrorCode::kDeadlineExceeded;
    case 425:
    case 429:
      return ErrorCode::kUnavailable;
    default:
      break;
  }
  return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument;
}

char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// "Application/JSON; charset=utf-8" -> "application/json".
std::string MediaType(std::string_view header) {
  std::string type(header.substr(0, header.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t'))
    type.pop_back();
  std::ranges::transform(type, type.begin(), ToLower);
  return type;
}

Error BadEndpoint(std::string_view who, std::string_view endpoint, std::string_view what) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("{}: endpoint \"{}\" {}", who, Printable(endpoint), what)};
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, kMostPrinted));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  if (text.size() > kMostPrinted) out += "...";
  return out;
}

Error StatusError(std::string_view who, int status) {
  const bool redirect = status >= 300 && status < 400;
  return {CodeOf(status), fmt::format("{}: HTTP status {}{}", who, status,
                                      redirect ? ", and redirects are not followed" : "")};
}

Status CheckJsonType(std::string_view who, const HttpResponse& response) {
  const std::string_view header = response.Header("content-type");
  const std::string type = MediaType(header);
  if (type == "application/json" || type == "text/json" || type.ends_with("+json")) return Done{};
  return Error{ErrorCode::kMalformedData,
               header.empty()
                   ? fmt::format("{}: the answer has no content type, not JSON's", who)
                   : fmt::format("{}: the answer is not JSON but \"{}\"", who, Printable(header))};
}

Status CheckSize(std::string_view who, const HttpResponse& response, std::size_t limit) {
  if (response.body.size() <= limit) return Done{};
  return Error{
      ErrorCode::kMalformedData,
      fmt::format("{}: the answer is larger than limits.maxResponseBytes, {}", who, limit)};
}

Status CheckEndpoint(std::string_view who, std::string_view endpoint) {
  std::string_view rest = endpoint;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return BadEndpoint(who, "", "does not start with http:// or https://");
  }
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  // Not shown: what stands before the @ may be a password.
  if (host.find('@') != std::string_view::npos) return BadEndpoint(who, "", "holds user info");
  if (host.empty()) return BadEndpoint(who, endpoint, "has no host");
  if (rest.find('#') != std::string_view::npos) return BadEndpoint(who, endpoint, "has a fragment");
  const bool printable = std::ranges::all_of(endpoint, [](char c) { return c > ' ' && c <= '~'; });
  if (!printable) return BadEndpoint(who, endpoint, "holds blanks or other bytes that no URL has");
  return Done{};
}

}  // namespace hpaplus::collectors
