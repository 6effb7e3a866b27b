#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/mutex.h"
#include "engine/ports/clock.h"
#include "engine/ports/http_stream.h"

namespace hpaplus {

/// What the curl thread has received of a long answer and its reader has not yet taken: at most
/// `capacity` bytes and one read of curl's. Thread-safe.
class StreamBuffer {
 public:
  explicit StreamBuffer(std::size_t capacity) : capacity_(capacity) {}

  // The curl thread's side.
  void SetHead(HttpResponse head);
  enum class Taken { kYes, kNotNow, kNeverAgain };
  /// kNotNow: the reader is behind; offer the same bytes again after it has caught up.
  [[nodiscard]] Taken Offer(std::string_view bytes);
  void End(Status how);

  // The reader's side.
  /// Blocks for the head, or an Error that tells how the transfer ended before it.
  [[nodiscard]] Result<HttpResponse> WaitForHead(const std::stop_token& stop);

  struct Chunk {
    std::string bytes;  // Empty when nothing came in time.
    bool was_full = false;
    std::optional<Status> end;  // Set once, after the last byte.
  };
  /// Everything that is there; waits for it until `deadline`.
  [[nodiscard]] Chunk Take(Timestamp deadline, Clock& clock, const std::stop_token& stop);
  /// The reader has gone.
  void Abandon();

 private:
  const std::size_t capacity_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<HttpResponse> head_ HPAPLUS_GUARDED_BY(mutex_);
  std::string bytes_ HPAPLUS_GUARDED_BY(mutex_);
  bool refused_ HPAPLUS_GUARDED_BY(mutex_) = false;  // Offer() said kNotNow.
  bool abandoned_ HPAPLUS_GUARDED_BY(mutex_) = false;
  std::optional<Status> end_ HPAPLUS_GUARDED_BY(mutex_);
};

/// What a stream wants of the thread that feeds it. Safe to call after that thread has ended.
struct StreamControl {
  std::function<void()> resume;
  std::function<void()> cancel;
};

/// The LineStream of CurlClient.
class CurlLineStream final : public LineStream {
 public:
  CurlLineStream(std::shared_ptr<StreamBuffer> buffer, HttpResponse head,
                 std::size_t max_line_bytes, StreamControl control, Clock& clock);
  ~CurlLineStream() override;

  [[nodiscard]] const HttpResponse& head() const override { return head_; }
  [[nodiscard]] Result<std::optional<std::string>> ReadLine(Timestamp deadline,
                                                            const std::stop_token& stop) override;

 private:
  [[nodiscard]] std::optional<std::string> NextBufferedLine();
  void Append(const std::string& bytes);

  const std::shared_ptr<StreamBuffer> buffer_;
  const HttpResponse head_;
  const std::size_t max_line_bytes_;
  const StreamControl control_;
  Clock& clock_;
  std::string received_;      // Taken from the buffer, not yet returned.
  std::size_t consumed_ = 0;  // Of received_.
  std::size_t searched_ = 0;  // received_ has no newline in [consumed_, searched_).
  std::optional<Status> end_;
};

}  // namespace hpaplus
