#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/kube/kube_client.h"
#include "engine/kube/object_key.h"
#include "engine/kube/target_table.h"
#include "engine/ports/clock.h"

namespace hpaplus::kube {

/// Finds the resource that a kind is served as. Answers are kept for ten minutes, that there is
/// none for ten seconds. A group that cannot be asked leaves the others alone. Thread-safe.
class Discovery {
 public:
  /// Both must outlive it.
  Discovery(KubeClient& kube, Clock& clock) : kube_(kube), clock_(clock) {}

  /// The kind in `version` where it is served, else in the group's preferred version, else in any;
  /// one with a scale subresource goes first. kNotFound when there is none, kInvalidArgument for a
  /// kind outside of namespaces, or what KubeClient says. Blocks for a few requests.
  [[nodiscard]] Result<ServedKind> Find(const KindKey& kind, std::string_view version = "");

 private:
  using Key = std::pair<KindKey, std::string>;
  struct Found {
    Result<ServedKind> kind;
    Timestamp until{};
  };

  [[nodiscard]] Result<ServedKind> Ask(const KindKey& kind, std::string_view version);
  [[nodiscard]] Result<std::vector<std::string>> VersionsOf(const KindKey& kind,
                                                            std::string_view first);
  [[nodiscard]] Result<std::string> Get(std::string path);

  KubeClient& kube_;
  Clock& clock_;
  Mutex mutex_;
  std::map<Key, Found> found_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::kube
