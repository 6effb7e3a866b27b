#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// What the collectors of one source share, such as a connection: a source that is asked by two
/// threads has two collectors. Kept as long as one of them is there; another for a source that has
/// changed. Thread-safe.
template <class Link>
class SharedLinks {
 public:
  /// The link for an equal source, or a new one by Link::Create(source, egress).
  [[nodiscard]] Result<std::shared_ptr<Link>> Get(const ResolvedSource& source,
                                                  const EgressPolicy* egress) {
    const MutexLock lock(mutex_);
    std::erase_if(entries_, [](const Entry& entry) { return entry.link.expired(); });
    for (const Entry& entry : entries_) {
      if (!(entry.source == source)) continue;
      if (std::shared_ptr<Link> link = entry.link.lock()) return link;
    }
    Result<std::shared_ptr<Link>> made = Link::Create(source, egress);
    if (made) entries_.push_back({source, *made});
    return made;
  }

 private:
  struct Entry {
    ResolvedSource source;
    std::weak_ptr<Link> link;
  };

  Mutex mutex_;
  std::vector<Entry> entries_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::collectors
