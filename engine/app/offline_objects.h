#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/workload.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::app {

/// Everything that an engine without a cluster knows: HPAPlus objects and their sources, with the
/// credentials out of the Secrets beside them.
struct OfflineObjects {
  using Labels = std::map<std::string, std::string>;

  std::vector<std::shared_ptr<const WorkloadSpec>> workloads;
  std::vector<ResolvedSource> sources;
  std::map<std::string, Labels, std::less<>> namespaces;  // Of Namespace objects.
};

/// A YAML or JSON file, by the name that is shown to people.
struct OfflineFile {
  std::string name;
  std::string text;
};

/// All HPAPlus, MetricSource, ClusterMetricSource, Secret and Namespace objects in the files, items
/// of a List included; other kinds are passed over, so that an example for a cluster can be given
/// as it is. Every object of ours must be what an API server would take, and ask nothing that only
/// a cluster can answer.
///
/// What is wrong is added to `problems`, all of it at once, as lines
/// "FILE:LINE:COLUMN: KIND NAME: PATH: what"; then the objects are of no use. No line ever shows a
/// Secret's value.
[[nodiscard]] OfflineObjects ReadOfflineObjects(const std::vector<OfflineFile>& files,
                                                std::vector<std::string>& problems);

}  // namespace hpaplus::app
