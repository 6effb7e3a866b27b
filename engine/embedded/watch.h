#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "engine/embedded/api_error.h"
#include "engine/embedded/request.h"
#include "engine/embedded/resource.h"
#include "engine/embedded/selector.h"
#include "engine/embedded/store.h"
#include "engine/ports/clock.h"

namespace hpaplus::embedded {

/// What one client watches, and in which form.
struct WatchSpec {
  ResourcePtr resource;
  std::string ns;
  LabelSelector labels;
  FieldSelector fields;
  Representation representation = Representation::kObject;
  bool whole_rows = false;      // Rows of tables have the whole object in them.
  std::uint64_t from = 0;       // Changes after this version.
  bool initial_events = false;  // First ADDED for everything there is at `from`.
  bool announce_end = false;    // A bookmark says when that is done.
  bool bookmarks = false;
  Duration bookmark_interval{};
  Timestamp deadline{};
};

/// One watch: turns the changes of the store into lines for one client. Used by one thread.
class Watch {
 public:
  enum class State { kOpen, kFinished, kAborted };

  /// `store` and `clock` must outlive this.
  Watch(WatchSpec spec, Store& store, Clock& clock);

  /// Appends the lines that are due, after waiting at most `patience` for the first. kFinished: the
  /// time is over or the client has been told of an error; kAborted: cut the connection.
  State Next(Duration patience, std::string& lines);

 private:
  void SendInitial(std::string& lines);
  void Send(const Change& change, std::string& lines);
  void SendBookmark(bool initial_end, std::string& lines);
  void Emit(const char* type, const Json& object, std::string& lines);
  [[nodiscard]] bool Selects(const Json& object) const;
  [[nodiscard]] Json Shown(const Json& object);

  const WatchSpec spec_;
  Store& store_;
  Clock& clock_;
  const std::uint64_t epoch_;

  std::uint64_t version_ = 0;
  bool started_ = false;
  bool columns_sent_ = false;
  Timestamp next_bookmark_{};
};

}  // namespace hpaplus::embedded
