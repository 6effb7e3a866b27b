#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/result.h"
#include "engine/model/egress_policy.h"
#include "engine/model/source.h"
#include "engine/ports/collector.h"
#include "engine/ports/executor.h"
#include "engine/ports/http_client.h"
#include "engine/ports/metric_files.h"
#include "engine/ports/pod_directory.h"
#include "engine/ports/pushed_samples.h"

namespace hpaplus {

/// A source's spec with its secrets resolved, ready to make a collector from.
struct ResolvedSource {
  SourceSpec spec;
  HttpAuth auth;  // Credentials go to spec.endpoint and nowhere else.
  bool operator==(const ResolvedSource&) const = default;
};

/// What a collector may use. Everything outlives it.
struct CollectorDeps {
  HttpClient& http;
  Executor& executor;
  const PodDirectory* pods = nullptr;     // Null where there is no cluster.
  const PushedSamples* pushed = nullptr;  // Null where nobody listens for them.
  const EgressPolicy* egress = nullptr;   // For those that do not use `http`; null: anywhere.
  const MetricFiles* files = nullptr;     // Null where no directory is configured.
};

using CollectorFactory = std::function<Result<std::unique_ptr<Collector>>(
    const ResolvedSource& source, const CollectorDeps& deps)>;

/// Collector plugins by name. Filled once at start by an explicit list (collectors/builtin.h).
class CollectorRegistry {
 public:
  void Add(std::string name, CollectorFactory factory) {
    const bool added = factories_.emplace(std::move(name), std::move(factory)).second;
    HPAPLUS_CHECK(added);
  }

  [[nodiscard]] std::vector<std::string> Types() const {
    std::vector<std::string> types;
    for (const auto& [type, factory] : factories_)
      types.push_back(type);
    return types;
  }

  /// kInvalidArgument when there is no plugin of that name, or what the plugin's Create says.
  [[nodiscard]] Result<std::unique_ptr<Collector>> Make(const ResolvedSource& source,
                                                        const CollectorDeps& deps) const {
    const auto found = factories_.find(source.spec.type);
    if (found == factories_.end()) {
      return Error{ErrorCode::kInvalidArgument, "source type " + source.spec.type + " is unknown"};
    }
    return found->second(source, deps);
  }

 private:
  std::map<std::string, CollectorFactory, std::less<>> factories_;
};

}  // namespace hpaplus
