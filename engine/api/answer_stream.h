#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <grpcpp/support/server_callback.h>

#include "engine/api/trigger_table.h"
#include "engine/base/mutex.h"

namespace hpaplus::api {

/// What the open streams of a service have in common. Only .cc files include this header: gRPC's
/// come with it.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual void End(grpc::Status status) = 0;
};

/// The open streams of a service, so many and no more. Thread-safe.
class StreamSet {
 public:
  explicit StreamSet(std::size_t most) : most_(most) {}

  /// False: there are too many, or all are to end.
  [[nodiscard]] bool Add(const std::shared_ptr<OpenStream>& stream) {
    const MutexLock lock(mutex_);
    return !ended_ && streams_.size() < most_ && streams_.insert(stream).second;
  }
  void Remove(const std::shared_ptr<OpenStream>& stream) {
    const MutexLock lock(mutex_);
    streams_.erase(stream);
  }
  [[nodiscard]] std::size_t size() const {
    const MutexLock lock(mutex_);
    return streams_.size();
  }
  /// Ends all with OK; nothing can be added any more.
  void EndAll() {
    std::vector<std::shared_ptr<OpenStream>> streams;
    {
      const MutexLock lock(mutex_);
      ended_ = true;
      streams.assign(streams_.begin(), streams_.end());
    }
    for (const auto& stream : streams)
      stream->End(grpc::Status::OK);
  }

 private:
  const std::size_t most_;
  mutable Mutex mutex_;
  std::set<std::shared_ptr<OpenStream>> streams_ HPAPLUS_GUARDED_BY(mutex_);
  bool ended_ HPAPLUS_GUARDED_BY(mutex_) = false;
};

/// A server stream that says something when a trigger's answer calls for it. What a client has not
/// taken yet is replaced by what is newer, so a client that stops reading holds one message.
///
/// At most one operation of gRPC's is under way, and all of them are started outside the lock: what
/// may come next is written down first, and whoever is done looks it up.
template <class Response>
class AnswerStream : public grpc::ServerWriteReactor<Response>,
                     public TriggerListener,
                     public OpenStream {
 public:
  AnswerStream(TriggerTable& table, StreamSet& streams) : table_(table), streams_(streams) {}

  /// Once; `self` is this. It then lives until gRPC is done with it. After an error End() must be
  /// called, as after a success it may be.
  [[nodiscard]] Status Open(const std::shared_ptr<AnswerStream>& self, const TriggerRef& ref) {
    self_ = self;
    if (!streams_.Add(self)) {
      return Error{ErrorCode::kUnavailable, "there are too many streams, or the server ends"};
    }
    const auto answer = table_.Listen(ref, self);
    if (!answer) return answer.error();
    OnAnswer(*answer);
    return Done{};
  }

  /// The same, when nothing can be told yet.
  [[nodiscard]] Status Refuse(const std::shared_ptr<AnswerStream>& self) {
    self_ = self;
    return Error{ErrorCode::kUnavailable, "the objects are still being read"};
  }

  void OnAnswer(const std::shared_ptr<const TriggerAnswer>& answer) override {
    {
      const MutexLock lock(mutex_);
      if (end_) return;
      auto next = Next(*answer);
      if (!next) return;
      waiting_ = std::move(*next);
    }
    Advance();
  }

  void End(grpc::Status status) override {
    {
      const MutexLock lock(mutex_);
      if (end_) return;
      end_ = std::move(status);
    }
    Advance();
  }

  void OnWriteDone(bool ok) override {
    {
      const MutexLock lock(mutex_);
      busy_ = false;
      if (!ok && !end_) end_ = grpc::Status::CANCELLED;
    }
    Advance();
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    const std::shared_ptr<AnswerStream> self = std::move(self_);
    table_.Drop(self);
    streams_.Remove(self);
  }

 private:
  /// What is to be said now; called under a lock, for each answer in order.
  [[nodiscard]] virtual std::optional<Response> Next(const TriggerAnswer& answer) = 0;

  void Advance() {
    std::optional<grpc::Status> finish;
    {
      const MutexLock lock(mutex_);
      if (busy_ || finished_) return;
      if (end_) {
        finished_ = true;
        finish = end_;
      } else if (waiting_) {
        busy_ = true;
        writing_ = *std::exchange(waiting_, std::nullopt);
      } else {
        return;
      }
    }
    if (finish) {
      this->Finish(*finish);
    } else {
      this->StartWrite(&writing_);
    }
  }

  TriggerTable& table_;
  StreamSet& streams_;
  std::shared_ptr<AnswerStream> self_;  // Until OnDone().
  Mutex mutex_;
  std::optional<Response> waiting_ HPAPLUS_GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ HPAPLUS_GUARDED_BY(mutex_);
  bool busy_ HPAPLUS_GUARDED_BY(mutex_) = false;
  bool finished_ HPAPLUS_GUARDED_BY(mutex_) = false;
  Response writing_;  // Its owner is whoever has set busy_, then gRPC.
};

}  // namespace hpaplus::api
