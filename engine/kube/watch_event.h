#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/kube/kube_status.h"

namespace hpaplus::kube {

// From the bytes of a list or a watch to the single objects, which stay the JSON they are. Only
// what an informer needs of them is read; whoever uses an object validates the rest. Pure; safe to
// call on any number of threads.

/// Which object it is, and which version of it.
struct ObjectHead {
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;
  bool initial_events_end = false;  // A bookmark: everything that existed has been sent.
};

struct WatchEvent {
  enum class Type { kAdded, kModified, kDeleted, kBookmark, kError };
  Type type = Type::kError;
  std::string_view object;  // Points into the line.
  ObjectHead head;          // All but kError.
  ApiStatus status;         // kError.
};

/// One line of a watch. kMalformedData when it is none.
[[nodiscard]] Result<WatchEvent> ParseWatchEvent(std::string_view line);

struct ListPage {
  struct Item {
    ObjectHead head;
    std::string object;  // Without managedFields, which are about half of it and of no use to us.
  };
  std::string resource_version;
  std::string continue_token;  // Empty on the last page.
  std::vector<Item> items;
};

[[nodiscard]] Result<ListPage> ParseListPage(std::string_view body);

/// The object without metadata.managedFields; as it is when it has none.
[[nodiscard]] std::string WithoutManagedFields(std::string_view object);

}  // namespace hpaplus::kube
