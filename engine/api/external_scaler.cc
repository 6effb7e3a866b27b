#include "engine/api/external_scaler.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <grpcpp/grpcpp.h>

#include "engine/api/answer_stream.h"
#include "engine/base/log.h"
#include "proto/externalscaler.grpc.pb.h"

namespace hpaplus::api {
namespace {

namespace keda = externalscaler;

constexpr auto kLogEvery = std::chrono::seconds(10);

enum class Call { kIsActive, kGetMetricSpec, kGetMetrics, kStreamIsActive, kStreamMetricSpec };
constexpr std::array<const char*, 5> kCallNames = {"IsActive", "GetMetricSpec", "GetMetrics",
                                                   "StreamIsActive", "StreamMetricSpec"};

grpc::Status ToStatus(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return {grpc::StatusCode::INVALID_ARGUMENT, error.message};
    case ErrorCode::kNotFound:
      return {grpc::StatusCode::NOT_FOUND, error.message};
    case ErrorCode::kPermissionDenied:
      return {grpc::StatusCode::PERMISSION_DENIED, error.message};
    case ErrorCode::kConflict:
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kMalformedData:
    case ErrorCode::kGone:
      break;
  }
  return {grpc::StatusCode::UNAVAILABLE, error.message};
}

std::int64_t Rounded(double number) {
  constexpr double kTooLarge = 0x1p63;
  if (number >= kTooLarge) return std::numeric_limits<std::int64_t>::max();
  return std::llround(number);
}

TriggerRef RefOf(const keda::ScaledObjectRef& object) {
  TriggerRef ref{object.namespace_(), object.name(), {}};
  ref.metadata.reserve(static_cast<std::size_t>(object.scalermetadata().size()));
  for (const auto& [key, text] : object.scalermetadata())
    ref.metadata.emplace_back(key, text);
  std::ranges::sort(ref.metadata);
  return ref;
}

void Write(const TriggerAnswer& answer, keda::GetMetricSpecResponse& response) {
  for (const MetricAnswer& metric : answer.metrics) {
    keda::MetricSpec& spec = *response.add_metricspecs();
    spec.set_metricname(metric.name);
    spec.set_targetsize(std::max<std::int64_t>(1, Rounded(metric.target)));
    spec.set_targetsizefloat(metric.target);
  }
}

bool SameSpecs(const TriggerAnswer& a, const TriggerAnswer& b) {
  return std::ranges::equal(a.metrics, b.metrics, [](const auto& x, const auto& y) {
    return x.name == y.name && x.target == y.target;
  });
}

// `true` when it is active on opening, and whenever it becomes so; never `false`, which would
// deactivate workloads of older clients whatever their other triggers say. Each `true` restarts a
// cooldown, so there is at most one in a second.
class ActiveStream final : public AnswerStream<keda::IsActiveResponse> {
 public:
  using AnswerStream::AnswerStream;

 private:
  std::optional<keda::IsActiveResponse> Next(const TriggerAnswer& answer) override {
    constexpr auto kSpacing = std::chrono::seconds(1);
    if (!answer.active) return std::nullopt;
    const bool becomes = *answer.active && !was_active_;
    if (becomes && answer.at - told_ < kSpacing) return std::nullopt;
    was_active_ = *answer.active;
    if (!becomes) return std::nullopt;
    told_ = answer.at;
    keda::IsActiveResponse response;
    response.set_result(true);
    return response;
  }

  bool was_active_ = false;
  Timestamp told_{};
};

// The present specs on opening, and again when they have changed.
class SpecStream final : public AnswerStream<keda::GetMetricSpecResponse> {
 public:
  using AnswerStream::AnswerStream;

 private:
  std::optional<keda::GetMetricSpecResponse> Next(const TriggerAnswer& answer) override {
    if (told_ && SameSpecs(*told_, answer)) return std::nullopt;
    told_ = answer;
    keda::GetMetricSpecResponse response;
    Write(answer, response);
    return response;
  }

  std::optional<TriggerAnswer> told_;
};

class Service final : public ExternalScaler, public keda::ExternalScaler::CallbackService {
 public:
  Service(const Config& config, TriggerTable& table, Clock& clock)
      : unready_(config.unready), table_(table), clock_(clock), streams_(config.streams_most) {}

  [[nodiscard]] grpc::Service& service() override { return *this; }
  void EndStreams() override { streams_.EndAll(); }
  [[nodiscard]] std::size_t streams() const override { return streams_.size(); }
  [[nodiscard]] std::string Metrics() const override;

