#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/ports/clock.h"
#include "engine/shell/curl_transfer.h"

namespace hpaplus {

/// What other threads tell a CurlLoop. Outlives it: a stream may be destroyed after its client.
class CurlMailbox {
 public:
  struct Mail {
    enum class Kind { kStart, kResume, kCancel, kEndBy };
    Kind kind = Kind::kStart;
    std::uint64_t id = 0;
    Timestamp deadline = Timestamp::max();   // kStart, kEndBy.
    std::unique_ptr<CurlTransfer> transfer;  // kStart.
  };

  /// `multi` is the CURLM* to wake up.
  explicit CurlMailbox(void* multi) : multi_(multi) {}

  /// Hands the mail back when nobody will read it any more.
  [[nodiscard]] std::unique_ptr<CurlTransfer> Post(Mail mail);
  [[nodiscard]] std::vector<Mail> TakeAll();
  /// Closes when empty; false when there is mail.
  [[nodiscard]] bool CloseIfEmpty();
  void WakeUp();

 private:
  Mutex mutex_;
  void* multi_ HPAPLUS_GUARDED_BY(mutex_);  // Null once closed.
  std::vector<Mail> mail_ HPAPLUS_GUARDED_BY(mutex_);
};

/// One thread ("curl") that drives one libcurl multi handle: its own connections, shared by its own
/// transfers. What is still under way when the loop is destroyed fails with kUnavailable.
class CurlLoop {
 public:
  /// With `multiplex`, requests to one HTTP/2 server share a connection; without it, every transfer
  /// has one of its own while it runs.
  CurlLoop(const CurlOptions& options, bool multiplex, Clock& clock);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// Any thread. Returns at once with a number for the transfer, which fails with
  /// kDeadlineExceeded at `deadline`.
  std::uint64_t Start(std::unique_ptr<CurlTransfer> transfer, Timestamp deadline);

  /// Any thread. No transfer, running or to come, gets more time than until `last`.
  void EndBy(Timestamp last);

  /// For the reader of a stream.
  [[nodiscard]] StreamControl ControlOf(std::uint64_t id) const;

 private:
  struct Running {
    std::unique_ptr<CurlTransfer> transfer;
    void* easy = nullptr;
    Timestamp deadline{};
  };

  void Run();
  void Handle(CurlMailbox::Mail mail);
  void Begin(CurlMailbox::Mail mail);
  void Shorten(Timestamp last);
  void TakeFinished();
  void ExpireUntil(Timestamp now);
  [[nodiscard]] int PollTimeoutMs();
  [[nodiscard]] std::unique_ptr<CurlTransfer> Detach(std::uint64_t id);
  [[nodiscard]] void* TakeEasy();

  const CurlOptions options_;
  Clock& clock_;
  void* const multi_;
  const std::shared_ptr<CurlMailbox> mailbox_;
  std::atomic<std::uint64_t> last_id_ = 0;
  std::atomic<bool> stopping_ = false;

  // The curl thread's own.
  std::map<std::uint64_t, Running> running_;
  std::map<void*, std::uint64_t> id_of_;  // By easy handle.
  std::set<std::pair<Timestamp, std::uint64_t>> deadlines_;
  std::vector<void*> idle_easies_;
  Timestamp last_deadline_ = Timestamp::max();

  std::thread thread_;
};

}  // namespace hpaplus
