#include "engine/shell/curl_client.h"

#include <latch>
#include <optional>
#include <utility>

namespace hpaplus {

CurlClient::CurlClient(Clock& clock, const CurlOptions& options)
    : clock_(clock),
      stream_buffer_bytes_(options.stream_buffer_bytes),
      streams_(options, /*multiplex=*/false, clock),
      calls_(options, /*multiplex=*/true, clock) {}

std::vector<Result<HttpResponse>> CurlClient::SendAll(std::span<const HttpRequest> requests,
                                                      Timestamp deadline) {
  // Shared with the callbacks: the last one may still be inside count_down() when the wait ends.
  struct Answers {
    explicit Answers(std::size_t count)
        : results(count), missing(static_cast<std::ptrdiff_t>(count)) {}
    std::vector<std::optional<Result<HttpResponse>>> results;
    std::latch missing;
  };
  const auto answers = std::make_shared<Answers>(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    Start(requests[i], deadline, [answers, i](Result<HttpResponse> result) {
      answers->results[i] = std::move(result);
      answers->missing.count_down();
    });
  }
  answers->missing.wait();
  std::vector<Result<HttpResponse>> results;
  results.reserve(requests.size());
  for (std::optional<Result<HttpResponse>>& result : answers->results)
    results.push_back(*std::move(result));
  return results;
}

void CurlClient::Start(HttpRequest request, Timestamp deadline, OnDone on_done) {
  static_cast<void>(calls_.Start(
      std::make_unique<CurlTransfer>(std::move(request), std::move(on_done), nullptr), deadline));
}

Result<std::unique_ptr<LineStream>> CurlClient::Open(HttpRequest request, Timestamp deadline,
                                                     const std::stop_token& stop) {
  const std::size_t max_line_bytes = request.max_response_bytes;
  auto buffer = std::make_shared<StreamBuffer>(stream_buffer_bytes_);
  const std::uint64_t id =
      streams_.Start(std::make_unique<CurlTransfer>(std::move(request), nullptr, buffer), deadline);
  StreamControl control = streams_.ControlOf(id);
  Result<HttpResponse> head = buffer->WaitForHead(stop);
  if (!head) {
    control.cancel();
    return head.error();
  }
  return std::unique_ptr<LineStream>(std::make_unique<CurlLineStream>(
      std::move(buffer), *std::move(head), max_line_bytes, std::move(control), clock_));
}

}  // namespace hpaplus
