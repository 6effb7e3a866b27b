#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/ports/http_client.h"

namespace hpaplus::collectors {

/// Text from outside, made fit for an error message: one line, printable ASCII, 200 bytes at most.
[[nodiscard]] std::string Printable(std::string_view text);

/// The error that an HTTP status other than 200 means. What a human must change (401, 403, other
/// 4xx, redirects) is told apart from what may pass (408, 429, 5xx). Never kNotFound: the source
/// itself exists. `who` starts the text.
[[nodiscard]] Error StatusError(std::string_view who, int status);

/// Whether the answer calls itself JSON: application/json, text/json or anything ending in +json.
/// A login page that comes with status 200 does not.
[[nodiscard]] Status CheckJsonType(std::string_view who, const HttpResponse& response);

/// kMalformedData naming limits.maxResponseBytes when the body is larger than `limit`.
[[nodiscard]] Status CheckSize(std::string_view who, const HttpResponse& response,
                               std::size_t limit);

/// An endpoint that requests can be made from: http or https, a host, neither user info nor
/// fragment. kInvalidArgument says what is wrong.
[[nodiscard]] Status CheckEndpoint(std::string_view who, std::string_view endpoint);

}  // namespace hpaplus::collectors
