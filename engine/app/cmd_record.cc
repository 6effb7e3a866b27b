#include <algorithm>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "collectors/prometheus_reply.h"
#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/rehearse_files.h"
#include "engine/base/url.h"
#include "engine/rehearse/import.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::app {
namespace {

using Series = std::vector<TimedValue>;

constexpr std::size_t kPointsPerRequest = 10'000;  // Prometheus refuses more than 11,000.
constexpr auto kRequestTimeout = std::chrono::seconds(60);
constexpr std::size_t kResponseMost = 64U << 20U;
constexpr Duration kBarAfter = std::chrono::seconds(1);

Error InFile(const std::string& file, const Error& error) {
  return {error.code, file + ": " + error.message};
}

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
  PrometheusImport(const RecordOptions& options, Clock& clock) : options_(options), clock_(clock) {}

  Result<Series> Read(std::ostream& err) {
    auto auth = std::make_shared<HttpAuth>();
    if (!options_.token_file.empty()) {
      Result<std::string> token = ReadFile(options_.token_file);
      if (!token) return token.error();
      auth->bearer_token = token->substr(0, token->find_last_not_of(" \r\n") + 1);
    }
    auth_ = std::move(auth);
    const Timestamp end = options_.end.value_or(clock_.Now());
    const Duration chunk = options_.step * (kPointsPerRequest - 1);
    const auto all = static_cast<std::size_t>(options_.over / (chunk + options_.step)) + 1;
    Progress progress(options_.progress, clock_, err);
    std::size_t done = 0;
    for (Timestamp from = end - options_.over; from <= end; from += chunk + options_.step) {
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
    request.url = fmt::format("{}/api/v1/query_range?query={}&start={}&end={}&step={}",
                              options_.url, PercentEncode(options_.query), SecondsText(from),
                              SecondsText(until), ToSeconds(options_.step));
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

  const RecordOptions& options_;
  Clock& clock_;
  CurlClient http_{clock_};
  std::shared_ptr<const HttpAuth> auth_;
  Series series_;
};

Result<Series> ReadSeries(const RecordOptions& options, std::ostream& err) {
  if (!options.url.empty()) {
    SystemClock clock;
    return PrometheusImport(options, clock).Read(err);
  }
  const bool csv = !options.csv_file.empty();
  const std::string& file = csv ? options.csv_file : options.openmetrics_file;
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  Result<Series> series =
      csv ? rehearse::ReadSeriesCsv(*text) : rehearse::ReadOpenMetrics(*text, options.series);
  if (!series) return InFile(file, series.error());
  return series;
}

int Fail(const Error& error, std::ostream& err) {
  err << "hpaplus record: " << error.message << "\n";
  return error.code == ErrorCode::kNotFound ? kExitFailed : ExitCodeOf(error.code);
}

}  // namespace

int Record(const RecordOptions& options, std::ostream& out, std::ostream& err) {
  Result<Series> series = ReadSeries(options, err);
  if (!series) return Fail(series.error(), err);
  const Result<rehearse::Imported> imported = rehearse::MakeTrace(*std::move(series));
  if (!imported) return Fail(imported.error(), err);
  if (options.output_file.empty()) {
    out << imported->csv;
  } else {
    std::ofstream file(options.output_file, std::ios::binary | std::ios::trunc);
    file << imported->csv;
    file.close();
    if (!file) {
      return Fail({ErrorCode::kNotFound, options.output_file + ": cannot be written"}, err);
    }
  }
  err << fmt::format("{} points from {} on", imported->points,
                     FormatRfc3339(imported->start, true));
  const std::string notes = rehearse::ImportNotes(*imported);
  err << (notes.empty() ? "" : "; " + notes) << "\n";
  return kExitOk;
}

}  // namespace hpaplus::app
