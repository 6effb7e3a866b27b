#include "engine/shell/curl_stream.h"

#include <algorithm>
#include <utility>

namespace hpaplus {
namespace {

// Waits count the monotonic clock; see SystemClock.
constexpr Duration kLongestNap = std::chrono::seconds(1);

}  // namespace

void StreamBuffer::SetHead(HttpResponse head) {
  {
    const MutexLock lock(mutex_);
    head_ = std::move(head);
  }
  changed_.notify_all();
}

StreamBuffer::Taken StreamBuffer::Offer(std::string_view bytes) {
  {
    const MutexLock lock(mutex_);
    if (abandoned_) return Taken::kNeverAgain;
    if (bytes_.size() >= capacity_) {
      refused_ = true;
      return Taken::kNotNow;
    }
    bytes_.append(bytes);
  }
  changed_.notify_all();
  return Taken::kYes;
}

void StreamBuffer::End(Status how) {
  {
    const MutexLock lock(mutex_);
    end_ = std::move(how);
  }
  changed_.notify_all();
}

Result<HttpResponse> StreamBuffer::WaitForHead(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  changed_.wait(lock, stop, [this]() HPAPLUS_REQUIRES(mutex_) { return head_ || end_; });
  if (head_) return *head_;
  if (!end_) return Error{ErrorCode::kUnavailable, "stopped before an answer came"};
  if (!*end_) return end_->error();
  return Error{ErrorCode::kMalformedData, "the answer has no head"};
}

StreamBuffer::Chunk StreamBuffer::Take(Timestamp deadline, Clock& clock,
                                       const std::stop_token& stop) {
  MutexLock lock(mutex_);
  const auto arrived = [this]() HPAPLUS_REQUIRES(mutex_) { return !bytes_.empty() || end_; };
  while (!arrived() && !stop.stop_requested()) {
    const Duration left = deadline - clock.Now();
    if (left <= Duration::zero()) break;
    changed_.wait_for(lock, stop, std::min(left, kLongestNap), arrived);
  }
  Chunk chunk;
  chunk.bytes = std::exchange(bytes_, {});
  chunk.was_full = std::exchange(refused_, false);
  chunk.end = end_;
  return chunk;
}

void StreamBuffer::Abandon() {
  const MutexLock lock(mutex_);
  abandoned_ = true;
  bytes_.clear();
}

CurlLineStream::CurlLineStream(std::shared_ptr<StreamBuffer> buffer, HttpResponse head,
                               std::size_t max_line_bytes, StreamControl control, Clock& clock)
    : buffer_(std::move(buffer)),
      head_(std::move(head)),
      max_line_bytes_(max_line_bytes),
      control_(std::move(control)),
      clock_(clock) {}

CurlLineStream::~CurlLineStream() {
  buffer_->Abandon();
  control_.cancel();
}

std::optional<std::string> CurlLineStream::NextBufferedLine() {
  const std::size_t newline = received_.find('\n', searched_);
  if (newline == std::string::npos) {
    searched_ = received_.size();
    return std::nullopt;
  }
  std::string line = received_.substr(consumed_, newline - consumed_);
  consumed_ = newline + 1;
  searched_ = consumed_;
  return line;
}

void CurlLineStream::Append(const std::string& bytes) {
  // What is left is one unfinished line: moving it to the front costs nothing per line.
  received_.erase(0, consumed_);
  searched_ -= consumed_;
  consumed_ = 0;
  received_ += bytes;
}

Result<std::optional<std::string>> CurlLineStream::ReadLine(Timestamp deadline,
                                                            const std::stop_token& stop) {
  while (true) {
    std::optional<std::string> line = NextBufferedLine();
    if ((line ? line->size() : received_.size() - consumed_) > max_line_bytes_) {
      end_ = Error{ErrorCode::kMalformedData, "a line is longer than allowed"};
      line.reset();
      received_.clear();
      consumed_ = searched_ = 0;
    }
    if (line) return line;
    if (end_) {
      if (!*end_) return end_->error();
      if (consumed_ == received_.size()) return std::optional<std::string>();
      return std::optional<std::string>(
          received_.substr(std::exchange(consumed_, received_.size())));
    }
    StreamBuffer::Chunk chunk = buffer_->Take(deadline, clock_, stop);
    if (chunk.was_full) control_.resume();
    end_ = std::move(chunk.end);
    if (!chunk.bytes.empty()) {
      Append(chunk.bytes);
    } else if (!end_ && !chunk.was_full) {
      return Error{ErrorCode::kDeadlineExceeded, "no line in time"};
    }
  }
}

}  // namespace hpaplus
