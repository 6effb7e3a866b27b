#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/backoff.h"
#include "engine/base/mutex.h"
#include "engine/base/random.h"
#include "engine/kube/kube_client.h"
#include "engine/kube/object_sink.h"
#include "engine/kube/watch_event.h"

namespace hpaplus::kube {

/// Which objects, and how patiently. The defaults are what a busy API server is used to.
struct InformerConfig {
  std::string path;      // "/apis/apps/v1/deployments", or one namespace's.
  std::string resource;  // "deployments", for telemetry and messages.
  std::string query;     // "labelSelector=app%3Dweb"; empty for everything.
  std::string accept = "application/json";
  std::string watch_accept;  // A watch gives objects, not a list of them; empty: the same.
  int page_limit = 500;

  // The server ends a watch after a time between this and twice as much.
  Duration watch_timeout = std::chrono::minutes(5);
  // Bookmarks come about every minute; without any line for so long the connection is dead.
  Duration idle_timeout = std::chrono::minutes(2);
  // A streaming list that says nothing for so long was not understood.
  Duration initial_idle_timeout = std::chrono::seconds(10);
  // A watch that has lasted so long ends the back-off.
  Duration healthy_after = std::chrono::minutes(2);
  Duration not_served_retry = std::chrono::seconds(10);
  Duration relist_jitter = std::chrono::milliseconds(300);
  // While there is no connection, while the server has no time (429, 5xx), and after refusals. A
  // refused connection costs nobody anything, and the sooner it is noticed that the server is back,
  // the better. One that has just started is busy for a second or two; the client keeps to its
  // Retry-After besides.
  Backoff::Config dial_backoff = {std::chrono::milliseconds(200), std::chrono::milliseconds(600),
                                  1.0};
  Backoff::Config busy_backoff = {std::chrono::milliseconds(300), std::chrono::milliseconds(2400),
                                  1.0};
  Backoff::Config refused_backoff = {};
};

/// Keeps a sink up to date with the objects of one resource: lists them, then watches.
///
/// The sink first hears of everything at once, from then on of changes. After a gap (the watch's
/// version has expired) it hears of everything again. It is never told an older version of an
/// object than it has been told before, until the next Replace. A broken connection is resumed
/// where it broke; what the sink knows stands meanwhile.
///
/// Thread-safe; has one thread, which calls the sink.
class Informer {
 public:
  struct State {
    bool synced = false;  // The sink has been told everything once.
    bool served = true;   // False: the server does not know the resource; counts as synced.
    std::string problem;  // Empty when the watch is up.
  };

  /// Starts at once. Everything passed by reference must outlive the informer.
  Informer(const InformerConfig& config, KubeClient& kube, Clock& clock, Telemetry& telemetry,
           ObjectSink& sink);
  /// Stop(), and waits for the sink to return.
  ~Informer();
  Informer(const Informer&) = delete;
  Informer& operator=(const Informer&) = delete;

  /// Returns at once; no new call to the sink begins after the one that is running.
  void Stop();

  [[nodiscard]] State state() const;

 private:
  using Key = std::pair<std::string, std::string>;  // Namespace and name.
  // The version the sink knows; 0 for one that is not a number, so that nothing is older.
  using KnownObjects = std::map<Key, std::uint64_t>;

  // What is collected until a list is complete.
  struct Generation {
    std::vector<std::string> objects;
    KnownObjects known;
  };

  void Run();
  // One attempt at everything that is to do; an Error when it has to be repeated later.
  [[nodiscard]] Status Round();
  [[nodiscard]] Status ListInPages();
  [[nodiscard]] Status ListByStream();
  [[nodiscard]] Status WatchOn();
  [[nodiscard]] Result<ListPage> ReadPage(const std::string& continue_token);
  [[nodiscard]] Result<std::string> Send(KubeRequest request);
  [[nodiscard]] Result<std::unique_ptr<LineStream>> OpenWatch(const std::string& query);
  [[nodiscard]] Result<std::optional<WatchEvent>> ReadEvent(LineStream& stream, Duration patience,
                                                            std::string* line);
  [[nodiscard]] Status CollectInitialEvents(LineStream& stream, Generation* generation);
  [[nodiscard]] Status Follow(LineStream& stream);
  void Apply(const WatchEvent& event);
  void Adopt(Generation generation, std::string version);
  void Report(const Error& error);
  [[nodiscard]] Duration DelayAfter(const Error& error);
  void Wait(Duration duration);
  void EndProblem();
  [[nodiscard]] KubeRequest NewRequest(std::string_view verb, std::string_view query) const;
  [[nodiscard]] std::string WatchQuery();

  const InformerConfig config_;
  KubeClient& kube_;
  Clock& clock_;
  Telemetry& telemetry_;
  ObjectSink& sink_;

  // The informer's thread's own.
  Random random_;
  Backoff dial_backoff_;
  Backoff busy_backoff_;
  Backoff refused_backoff_;
  bool streaming_offered_ = true;
  int gaps_in_a_row_ = 0;      // Watches that had expired, without an event in between.
  int silences_in_a_row_ = 0;  // Watches without any event, bookmarks included.
  std::string version_;        // Where the watch goes on; empty: a list is needed.
  KnownObjects known_;

  mutable Mutex mutex_;
  State state_ HPAPLUS_GUARDED_BY(mutex_);
  std::condition_variable_any stopped_;  // Notified by nobody but the stop itself.

  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace hpaplus::kube
