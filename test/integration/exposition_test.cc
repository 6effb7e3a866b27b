// Expositions as a real Prometheus reads them: it scrapes the same text that we read, a real
// node-exporter's and one with everything that is rare, and has to know every series with the same
// value. Skipped, loudly, where there is no prometheus or no prometheus-node-exporter.

#include <cmath>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/prometheus.h"
#include "collectors/series_table.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/child_process.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::PrometheusProcess;

constexpr const char* kRareText =
    "# HELP rare What is allowed and seldom seen: \\\\ and \\n.\n"
    "# TYPE rare untyped\n"
    "rare{how=\"blanks\" , other = \"x\" , } \t 1.5 \t\n"
    "rare{how=\"escapes \\\\ \\\" \\n.\"} 2\n"
    "rare{how=\"utf-8 \u00e9\u20ac\"} 3e+02\n"
    "rare{how=\"empty\",other=\"\"} 4\n"
    "rare{how=\"NaN\"} NaN\n"
    "rare{how=\"infinite\"} +Inf\n"
    "rare{how=\"negative infinite\"} -Inf\n"
    "rare{how=\"tiny\"} 5e-324\n"
    "rare{how=\"underflow\"} 1e-400\n"
    "rare{how=\"huge\"} 1.7976931348623157e308\n"
    "rare{how=\"digits\"} 123456789012345678901234567890\n"
    "rare{how=\"rounding\"} 9007199254740993\n"
    "rare{how=\"fraction\"} .5\n"
    "rare{how=\"no fraction\"} 5.\n"
    "rare{how=\"zero\"} -0\n"
    "\n# a comment\n#\n"
    "rare:sum 17\n";

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + "\"";
}

// A selector that fits this series and no other that lacks one of its labels.
std::string SelectorOf(const SeriesLabels& series) {
  std::string selector = "{__name__=" + Quoted(series.name);
  for (const auto& [name, value] : series.labels)
    selector += "," + name + "=" + Quoted(value);
  return selector + "}";
}

class ExpositionIntegration : public testing::Test {
 protected:
  void SetUp() override {
    if (PrometheusProcess::Find().empty()) {
      GTEST_SKIP() << "SKIPPED: no prometheus in PATH; install Debian's package prometheus";
    }
  }

  // The text of a real node-exporter; empty when there is none.
  std::string NodeExporterText() {
    const std::string address = "127.0.0.1:" + std::to_string(support::FreePort());
    auto exporter = support::ChildProcess::Start(
        {.arguments = {"prometheus-node-exporter", "--web.listen-address=" + address},
         .environment = {},
         .output_file = "/dev/null"});
    if (!exporter) return {};
    HttpRequest request{.url = "http://" + address + "/metrics"};
    request.headers.emplace_back("Accept", "text/plain;version=0.0.4");
    const Timestamp give_up = clock_.Now() + seconds(30);
    while (clock_.Now() < give_up && (*exporter)->running()) {
      const auto answers = http_.SendAll({&request, 1}, clock_.Now() + seconds(10));
      if (answers[0] && answers[0]->status == 200) return answers[0]->body;
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(50), {});
    }
    return {};
  }

  std::vector<ReadingResult> AskPrometheus(std::span<const MetricQuery> queries) {
    auto collector = PrometheusCollector::Create(source_, {http_, executor_});
    EXPECT_TRUE(collector);
    const Timestamp now = clock_.Now();
    return (*collector)->Collect(queries, {now, now + seconds(30), {}});
  }

  // Serves the text to a Prometheus of its own and waits until it is stored.
  void StartPrometheus(const std::string& text) {
    exporter_ = std::make_unique<test::ScriptedServer>([text](const test::ScriptedRequest&) {
      test::ScriptedAnswer answer;
      answer.content_type = "text/plain; version=0.0.4";
      answer.body = text;
      return answer;
    });
    auto started =
        PrometheusProcess::Start({.targets = {"127.0.0.1:" + std::to_string(exporter_->port())}});
    ASSERT_TRUE(started) << started.error().message;
    prometheus_ = std::move(*started);
    source_.spec.endpoint = prometheus_->url();
    source_.spec.timeout = seconds(30);
    const MetricQuery up{.expression = "sum(up) == 1"};
    const Timestamp give_up = clock_.Now() + seconds(30);
    while (clock_.Now() < give_up) {
      const auto answer = AskPrometheus({&up, 1});
      if (answer[0] && !(*answer[0])->values.empty()) return;
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(50), {});
    }
    FAIL() << "Prometheus does not take the text";
  }

  void Compare(const std::string& text) {
    SeriesTable table({});
    std::vector<SeriesTable::Point> points;
    const Status read = table.Read(text, ExpositionFormat::kPrometheusText, points);
    ASSERT_TRUE(read) << read.error().message;
    StartPrometheus(text);
    std::vector<MetricQuery> queries = {{.expression = "sum(scrape_samples_scraped)"}};
    for (const SeriesTable::Point& point : points)
      queries.push_back({.expression = "sum(" + SelectorOf(table.LabelsOf(point.series)) + ")"});
    const auto answers = AskPrometheus(queries);
    ASSERT_TRUE(answers[0]) << answers[0].error().message;
    EXPECT_EQ((*answers[0])->values.at(0).value, static_cast<double>(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::string& query = queries[i + 1].expression;
      const ReadingResult& answer = answers[i + 1];
      ASSERT_TRUE(answer) << query << ": " << answer.error().message;
      ASSERT_EQ((*answer)->values.size(), 1U) << query;
      const double theirs = (*answer)->values[0].value;
      const bool both_nan = std::isnan(theirs) && std::isnan(points[i].value);
      EXPECT_TRUE(both_nan || theirs == points[i].value)
          << query << ": " << points[i].value << " and not " << theirs;
    }
  }

  SystemClock clock_;
  CurlClient http_{clock_};
  SerialExecutor executor_;
  ResolvedSource source_;
  std::unique_ptr<test::ScriptedServer> exporter_;
  std::unique_ptr<PrometheusProcess> prometheus_;
};

TEST_F(ExpositionIntegration, WhatIsRareMeansTheSameToPrometheus) {
  Compare(kRareText);
}

TEST_F(ExpositionIntegration, ANodeExportersMetricsAreWhatPrometheusTakesThemFor) {
  const std::string text = NodeExporterText();
  if (text.empty()) {
    GTEST_SKIP() << "SKIPPED: no prometheus-node-exporter; install Debian's package";
  }
  ASSERT_GT(text.size(), 10'000U);
  Compare(text);
}

}  // namespace
}  // namespace hpaplus::collectors
