// KEDA's protocol under the load of a large cluster: 10,000 ScaledObjects polled once a second, and
// 20,000 open streams, all on one connection, as KEDA has it. The server is the built program with
// one core to itself, evaluating a trigger for each of the objects once a second meanwhile.
//
//   hpaplus_grpc_bench HPAPLUS [OBJECTS [SECONDS]]
//
// Exit codes: 0 all bars are kept; 2 one is missed; 1 it could not be measured.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <absl/synchronization/mutex.h>
#include <fmt/core.h>
#include <grpcpp/grpcpp.h>
#include <sched.h>

#include "engine/shell/system_clock.h"
#include "proto/externalscaler.grpc.pb.h"
#include "test/bench/process_usage.h"
#include "test/bench/report.h"
#include "test/support/child_process.h"
#include "test/support/scripted_server.h"
#include "test/support/temp_dir.h"

namespace hpaplus::bench {
namespace {

namespace keda = externalscaler;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kCallsPerObject = 3.2;  // A poll's three, and what HPAs ask in between.
constexpr double kCallsLeast = 32'000;   // A second, on one core.
constexpr double kP99Most = 0.010;
constexpr std::size_t kStreams = 20'000;
constexpr double kStreamBytesMost = 200e6;
constexpr std::size_t kOutstanding = 200;
constexpr Duration kPatience = seconds(60);

void PinTo(std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  (void)sched_setaffinity(0, sizeof set, &set);
}

keda::ScaledObjectRef RefOf(std::size_t object) {
  keda::ScaledObjectRef ref;
  ref.set_name(fmt::format("worker-{}", object));
  ref.set_namespace_("shop");
  auto& metadata = *ref.mutable_scalermetadata();
  metadata["scalerAddress"] = "hpaplus.hpaplus-system.svc:9443";
  metadata["source"] = "orders";
  metadata["query"] = "depth";
  metadata["threshold"] = "10";
  metadata["period"] = "1s";
  return ref;
}

// The program, with a source that answers at once.
class Server {
 public:
  explicit Server(const std::string& program) {
    const std::string objects =
        directory_.Write("sources.yaml", fmt::format("apiVersion: autoscaling.hpaplus.io/v1alpha1\n"
                                                     "kind: MetricSource\n"
                                                     "metadata: {{name: orders, namespace: shop}}\n"
                                                     "spec: {{type: HTTP, endpoint: \"{}/\"}}\n",
                                                     monitor_.url()));
    auto started = support::ChildProcess::Start(
        {.arguments = {"taskset", "-c", "0", program, "run", "--offline", objects, "--grpc-listen",
                       "127.0.0.1:0", "--http-listen", "127.0.0.1:0"},
         .environment = {},
         .output_file = directory_.path() + "/log"});
    if (started) process_ = std::move(*started);
  }

  // 0: it has not started.
  int WaitForPort() {
    constexpr std::string_view kListens = "\"scaler listens\",\"port\":";
    for (Duration waited{}; process_ && waited < kPatience; waited += milliseconds(50)) {
      if (process_->Wait(milliseconds(50))) break;
      const std::string log = directory_.Read("log");
      const auto at = log.find(kListens);
      if (at != std::string::npos) return std::atoi(log.c_str() + at + kListens.size());
    }
    std::cerr << directory_.Read("log");
    return 0;
  }

  [[nodiscard]] ProcessUsage Usage() const { return ProcessUsage::Of(process_->pid()); }

 private:
  test::TempDir directory_;
  test::ScriptedServer monitor_{
      [](const test::ScriptedRequest&) { return test::ScriptedAnswer{.body = "{\"depth\": 40}"}; }};
  std::unique_ptr<support::ChildProcess> process_;
};

// Calls on one channel, any number at once, and how they went.
class Caller {
 public:
  Caller(keda::ExternalScaler::Stub& stub, std::size_t objects) : stub_(stub) {
    refs_.reserve(objects);
    for (std::size_t i = 0; i < objects; ++i)
      refs_.push_back(RefOf(i));
  }

