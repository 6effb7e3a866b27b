#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/http_client.h"

namespace hpaplus::test {

/// Answers HTTP requests from a function and remembers them. Not thread-safe.
class FakeHttpClient final : public HttpClient {
 public:
  std::function<Result<HttpResponse>(const HttpRequest&)> answer = [](const HttpRequest&) {
    return Error{ErrorCode::kUnavailable, "nobody answers"};
  };
  std::vector<HttpRequest> seen;
  std::vector<std::size_t> batches;  // How many requests each SendAll() had.
  Timestamp deadline{};              // Of the last SendAll().

  std::vector<Result<HttpResponse>> SendAll(std::span<const HttpRequest> requests,
                                            Timestamp until) override {
    batches.push_back(requests.size());
    deadline = until;
    std::vector<Result<HttpResponse>> responses;
    for (const HttpRequest& request : requests) {
      seen.push_back(request);
      responses.push_back(answer(request));
    }
    return responses;
  }

  /// Every request gets this body, as JSON unless told otherwise.
  void AnswerAlways(std::string body, int status = 200, std::string type = "application/json") {
    answer = [=](const HttpRequest&) -> Result<HttpResponse> {
      return HttpResponse{status, {{"content-type", type}}, body};
    };
  }
};

}  // namespace hpaplus::test
