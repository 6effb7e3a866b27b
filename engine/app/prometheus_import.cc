#include "engine/app/prometheus_import.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <span>
#include <string>

#include <fmt/format.h>

#include "collectors/prometheus_reply.h"
#include "engine/app/rehearse_files.h"
#include "engine/base/url.h"
#include "engine/rehearse/trace.h"
#include "engine/shell/curl_client.h"

namespace hpaplus::app {
namespace {

using Series = std::vector<TimedValue>;

constexpr std::size_t kPointsPerRequest = 10'000;  // Prometheus refuses more than 11,000.
constexpr auto kRequestTimeout = std::chrono::seconds(60);
constexpr std::size_t kResponseMost = 64U << 20U;
constexpr Duration kBarAfter = std::chrono::seconds(1);

// Shows on a terminal how far a long read has come.
class Progress {
 public:
  Progress(bool shown, Clock& clock, std::ostream& err)
      : shown_(shown), clock_(clock), err_(err), begun_(clock.Now()) {}
  ~Progress() {
    if (drawn_) err_ << "\r\033[K" << std::flush;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(std::size_t done, std::size_t all) {
    if (!shown_ || clock_.Now() - begun_ < kBarAfter) return;
    constexpr std::size_t kWidth = 30;
    const std::size_t full = kWidth * done / all;
    err_ << fmt::format("\rReading [{:#<{}}{:.<{}}] {}/{}", "", full, "", kWidth - full, done, all)
         << std::flush;
    drawn_ = true;
  }

 private:
  const bool shown_;
  Clock& clock_;
  std::ostream& err_;
  const Timestamp begun_;
  bool drawn_ = false;
};

class PrometheusImport {
 public:
  PrometheusImport(const PrometheusRange& range, Clock& clock) : range_(range), clock_(clock) {}

  Result<Series> Read(std::ostream& err) {
    auto auth = std::make_shared<HttpAuth>();
    if (!range_.token_file.empty()) {
      Result<std::string> token = ReadFile(range_.token_file);
      if (!token) return token.error();
      auth->bearer_token = token->substr(0, token->find_last_not_of(" \r\n") + 1);
    }
    auth_ = std::move(auth);
    const auto points = range_.over / range_.step;
    if (points >= static_cast<std::int64_t>(rehearse::Trace::kMaxPoints)) {
      return Error{ErrorCode::kMalformedData,
                   fmt::format("prometheus: {} every {} are {} points; a trace may have {}",
                               FormatDuration(range_.over), FormatDuration(range_.step), points,
                               rehearse::Trace::kMaxPoints)};
    }
    const Timestamp end = range_.end.value_or(clock_.Now());
    const Duration chunk = range_.step * (kPointsPerRequest - 1);
    const auto all = static_cast<std::size_t>(range_.over / (chunk + range_.step)) + 1;
    Progress progress(range_.progress, clock_, err);
    std::size_t done = 0;
    for (Timestamp from = end - range_.over; from <= end; from += chunk + range_.step) {
      if (Status read = ReadChunk(from, std::min(from + chunk, end)); !read) return read.error();
      progress.Show(++done, std::max(all, done));
    }
    if (series_.empty()) {
      return Error{ErrorCode::kNotFound, "prometheus: the query has no samples in this time"};
    }
    return std::move(series_);
  }

 private:
  static std::string SecondsText(Timestamp at) {
    return fmt::format("{:.3f}", ToSeconds(at.time_since_epoch()));
  }

  Status ReadChunk(Timestamp from, Timestamp until) {
    HttpRequest request;
    request.url = fmt::format("{}/api/v1/query_range?query={}&start={}&end={}&step={}", range_.url,
                              PercentEncode(range_.query), SecondsText(from), SecondsText(until),
                              ToSeconds(range_.step));
    request.auth = auth_;
    request.max_response_bytes = kResponseMost;
    const auto answers = http_.SendAll(std::span(&request, 1), clock_.Now() + kRequestTimeout);
    if (!answers[0]) return answers[0].error();
    collectors::ReplyLimits limits;
    limits.max_series = 1;
    limits.max_points = kPointsPerRequest + 1;
    const HttpResponse& response = *answers[0];
    const Status read = collectors::ReadPrometheusReply(
        response.body, {}, limits, [this](const collectors::ReplySeries& one) {
          series_.push_back({one.sample.at, one.sample.value});
        });
    if (read) return read;
    if (response.status == 200) {
      return Error{read.error().code,
                   "the query wants to have one series as its answer, like that "
                   "of sum(): " +
                       read.error().message};
    }
    return Error{read.error().code, fmt::format("prometheus: HTTP status {}: {}", response.status,
                                                read.error().message)};
  }

  const PrometheusRange& range_;
  Clock& clock_;
  CurlClient http_{clock_};
  std::shared_ptr<const HttpAuth> auth_;
  Series series_;
};

}  // namespace

Result<std::vector<TimedValue>> ReadPrometheus(const PrometheusRange& range, Clock& clock,
                                               std::ostream& err) {
  return PrometheusImport(range, clock).Read(err);
}

}  // namespace hpaplus::app
