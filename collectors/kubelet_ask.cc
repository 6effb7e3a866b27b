#include "collectors/kubelet_ask.h"

#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/exposition.h"
#include "collectors/http_answer.h"
#include "engine/base/url.h"
#include "engine/model/egress_policy.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "its page";

Result<std::string> UrlOf(const KubeletRequest& request, int port) {
  if (request.address.empty()) {
    return Error{ErrorCode::kUnavailable, "none of its pods tells the node's address yet"};
  }
  const std::optional<IpAddress> address = IpAddress::Parse(request.address);
  if (!address) {
    return Error{ErrorCode::kMalformedData, fmt::format("\"{}\" is no address", request.address)};
  }
  const std::string host =
      address->is_v4() ? address->ToString() : fmt::format("[{}]", address->ToString());
  return fmt::format("https://{}:{}{}", host, port, PathOf(request.page));
}

Result<std::string> BodyOf(Result<HttpResponse> response) {
  if (!response) return response.error();
  if (response->status != 200) {
    const Error error = StatusError(kWho, response->status);
    // A kubelet says who may not do what.
    return Error{error.code, fmt::format("{}: {}", error.message, Printable(response->body))};
  }
  const Result<ExpositionFormat> format = FormatOfContentType(response->Header("content-type"));
  if (!format) return format.error();
  if (*format != ExpositionFormat::kPrometheusText) {
    return Error{ErrorCode::kMalformedData, "it answers in OpenMetrics, which nobody asked for"};
  }
  return std::move(response->body);
}

}  // namespace

KubeletAsk AskKubelets(KubeletConnect connect, AsyncHttpClient& http) {
  return [connect = std::move(connect), &http](const KubeletRequest& asked, Timestamp deadline,
                                               std::function<void(Result<std::string>)> done) {
    Result<std::string> url = UrlOf(asked, connect.port);
    if (!url) return done(url.error());
    auto auth = connect.auth();
    if (!auth) return done(auth.error());
    HttpRequest request;
    request.url = *std::move(url);
    request.headers.emplace_back("Accept", "text/plain;version=0.0.4");
    request.auth = *std::move(auth);
    request.max_response_bytes = connect.response_bytes_most;
    request.accepts_gzip = false;  // Within a cluster bytes cost less than gzip.
    http.Start(std::move(request), deadline,
               [done = std::move(done)](Result<HttpResponse> response) {
                 done(BodyOf(std::move(response)));
               });
  };
}

KubeletAsk AskThroughApiServer(KubeGet get) {
  return [get = std::move(get)](const KubeletRequest& asked, Timestamp deadline,
                                std::function<void(Result<std::string>)> done) {
    get(fmt::format("/api/v1/nodes/{}/proxy{}", PercentEncode(asked.node), PathOf(asked.page)),
        deadline, std::move(done));
  };
}

}  // namespace hpaplus::collectors
