// How fast answers are read on one core: bytes per second of the text that a source sends.
//
//   hpaplus_ingest_bench [--dump DIRECTORY] [benchmark flags]
//
// --dump writes the expositions that are read, so that another reader can be measured with them.

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "collectors/metrics_server_reply.h"
#include "collectors/series_table.h"
#include "engine/base/random.h"

namespace hpaplus::collectors {
namespace {

// What node-exporter shows of one machine: gauges and counters per CPU, disk, mount and interface.
std::string NodeText() {
  Random random(1);
  std::string text;
  const auto family = [&text](std::string_view name, std::string_view type) {
    text += fmt::format("# HELP {0} The field {0} of the kernel's statistics.\n# TYPE {0} {1}\n",
                        name, type);
  };
  family("node_cpu_seconds_total", "counter");
  for (int cpu = 0; cpu < 64; ++cpu) {
    for (const char* mode :
         {"idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"}) {
      text += fmt::format("node_cpu_seconds_total{{cpu=\"{}\",mode=\"{}\"}} {:.2f}\n", cpu, mode,
                          random.Uniform() * 1e6);
    }
  }
  for (const char* what : {"size", "free", "avail", "files", "files_free", "readonly"}) {
    const std::string name = fmt::format("node_filesystem_{}_bytes", what);
    family(name, "gauge");
    for (int mount = 0; mount < 40; ++mount) {
      text += fmt::format(
          "{}{{device=\"/dev/mapper/vg0-lv{}\",fstype=\"ext4\",mountpoint=\"/var/lib/data/{}\"}} "
          "{}\n",
          name, mount, mount, fmt::format("{:.9e}", random.Uniform() * 1e11));
    }
  }
  for (const char* what : {"receive_bytes", "transmit_bytes", "receive_packets", "transmit_packets",
                           "receive_errs", "transmit_errs", "receive_drop", "transmit_drop"}) {
    const std::string name = fmt::format("node_network_{}_total", what);
    family(name, "counter");
    for (int device = 0; device < 30; ++device) {
      text += fmt::format("{}{{device=\"veth{:07x}\"}} {}\n", name, device * 7919,
                          random.Next() >> 20U);
    }
  }
  for (int i = 0; i < 400; ++i) {
    const std::string name = fmt::format("node_memory_Field{}_bytes", i);
    family(name, "gauge");
    text += fmt::format("{} {}\n", name, random.Next() >> 28U);
  }
  return text;
}

// What a service shows of its requests: few names, many series, histograms.
std::string AppText(int routes) {
  Random random(2);
  std::string text =
      "# HELP http_request_duration_seconds Time that requests took.\n"
      "# TYPE http_request_duration_seconds histogram\n";
  for (int route = 0; route < routes; ++route) {
    for (const char* method : {"GET", "POST"}) {
      for (const char* code : {"200", "404", "503"}) {
        const std::string labels = fmt::format(
            "code=\"{}\",handler=\"/api/v1/tenants/orders/{}\",instance=\"checkout-{}\","
            "method=\"{}\"",
            code, route, route % 10, method);
        std::uint64_t count = 0;
        for (const char* bound : {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1",
                                  "2.5", "5", "10", "+Inf"}) {
          count += random.Next() >> 50U;
          text += fmt::format("http_request_duration_seconds_bucket{{{},le=\"{}\"}} {}\n", labels,
                              bound, count);
        }
        text += fmt::format("http_request_duration_seconds_sum{{{}}} {:.6f}\n", labels,
                            random.Uniform() * 1e5);
        text += fmt::format("http_request_duration_seconds_count{{{}}} {}\n", labels, count);
      }
    }
  }
  return text;
}

// The same samples, lines in another order.
std::string Shuffled(const std::string& text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    if (text[at] != '#') lines.push_back(std::string_view(text).substr(at, end - at));
    at = end;
  }
  Random random(3);
  for (std::size_t i = lines.size(); i > 1; --i)
    std::swap(lines[i - 1], lines[random.Next() % i]);
  std::string shuffled;
  for (const std::string_view line : lines)
    shuffled += line;
  return shuffled;
}

// As metrics-server sends it, ordered by namespace and name.
std::string PodMetricsText(int pods) {
  Random random(4);
  std::string text =
      R"({"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[)";
  for (int pod = 0; pod < pods; ++pod) {
    text += fmt::format(
        R"({}{{"metadata":{{"name":"checkout-{:05}-7d4b9c6f5d-x2x9z","namespace":"shop-{:02}",)"
        R"("creationTimestamp":"2026-11-23T10:00:00Z","labels":{{"app":"checkout","pod-template-hash":"7d4b9c6f5d","app.kubernetes.io/part-of":"shop"}}}},)"
        R"("timestamp":"2026-11-23T09:59:48Z","window":"14.773s","containers":[)",
        pod == 0 ? "" : ",", pod, pod * 20 / pods);
    for (int container = 0; container < 2; ++container) {
      text += fmt::format(R"({}{{"name":"{}","usage":{{"cpu":"{}n","memory":"{}Ki"}}}})",
                          container == 0 ? "" : ",", container == 0 ? "app" : "istio-proxy",
                          random.Next() >> 35U, random.Next() >> 44U);
    }
    text += "]}";
  }
  return text + "]}";
}

const std::string& NodeExposition() {
  static const std::string text = NodeText();
  return text;
}

const std::string& AppExposition() {
  static const std::string text = AppText(500);
  return text;
}

void CountBytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(text.size()));
}