  // The next of all calls, in the order in which a poll asks. `due`: when it should have begun.
  void Start(Timestamp due) {
    ++under_way_;
    const std::size_t number = next_++;
    const keda::ScaledObjectRef& ref = refs_[number / 3 % refs_.size()];
    auto call = std::make_shared<Call>();
    call->due = due;
    const auto done = [this, call](const grpc::Status& status) { Finish(*call, status); };
    if (number % 3 == 0) {
      stub_.async()->GetMetricSpec(&call->context, &ref, &call->specs, done);
    } else if (number % 3 == 1) {
      *call->request.mutable_scaledobjectref() = ref;
      call->request.set_metricname("orders");
      stub_.async()->GetMetrics(&call->context, &call->request, &call->values, done);
    } else {
      stub_.async()->IsActive(&call->context, &ref, &call->active, done);
    }
  }

  void WaitForFewer(std::size_t than) {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return under_way_ < than; });
  }

  struct Tally {
    Durations took;
    std::size_t failed = 0;
  };
  Tally Take() {
    WaitForFewer(1);
    const std::lock_guard lock(mutex_);
    return std::exchange(tally_, {});
  }

 private:
  struct Call {
    grpc::ClientContext context;
    keda::GetMetricsRequest request;
    keda::GetMetricSpecResponse specs;
    keda::GetMetricsResponse values;
    keda::IsActiveResponse active;
    Timestamp due{};
  };

  void Finish(const Call& call, const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    tally_.took.Add(clock_.Now() - call.due);
    if (!status.ok()) ++tally_.failed;
    --under_way_;
    finished_.notify_all();
  }

  keda::ExternalScaler::Stub& stub_;
  SystemClock clock_;
  std::vector<keda::ScaledObjectRef> refs_;
  std::size_t next_ = 0;
  std::atomic<std::size_t> under_way_ = 0;
  std::mutex mutex_;
  std::condition_variable finished_;
  Tally tally_;
};

