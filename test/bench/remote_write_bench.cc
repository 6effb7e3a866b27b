// Remote write from the bytes on the wire to samples in the store: snappy, decoding, appending. One
// request of 2,000 series with one sample each, which is what Prometheus sends by default, and the
// labels of a scraped application in a cluster.

#include <string>

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "engine/push/remote_write.h"
#include "test/support/remote_write_bytes.h"

namespace hpaplus::push {
namespace {

constexpr std::size_t kSeriesPerRequest = 2000;
constexpr std::int64_t kStartMs = 1'700'000'000'000;

std::vector<test::SentSeries> Scrape(std::int64_t second) {
  std::vector<test::SentSeries> scrape;
  for (std::size_t i = 0; i < kSeriesPerRequest; ++i) {
    scrape.push_back({{{"__name__", "http_request_duration_seconds_bucket"},
                       {"cluster", "eu-west-1"},
                       {"container", "checkout"},
                       {"endpoint", "metrics"},
                       {"instance", fmt::format("10.20.{}.{}:8080", i / 200, i % 200)},
                       {"job", "checkout"},
                       {"le", fmt::format("{}", i % 12)},
                       {"method", i % 2 == 0 ? "GET" : "POST"},
                       {"namespace", "shop"},
                       {"pod", fmt::format("checkout-7d9c5b6f4-{:05}", i)}},
                      {{static_cast<double>(second * 7 + 1), kStartMs + second * 1000}}});
  }
  return scrape;
}

// Requests of consecutive seconds, compressed.
const std::vector<std::string>& Requests() {
  static const std::vector<std::string> requests = [] {
    std::vector<std::string> made;
    for (std::int64_t second = 0; second < 60; ++second)
      made.push_back(test::Snappy(test::WriteRequest(Scrape(second))));
    return made;
  }();
  return requests;
}

void ReceiveRemoteWrite(benchmark::State& state) {
  MemoryBudget budget(256U << 20U);
  std::string inflated;
  RemoteWriteMessage message;
  std::size_t next = 0;
  auto source = std::make_unique<SourceSamples>(SourceSamples::Limits{.series_most = 100'000},
                                                budget, 256U << 20U);
  for (auto unused : state) {
    if (next == Requests().size()) {  // Time has to go on.
      state.PauseTiming();
      next = 0;
      source = std::make_unique<SourceSamples>(SourceSamples::Limits{.series_most = 100'000},
                                               budget, 256U << 20U);
      state.ResumeTiming();
    }
    const Timestamp now(
        std::chrono::milliseconds(kStartMs + static_cast<std::int64_t>(next) * 1000));
    if (!InflateSnappy(Requests()[next++], 32U << 20U, inflated) || !message.Decode(inflated)) {
      return state.SkipWithError("the request was not decoded");
    }
    const PushTally tally = message.AppendTo(*source, now);
    if (tally.written != kSeriesPerRequest) return state.SkipWithError(tally.problem.c_str());
  }
  state.counters["samples/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * kSeriesPerRequest, benchmark::Counter::kIsRate);
  state.counters["bytes/sample"] =
      static_cast<double>(inflated.size()) / static_cast<double>(kSeriesPerRequest);
}

void DecodeRemoteWrite(benchmark::State& state) {
  const std::string bytes = test::WriteRequest(Scrape(0));
  RemoteWriteMessage message;
  for (auto unused : state)
    benchmark::DoNotOptimize(message.Decode(bytes).has_value());
  state.counters["samples/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * kSeriesPerRequest, benchmark::Counter::kIsRate);
}

BENCHMARK(ReceiveRemoteWrite)->Name("remote_write/snappy+decode+store");
BENCHMARK(DecodeRemoteWrite)->Name("remote_write/decode");

}  // namespace
}  // namespace hpaplus::push