// Every line taken apart into name, labels and number; nothing is remembered.
void TakeApart(benchmark::State& state, const std::string& text) {
  for (auto unused : state) {
    ExpositionReader reader(text, ExpositionFormat::kPrometheusText, {});
    ExpositionReader::Sample sample;
    std::size_t samples = 0;
    while (reader.Next({}, sample) == ExpositionReader::Step::kSample)
      samples += sample.labels.size();
    benchmark::DoNotOptimize(samples);
  }
  CountBytes(state, text);
}

// A scrape as it is repeated every second: every sample, its labels, its series' number.
void Scrape(benchmark::State& state, const std::string& text, const std::string& other) {
  SeriesTable table({});
  std::vector<SeriesTable::Point> points;
  bool odd = false;
  for (auto unused : state) {
    odd = !odd;
    const Status read = table.Read(odd ? text : other, ExpositionFormat::kPrometheusText, points);
    if (!read) state.SkipWithError(read.error().message.c_str());
  }
  state.counters["samples"] = benchmark::Counter(
      static_cast<double>(points.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
  CountBytes(state, text);
}

// The first scrape of a target.
void ScrapeForTheFirstTime(benchmark::State& state, const std::string& text) {
  std::vector<SeriesTable::Point> points;
  for (auto unused : state) {
    SeriesTable table({});
    const Status read = table.Read(text, ExpositionFormat::kPrometheusText, points);
    if (!read) state.SkipWithError(read.error().message.c_str());
  }
  CountBytes(state, text);
}

void PodMetrics(benchmark::State& state) {
  static const std::string text = PodMetricsText(10'000);
  for (auto unused : state) {
    state.PauseTiming();
    std::string body = text;
    body.reserve(text.size() + text.size() / 4);  // As a body that grew while it came.
    state.ResumeTiming();
    const auto pods = ParsePodMetrics(std::move(body));
    if (!pods) state.SkipWithError(pods.error().message.c_str());
    benchmark::DoNotOptimize(pods);
  }
  CountBytes(state, text);
}

void Register() {
  const std::string& node = NodeExposition();
  const std::string& app = AppExposition();
  static const std::string shuffled = Shuffled(app);
  const auto add = [](const char* name, auto run) { benchmark::RegisterBenchmark(name, run); };
  add("exposition/node/labels", [&](benchmark::State& s) { TakeApart(s, node); });
  add("exposition/node/labels+series", [&](benchmark::State& s) { Scrape(s, node, node); });
  add("exposition/app/labels", [&](benchmark::State& s) { TakeApart(s, app); });
  add("exposition/app/labels+series", [&](benchmark::State& s) { Scrape(s, app, app); });
  add("exposition/app/labels+series/other_order",
      [&](benchmark::State& s) { Scrape(s, app, shuffled); });
  add("exposition/app/labels+series/first",
      [&](benchmark::State& s) { ScrapeForTheFirstTime(s, app); });
  add("pod_metrics", PodMetrics);
}

bool Dump(const std::string& directory) {
  std::ofstream(directory + "/node.txt") << NodeExposition();
  std::ofstream last(directory + "/app.txt");
  last << AppExposition();
  return last.good();
}

}  // namespace
}  // namespace hpaplus::collectors

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--dump") {
    return hpaplus::collectors::Dump(argv[2]) ? 0 : 1;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  hpaplus::collectors::Register();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