class Stream final : public grpc::ClientReadReactor<keda::IsActiveResponse> {
 public:
  Stream(keda::ExternalScaler::Stub& stub, std::size_t object, std::atomic<std::size_t>& told)
      : ref_(RefOf(object)), told_(told) {
    stub.async()->StreamIsActive(&context_, &ref_, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    ++told_;
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& /*status*/) override { done_ = true; }

  void Cancel() { context_.TryCancel(); }
  [[nodiscard]] bool done() const { return done_; }

 private:
  grpc::ClientContext context_;
  keda::ScaledObjectRef ref_;
  keda::IsActiveResponse response_;
  std::atomic<std::size_t>& told_;
  std::atomic<bool> done_ = false;
};

template <class Condition>
bool Until(const Condition& condition) {
  SystemClock clock;
  const Timestamp until = clock.Now() + kPatience;
  while (!condition()) {
    if (clock.Now() > until) return false;
    (void)clock.WaitUntil(clock.Now() + milliseconds(20), {});
  }
  return true;
}

// As fast as it goes, with so many calls at once.
void MeasureThroughput(Caller& caller, const Server& server, Duration length, Report& report) {
  SystemClock clock;
  const ProcessUsage before = server.Usage();
  const Timestamp began = clock.Now();
  while (clock.Now() < began + length) {
    caller.WaitForFewer(kOutstanding);
    caller.Start(clock.Now());
  }
  const Caller::Tally tally = caller.Take();
  const double took = ToSeconds(clock.Now() - began);
  const double cpu = server.Usage().cpu_seconds - before.cpu_seconds;
  const auto calls = static_cast<double>(tally.took.size());
  report.Add("most", "calls_per_second", calls / took);
  report.Add("most", "server_cores", cpu / took);
  report.AddAtLeast("most", "calls_per_cpu_second", calls / cpu, kCallsLeast);
  report.AddAtMost("most", "failed", static_cast<double>(tally.failed), 0);
}

// What KEDA asks of so many objects, evenly over the second; latency counts from when a call was
// due, whether or not it could be begun then.
void MeasureLatency(Caller& caller, const Server& server, std::size_t objects, Duration length,
                    Report& report) {
  const double rate = kCallsPerObject * static_cast<double>(objects);
  SystemClock clock;
  const ProcessUsage before = server.Usage();
  const Timestamp began = clock.Now();
  const Duration spacing(static_cast<Duration::rep>(1e9 / rate));
  for (Timestamp due = began; due < began + length; due += spacing) {
    if (due > clock.Now()) (void)clock.WaitUntil(due, {});
    caller.WaitForFewer(kOutstanding);
    caller.Start(due);
  }
  const double took = ToSeconds(clock.Now() - began);
  const Caller::Tally tally = caller.Take();
  const double cpu = server.Usage().cpu_seconds - before.cpu_seconds;
  report.Add("polled", "calls_per_second", static_cast<double>(tally.took.size()) / took);
  report.Add("polled", "server_cores", cpu / took);
  report.AddQuantiles("polled", "call", tally.took, kP99Most);
  report.AddAtMost("polled", "failed", static_cast<double>(tally.failed), 0);
}

bool MeasureStreams(keda::ExternalScaler::Stub& stub, std::size_t objects, const Server& server,
                    Report& report) {
  const double before = server.Usage().resident_bytes;
  report.Add("streams", "resident_bytes_before", before);
  std::atomic<std::size_t> told = 0;
  std::vector<std::unique_ptr<Stream>> streams;
  for (std::size_t i = 0; i < kStreams; ++i)
    streams.push_back(std::make_unique<Stream>(stub, i % objects, told));
  const bool open = Until([&told] { return told >= kStreams; });
  report.Add("streams", "open", static_cast<double>(told.load()));
  const double after = server.Usage().resident_bytes;
  report.AddAtMost("streams", "resident_bytes", after, kStreamBytesMost);
  report.Add("streams", "bytes_per_stream", (after - before) / static_cast<double>(kStreams));
  for (const auto& stream : streams)
    stream->Cancel();
  const bool ended = Until(
      [&streams] { return std::ranges::all_of(streams, [](const auto& s) { return s->done(); }); });
  return open && ended;
}

int Run(const std::string& program, std::size_t objects, Duration length) {
  Server server(program);
  const int port = server.WaitForPort();
  if (port == 0) return 1;
  PinTo(1);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // As the server does.
  const auto channel = grpc::CreateChannel(fmt::format("ipv4:127.0.0.1:{}", port),
                                           grpc::InsecureChannelCredentials());
  const auto stub = keda::ExternalScaler::NewStub(channel);
  Caller caller(*stub, objects);
  SystemClock clock;
  const bool warm = Until([&] {
    for (std::size_t i = 0; i < 3 * objects; ++i) {
      caller.WaitForFewer(kOutstanding);
      caller.Start(clock.Now());
    }
    return caller.Take().failed == 0;
  });
  if (!warm) {
    std::cerr << "the triggers have not come to be evaluated\n";
    return 1;
  }
  Report report;
  const bool streamed = MeasureStreams(*stub, objects, server, report);
  MeasureThroughput(caller, server, length, report);
  MeasureLatency(caller, server, objects, length, report);
  std::cout << report.Table();
  if (!streamed) std::cerr << "not all streams have opened and ended\n";
  if (!streamed) return 1;
  return report.holds() ? 0 : 2;
}

}  // namespace
}  // namespace hpaplus::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: hpaplus_grpc_bench HPAPLUS [OBJECTS [SECONDS]]\n";
    return 64;
  }
  const std::size_t objects = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10'000;
  const long seconds = argc > 3 ? std::strtol(argv[3], nullptr, 10) : 20;
  return hpaplus::bench::Run(argv[1], std::max<std::size_t>(objects, 1),
                             std::chrono::seconds(seconds));
}
