// The contract of Collector, run by those that speak gRPC, each with a server in this process that
// can answer anything.

#include <atomic>
#include <map>
#include <optional>

#include "collectors/grpc_collector.h"
#include "collectors/keda_scaler.h"
#include "engine/base/mutex.h"
#include "proto/collector.pb.h"
#include "proto/externalscaler.pb.h"
#include "test/contract/collector_contract.h"
#include "test/support/fake_http_client.h"
#include "test/support/raw_grpc_server.h"

namespace hpaplus::test {
namespace {

namespace v1 = hpaplus::collector::v1;

constexpr Timestamp kNow{std::chrono::seconds(1'700'000'000)};

std::string Name(int i) {
  return "q" + std::to_string(i);
}

// What the two rigs share; a derived class answers one call.
class GrpcRig {
 public:
  GrpcRig() = default;
  virtual ~GrpcRig() = default;
  GrpcRig(const GrpcRig&) = delete;
  GrpcRig& operator=(const GrpcRig&) = delete;

  static MetricQuery Query(int i) {
    MetricQuery query;
    query.ns = "shop";
    query.expression = Name(i);
    return query;
  }
  void AnswerAll() { Fail(-1); }
  void Fail(int i) {
    const MutexLock lock(mutex_);
    bytes_.reset();
    failing_ = i;
  }
  bool AnswerBytes(std::string bytes) {
    const MutexLock lock(mutex_);
    bytes_ = std::move(bytes);
    return true;
  }
  [[nodiscard]] std::size_t asked() const { return server_.calls().size(); }
  [[nodiscard]] std::optional<Timestamp> deadline() const {
    const auto calls = server_.calls();
    if (calls.empty()) return std::nullopt;
    return kNow + calls.back().time_left - kGrpcRounding;
  }

  std::unique_ptr<Collector> collector;

 protected:
  virtual RawGrpcAnswer Answer(const RawGrpcCall& call, int failing) = 0;

  void Make(const CollectorFactory& factory) {
    ResolvedSource source;
    source.spec.name = "plug-in";
    source.spec.ns = "shop";
    source.spec.endpoint = "grpc://" + server_.address();
    collector = std::move(*factory(source, {http_, executor_}));
  }

 private:
  RawGrpcAnswer AnswerCall(const RawGrpcCall& call) {
    int failing = -1;
    {
      const MutexLock lock(mutex_);
      if (bytes_) return {.messages = {*bytes_}};
      failing = failing_;
    }
    return Answer(call, failing);
  }

  FakeHttpClient http_;
  SerialExecutor executor_;
  Mutex mutex_;
  std::optional<std::string> bytes_ HPAPLUS_GUARDED_BY(mutex_);
  int failing_ HPAPLUS_GUARDED_BY(mutex_) = -1;
  RawGrpcServer server_{{.answer = [this](const RawGrpcCall& call) { return AnswerCall(call); }}};
};

class PluginRig final : public GrpcRig {
 public:
  static constexpr std::string_view kSourceType = "GRPC";

  PluginRig() { Make(collectors::GrpcCollector::Factory()); }

 private:
  RawGrpcAnswer Answer(const RawGrpcCall& call, int failing) override {
    if (call.method.ends_with("/Describe")) {
      v1::DescribeResponse description;
      description.mutable_capabilities()->set_collect(true);
      return {.messages = {description.SerializeAsString()}};
    }
    v1::CollectRequest request;
    v1::CollectResponse response;
    if (!request.ParseFromString(call.request)) return {.code = 3};
    for (const v1::Query& query : request.queries()) {
      v1::QueryResult& result = *response.add_results();
      if (query.expression() == Name(failing)) {
        result.mutable_error()->set_message("down");
      } else {
        result.add_samples()->set_value(1);
      }
    }
    return {.messages = {response.SerializeAsString()}};
  }
};

class KedaScalerRig final : public GrpcRig {
 public:
  static constexpr std::string_view kSourceType = "KedaExternalScaler";

  KedaScalerRig() { Make(collectors::KedaScalerCollector::Factory()); }

 private:
  RawGrpcAnswer Answer(const RawGrpcCall& call, int failing) override {
    if (call.method.ends_with("/GetMetricSpec")) {
      externalscaler::GetMetricSpecResponse specs;
      for (int i = 0; i < 4; ++i)
        specs.add_metricspecs()->set_metricname(Name(i));
      return {.messages = {specs.SerializeAsString()}};
    }
    externalscaler::GetMetricsRequest request;
    if (!request.ParseFromString(call.request)) return {.code = 3};
    if (request.metricname() == Name(failing)) return {.code = 14, .message = "down"};
    externalscaler::GetMetricsResponse response;
    response.add_metricvalues()->set_metricvaluefloat(1);
    return {.messages = {response.SerializeAsString()}};
  }
};

class RigNames {
 public:
  template <class Rig>
  static std::string GetName(int /*index*/) {
    return std::string(Rig::kSourceType);
  }
};

using GrpcRigs = testing::Types<PluginRig, KedaScalerRig>;
INSTANTIATE_TYPED_TEST_SUITE_P(Grpc, CollectorContract, GrpcRigs, RigNames);

}  // namespace
}  // namespace hpaplus::test