  grpc::ServerUnaryReactor* IsActive(grpc::CallbackServerContext* context,
                                     const keda::ScaledObjectRef* request,
                                     keda::IsActiveResponse* response) override {
    return Answer(Call::kIsActive, *context, *request, [response](const TriggerAnswer& answer) {
      if (!answer.active) return ToStatus(answer.active.error());
      response->set_result(*answer.active);
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* GetMetricSpec(grpc::CallbackServerContext* context,
                                          const keda::ScaledObjectRef* request,
                                          keda::GetMetricSpecResponse* response) override {
    return Answer(Call::kGetMetricSpec, *context, *request,
                  [response](const TriggerAnswer& answer) {
                    Write(answer, *response);
                    return grpc::Status::OK;
                  });
  }

  grpc::ServerUnaryReactor* GetMetrics(grpc::CallbackServerContext* context,
                                       const keda::GetMetricsRequest* request,
                                       keda::GetMetricsResponse* response) override {
    return Answer(Call::kGetMetrics, *context, request->scaledobjectref(),
                  [request, response](const TriggerAnswer& answer) {
                    return WriteValue(answer, request->metricname(), *response);
                  });
  }

  grpc::ServerWriteReactor<keda::IsActiveResponse>* StreamIsActive(
      grpc::CallbackServerContext* /*context*/, const keda::ScaledObjectRef* request) override {
    return Open(Call::kStreamIsActive, std::make_shared<ActiveStream>(table_, streams_), *request);
  }

  grpc::ServerWriteReactor<keda::GetMetricSpecResponse>* StreamMetricSpec(
      grpc::CallbackServerContext* /*context*/, const keda::ScaledObjectRef* request) override {
    return Open(Call::kStreamMetricSpec, std::make_shared<SpecStream>(table_, streams_), *request);
  }

 private:
  struct Count {
    std::atomic<std::uint64_t> served = 0;
    std::atomic<std::uint64_t> failed = 0;
  };

  // Nothing is known to be absent before everything has been read.
  [[nodiscard]] bool IsReady() {
    if (ready_) return true;
    ready_ = !unready_ || unready_().empty();
    return ready_;
  }
  static Result<TriggerTable::Answer> Unready() {
    return Error{ErrorCode::kUnavailable, "the objects are still being read"};
  }

  template <class Write>
  grpc::ServerUnaryReactor* Answer(Call call, grpc::CallbackServerContext& context,
                                   const keda::ScaledObjectRef& object, const Write& write) {
    const auto answer = IsReady() ? table_.Ask(RefOf(object)) : Unready();
    grpc::Status status = answer ? grpc::Status::OK : ToStatus(answer.error());
    if (answer && call != Call::kGetMetricSpec) {
      const Status young = CheckAge(**answer, clock_.Now());
      if (!young) status = ToStatus(young.error());
    }
    if (status.ok()) status = write(**answer);
    Note(call, object, status);
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  static grpc::Status WriteValue(const TriggerAnswer& answer, const std::string& name,
                                 keda::GetMetricsResponse& response) {
    const auto metric = std::ranges::find_if(answer.metrics, [&name](const MetricAnswer& one) {
      return std::ranges::equal(one.name, name, [](char a, char b) {
        return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
      });
    });
    if (metric == answer.metrics.end()) {
      return {grpc::StatusCode::NOT_FOUND,
              fmt::format("there is no metric {} here", name.substr(0, 253))};
    }
    if (!metric->value) return ToStatus(metric->value.error());
    keda::MetricValue& value = *response.add_metricvalues();
    value.set_metricname(metric->name);
    value.set_metricvalue(Rounded(*metric->value));
    value.set_metricvaluefloat(*metric->value);
    return grpc::Status::OK;
  }

  template <class Stream>
  Stream* Open(Call call, std::shared_ptr<Stream> stream, const keda::ScaledObjectRef& object) {
    const Status opened = IsReady() ? stream->Open(stream, RefOf(object)) : stream->Refuse(stream);
    Note(call, object, opened ? grpc::Status::OK : ToStatus(opened.error()));
    if (!opened) stream->End(ToStatus(opened.error()));
    return stream.get();
  }

  // Errors come in pairs and repeat with every poll: the log has one of them now and then.
  void Note(Call call, const keda::ScaledObjectRef& object, const grpc::Status& status) {
    Count& count = counts_.at(static_cast<std::size_t>(call));
    ++(status.ok() ? count.served : count.failed);
    if (status.ok()) return;
    const Timestamp now = clock_.Now();
    Timestamp due = next_log_.load();
    if (now < due || !next_log_.compare_exchange_strong(due, now + kLogEvery)) return;
    HPAPLUS_LOG(
        kWarning, "scaler call failed",
        {{"call", kCallNames.at(static_cast<std::size_t>(call))},
         {"scaled_object", object.namespace_().substr(0, 63) + "/" + object.name().substr(0, 253)},
         {"code", std::int64_t{status.error_code()}},
         {"error", status.error_message()}});
  }

  const std::function<std::string()> unready_;
  TriggerTable& table_;
  Clock& clock_;
  StreamSet streams_;
  std::atomic<bool> ready_ = false;
  std::array<Count, kCallNames.size()> counts_;
  std::atomic<Timestamp> next_log_{};
};

std::string Service::Metrics() const {
  std::string text =
      "# HELP hpaplus_scaler_calls_total Calls of KEDA's protocol, by how they ended.\n"
      "# TYPE hpaplus_scaler_calls_total counter\n";
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    for (const auto& [result, count] : {std::pair("served", counts_.at(i).served.load()),
                                        std::pair("failed", counts_.at(i).failed.load())}) {
      text += fmt::format("hpaplus_scaler_calls_total{{call=\"{}\",result=\"{}\"}} {}\n",
                          kCallNames.at(i), result, count);
    }
  }
  text += fmt::format(
      "# HELP hpaplus_scaler_streams Open streams of KEDA's protocol.\n"
      "# TYPE hpaplus_scaler_streams gauge\nhpaplus_scaler_streams {}\n"
      "# HELP hpaplus_scaler_triggers Triggers that somebody has asked about of late.\n"
      "# TYPE hpaplus_scaler_triggers gauge\nhpaplus_scaler_triggers {}\n",
      streams_.size(), table_.size());
  return text;
}

}  // namespace

std::unique_ptr<ExternalScaler> ExternalScaler::Create(const Config& config, TriggerTable& table,
                                                       Clock& clock) {
  return std::make_unique<Service>(config, table, clock);
}

}  // namespace hpaplus::api
