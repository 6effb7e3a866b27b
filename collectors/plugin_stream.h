#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "collectors/grpc_endpoint.h"
#include "collectors/plugin_reply.h"
#include "engine/model/source.h"

namespace hpaplus::collectors {

/// A question to a plug-in.
struct PluginQuery {
  std::string ns;
  std::string expression;
  auto operator<=>(const PluginQuery&) const = default;
};

/// What a plug-in has pushed, and the stream on which it does. The newest result of each query is
/// kept with its own time, also while the stream is broken: it grows old and becomes stale, as any
/// other sample.
///
/// There is no thread here: gRPC's deliver, and each Follow() looks whether a stream has to be
/// opened. It is opened for all queries of the last ten minutes, and again when others have come,
/// at most every five seconds; after it broke, with back-off. Thread-safe.
class PluginStream {
 public:
  PluginStream(const SourceSpec& spec, const GrpcEndpoint& endpoint);
  /// Ends the stream and waits for that.
  ~PluginStream();
  PluginStream(const PluginStream&) = delete;
  PluginStream& operator=(const PluginStream&) = delete;

  /// Somebody asks these queries now. Does not block. At most `most` are streamed; 0: as many as
  /// there may be. A stream that has to be opened is opened on `channel`.
  void Follow(std::span<const PluginQuery> queries, Timestamp now, std::size_t most,
              const std::shared_ptr<grpc::Channel>& channel);

  /// The newest result, when it came within `max_age` before `now`.
  [[nodiscard]] std::optional<ReadingResult> Newest(const PluginQuery& query, Timestamp now,
                                                    Duration max_age) const;

  /// What ended the last stream; empty while nothing has.
  [[nodiscard]] std::string problem() const;

 private:
  class State;
  class Reader;

  const std::shared_ptr<State> state_;
};

}  // namespace hpaplus::collectors
