#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus {

/// Who we are to the other side, and how we know it. PEM texts, not paths. Shared by the requests
/// to one endpoint; an unchanged pointer means connections may be reused.
struct HttpAuth {
  std::string bearer_token;
  std::string basic_username;
  std::string basic_password;
  std::pair<std::string, std::string> header;  // Name and value; empty name for none.
  std::pair<std::string, std::string> query;   // Likewise, put behind the URL's own parameters.
  std::string ca_pem;                          // Empty: the system's CAs.
  std::string client_cert_pem;
  std::string client_key_pem;
  std::string tls_server_name;                               // Empty: the URL's host.
  std::vector<std::pair<std::string, std::string>> headers;  // Further ones; nothing secret.
  bool operator==(const HttpAuth&) const = default;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https; nothing else is followed, redirects neither.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const HttpAuth> auth;        // Null for none.
  std::size_t max_response_bytes = 1U << 20U;  // Of the inflated body; more is kMalformedData.
  bool accepts_gzip = true;                    // Of small answers gzip costs more than it saves.
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // Names in lower case.
  std::string body;

  /// Empty when there is no such header. `name` in lower case.
  [[nodiscard]] std::string_view Header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

/// Thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// Runs all requests at once and returns their results in the same order. Every result is in by
  /// `deadline`; one that is not becomes kDeadlineExceeded. A status of any kind is a result;
  /// errors are for what never became an answer (kUnavailable, kPermissionDenied for TLS).
  [[nodiscard]] virtual std::vector<Result<HttpResponse>> SendAll(
      std::span<const HttpRequest> requests, Timestamp deadline) = 0;
};

}  // namespace hpaplus
