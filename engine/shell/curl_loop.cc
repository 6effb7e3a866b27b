#include "engine/shell/curl_loop.h"

#include <algorithm>

#include <curl/curl.h>

namespace hpaplus {
namespace {

constexpr std::size_t kIdleEasies = 64;
constexpr Duration kLongestPoll = std::chrono::seconds(10);

void* NewMulti(const CurlOptions& options, bool multiplex) {
  // Thread-safe and never undone: other parts of the process may use libcurl too.
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  HPAPLUS_CHECK(ready);
  CURLM* multi = curl_multi_init();
  HPAPLUS_CHECK(multi != nullptr);
  const auto set = [multi](CURLMoption option, std::size_t value) {
    HPAPLUS_CHECK(curl_multi_setopt(multi, option, static_cast<long>(value)) == CURLM_OK);
  };
  set(CURLMOPT_MAXCONNECTS, options.max_connections);
  set(CURLMOPT_MAX_TOTAL_CONNECTIONS, options.max_connections);
  if (multiplex) {
    set(CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    set(CURLMOPT_MAX_HOST_CONNECTIONS, options.max_connections_per_host);
    set(CURLMOPT_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  } else {
    set(CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  }
  return multi;
}

}  // namespace

std::unique_ptr<CurlTransfer> CurlMailbox::Post(Mail mail) {
  const MutexLock lock(mutex_);
  if (multi_ == nullptr) return std::move(mail.transfer);
  mail_.push_back(std::move(mail));
  curl_multi_wakeup(multi_);
  return nullptr;
}

std::vector<CurlMailbox::Mail> CurlMailbox::TakeAll() {
  const MutexLock lock(mutex_);
  return std::exchange(mail_, {});
}

bool CurlMailbox::CloseIfEmpty() {
  const MutexLock lock(mutex_);
  if (!mail_.empty()) return false;
  multi_ = nullptr;
  return true;
}

void CurlMailbox::WakeUp() {
  const MutexLock lock(mutex_);
  if (multi_ != nullptr) curl_multi_wakeup(multi_);
}

CurlLoop::CurlLoop(const CurlOptions& options, bool multiplex, Clock& clock)
    : options_(options),
      clock_(clock),
      multi_(NewMulti(options, multiplex)),
      mailbox_(std::make_shared<CurlMailbox>(multi_)),
      thread_([this] { Run(); }) {}

CurlLoop::~CurlLoop() {
  stopping_ = true;
  mailbox_->WakeUp();
  thread_.join();
  for (void* easy : idle_easies_)
    curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

std::uint64_t CurlLoop::Start(std::unique_ptr<CurlTransfer> transfer, Timestamp deadline) {
  const std::uint64_t id = ++last_id_;
  std::unique_ptr<CurlTransfer> refused =
      mailbox_->Post({CurlMailbox::Mail::Kind::kStart, id, deadline, std::move(transfer)});
  HPAPLUS_CHECK(refused == nullptr);  // The loop outlives its users.
  return id;
}

void CurlLoop::EndBy(Timestamp last) {
  static_cast<void>(mailbox_->Post({CurlMailbox::Mail::Kind::kEndBy, 0, last, nullptr}));
}

StreamControl CurlLoop::ControlOf(std::uint64_t id) const {
  const auto post = [mailbox = mailbox_, id](CurlMailbox::Mail::Kind kind) {
    static_cast<void>(mailbox->Post({kind, id, {}, nullptr}));
  };
  return {[post] { post(CurlMailbox::Mail::Kind::kResume); },
          [post] { post(CurlMailbox::Mail::Kind::kCancel); }};
}

void CurlLoop::Run() {
  while (true) {
    for (CurlMailbox::Mail& mail : mailbox_->TakeAll())
      Handle(std::move(mail));
    if (stopping_) {
      while (!running_.empty())
        Detach(running_.begin()->first)->Fail({ErrorCode::kUnavailable, "the client has stopped"});
      if (mailbox_->CloseIfEmpty()) return;
      continue;
    }
    int still_running = 0;
    curl_multi_perform(multi_, &still_running);
    TakeFinished();
    ExpireUntil(clock_.Now());
    curl_multi_poll(multi_, nullptr, 0, PollTimeoutMs(), nullptr);
  }
}

void CurlLoop::Handle(CurlMailbox::Mail mail) {
  switch (mail.kind) {
    case CurlMailbox::Mail::Kind::kStart:
      return Begin(std::move(mail));
    case CurlMailbox::Mail::Kind::kResume:
      if (const auto found = running_.find(mail.id); found != running_.end()) {
        curl_easy_pause(found->second.easy, CURLPAUSE_CONT);
      }
      return;
    case CurlMailbox::Mail::Kind::kCancel:
      if (running_.contains(mail.id)) {
        Detach(mail.id)->Fail({ErrorCode::kUnavailable, "the stream was given up"});
      }
      return;
    case CurlMailbox::Mail::Kind::kEndBy:
      return Shorten(mail.deadline);
  }
}

void CurlLoop::Shorten(Timestamp last) {
  last_deadline_ = std::min(last_deadline_, last);
  deadlines_.clear();
  for (auto& [id, running] : running_) {
    running.deadline = std::min(running.deadline, last_deadline_);
    deadlines_.emplace(running.deadline, id);
  }
}

void CurlLoop::Begin(CurlMailbox::Mail mail) {
  mail.deadline = std::min(mail.deadline, last_deadline_);
  if (mail.deadline <= clock_.Now()) {
    return mail.transfer->Fail({ErrorCode::kDeadlineExceeded, "no time left to ask"});
  }
  void* easy = TakeEasy();
  CurlTransfer* transfer = mail.transfer.get();
  const Status prepared = transfer->Prepare(easy, options_);
  running_.emplace(mail.id, Running{std::move(mail.transfer), easy, mail.deadline});
  id_of_.emplace(easy, mail.id);
  deadlines_.emplace(mail.deadline, mail.id);
  if (!prepared) {
    Detach(mail.id)->Fail(prepared.error());
  } else {
    curl_multi_add_handle(multi_, easy);
  }
}

void CurlLoop::TakeFinished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const int code = message->data.result;
    Detach(id_of_.at(message->easy_handle))->Finish(code);
  }
}

void CurlLoop::ExpireUntil(Timestamp now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const std::uint64_t id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    if (!running_.at(id).transfer->HasDeadline()) continue;
    Detach(id)->Fail({ErrorCode::kDeadlineExceeded, "no answer in time"});
  }
}

int CurlLoop::PollTimeoutMs() {
  Duration wait = kLongestPoll;
  if (!deadlines_.empty()) {
    wait = std::clamp(deadlines_.begin()->first - clock_.Now(), Duration::zero(), kLongestPoll);
  }
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
}

std::unique_ptr<CurlTransfer> CurlLoop::Detach(std::uint64_t id) {
  auto node = running_.extract(id);
  HPAPLUS_CHECK(!node.empty());
  Running& running = node.mapped();
  deadlines_.erase({running.deadline, id});
  id_of_.erase(running.easy);
  curl_multi_remove_handle(multi_, running.easy);
  if (idle_easies_.size() < kIdleEasies) {
    curl_easy_reset(running.easy);
    idle_easies_.push_back(running.easy);
  } else {
    curl_easy_cleanup(running.easy);
  }
  return std::move(running.transfer);
}

void* CurlLoop::TakeEasy() {
  if (idle_easies_.empty()) {
    CURL* easy = curl_easy_init();
    HPAPLUS_CHECK(easy != nullptr);
    return easy;
  }
  void* easy = idle_easies_.back();
  idle_easies_.pop_back();
  return easy;
}

}  // namespace hpaplus
