#include "engine/record/recorder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/record/recording.h"

namespace hpaplus::record {
namespace {

namespace fs = std::filesystem;

constexpr Duration kRetryAfter = std::chrono::seconds(10);
constexpr std::uint64_t kSegments = 8;  // That the ring consists of, about.
constexpr std::size_t kBufferMost = 256U << 10U;

// "rec-0000000042.hpar"
std::string NameOf(std::uint64_t part) {
  return fmt::format("rec-{:010}{}", part, kSegmentSuffix);
}

std::uint64_t PartOf(const fs::path& file) {
  const std::string stem = file.stem().string();
  const auto digits = stem.find_first_of("0123456789");
  if (digits == std::string::npos) return 0;
  return std::strtoull(stem.c_str() + digits, nullptr, 10);
}

Error Failed(const std::string& what, int error) {
  return {ErrorCode::kUnavailable, what + ": " + std::strerror(error)};  // NOLINT(concurrency-*)
}

std::uint64_t BytesOf(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

}  // namespace

// Appends to a file that nobody else has. Buffers; what was flushed survives this process.
class Recorder::File {
 public:
  static Result<std::unique_ptr<File>> Create(const fs::path& path) {
    const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
    if (fd < 0) return Failed(path.string(), errno);
    return std::unique_ptr<File>(new File(path, fd));
  }
  ~File() { close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void Append(std::string_view bytes) { buffer_ += bytes; }

  Status Flush() {
    std::string_view left = buffer_;
    while (!left.empty()) {
      const ssize_t written = write(fd_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed(path_.string(), errno);
      written_ += static_cast<std::uint64_t>(written);
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    return Done{};
  }

  [[nodiscard]] std::uint64_t buffered() const { return buffer_.size(); }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  File(fs::path path, int fd) : path_(std::move(path)), fd_(fd) {}

  const fs::path path_;
  const int fd_;
  std::string buffer_;
  std::uint64_t written_ = 0;
};

Recorder::Recorder(const Config& config) : config_(config), queue_(config.queue_most) {}

Result<std::unique_ptr<Recorder>> Recorder::Start(const Config& config) {
  std::error_code error;
  fs::create_directory(config.directory, error);
  if (error) return Failed(config.directory.string(), error.value());
  if (access(config.directory.c_str(), W_OK | X_OK) != 0) {
    return Failed(config.directory.string(), errno);
  }
  const auto files = SegmentsIn(config.directory);
  if (!files) return files.error();
  std::unique_ptr<Recorder> recorder(new Recorder(config));
  for (const fs::path& file : *files)
    recorder->next_part_ = std::max(recorder->next_part_, PartOf(file) + 1);
  Recorder* const self = recorder.get();
  recorder->thread_ = std::jthread([self](const std::stop_token& stop) { self->WriteAll(stop); });
  return recorder;
}

Recorder::~Recorder() {
  thread_.request_stop();
  thread_.join();
}

bool Recorder::WantsHistory(WorkloadId id) {
  return id.index >= told_.size() || told_[id.index] != generation_;
}

void Recorder::Take(Round round) {
  const WorkloadId id = round.id;
  if (id.index >= told_.size()) told_.resize(id.index + 1U);
  if (round.history) told_[id.index] = generation_;
  Enter({generation_, std::move(round)}, id);
}

void Recorder::RecordOutcome(const ScaleOutcome& outcome, Timestamp at) {
  Enter({generation_, Write{outcome, at}}, outcome.command.workload);
}

void Recorder::RecordGone(WorkloadId workload) {
  if (workload.index < told_.size()) told_[workload.index] = 0;
  Enter({generation_, workload}, workload);
}

void Recorder::RecordTick(const TickReport& /*report*/) {
  generation_ = wanted_;  // Between two ticks only, so that all of a tick is of one generation.
}

void Recorder::Enter(Item item, WorkloadId workload) {
  if (queue_.Push(std::move(item))) return;
  if (workload.index < told_.size()) told_[workload.index] = 0;  // What follows builds on nothing.
}

void Recorder::WriteAll(const std::stop_token& stop) {
  for (;;) {
    const std::optional<Item> first = queue_.Pop(stop);
    if (first) WriteOne(*first);
    for (const Item& item : queue_.TakeAll())
      WriteOne(item);
    Flush();
    if (!first) return;
  }
}

void Recorder::CountLost(std::uint64_t rounds) {
  lost_before_ += rounds;
  const MutexLock lock(mutex_);
  numbers_.lost += rounds;
}

void Recorder::Flush() {
  if (!file_) return;
  const std::uint64_t bytes = file_->buffered();
  if (Status flushed = file_->Flush(); !flushed) return Fail(flushed.error());
  const std::uint64_t rounds = std::exchange(unflushed_, 0);
  const MutexLock lock(mutex_);
  numbers_.failing = false;
  numbers_.rounds += rounds;
  numbers_.bytes += bytes;
}

// Gives a file up; the next one begins with what a reader has to know.
void Recorder::Fail(const Error& error) {
  HPAPLUS_LOG(kWarning, "recording not written", {{"error", error.message}});
  if (file_ && file_->written() == 0) {
    std::error_code ignored;
    fs::remove(file_->path(), ignored);
  }
  file_.reset();
  CountLost(std::exchange(unflushed_, 0));
  retry_at_ = newest_ + kRetryAfter;
  ++wanted_;
  const MutexLock lock(mutex_);
  ++numbers_.failures;
  numbers_.failing = true;
}

// Whether there is a file that this item can go to.
bool Recorder::OpenFor(const Item& item) {
  const bool fresh = item.generation > segment_generation_;
  if (file_ && !fresh) return true;
  // What is not fresh belongs to a file that could not be gone on with.
  if (!fresh || !std::holds_alternative<Round>(item.what)) return false;
  segment_generation_ = item.generation;
  if (newest_ < retry_at_) {
    ++wanted_;
    return false;
  }
  Flush();
  file_.reset();
  if (wanted_ > segment_generation_) return false;  // The flush has failed.
  DropOldest();
  const std::uint64_t part = next_part_++;
  auto file = File::Create(config_.directory / NameOf(part));
  if (!file) {
    Fail(file.error());
    return false;
  }
  file_ = *std::move(file);
  file_->Append(encoder_.Begin({config_.writer, newest_, part, config_.decide}));
  return true;
}

void Recorder::WriteOne(const Item& item) {
  const std::uint64_t dropped = queue_.dropped();
  if (dropped > dropped_seen_) CountLost(dropped - std::exchange(dropped_seen_, dropped));
  const Round* const round = std::get_if<Round>(&item.what);
  if (round != nullptr) newest_ = round->at;
  if (!OpenFor(item)) {
    if (round != nullptr) CountLost(1);
    return;
  }
  if (lost_before_ > 0) file_->Append(encoder_.AddLost(std::exchange(lost_before_, 0)));
  if (round != nullptr) {
    const std::string frame = encoder_.Add(*round);
    file_->Append(frame);
    ++unflushed_;
    if (frame.empty()) {
      --unflushed_;
      CountLost(1);
      ++wanted_;
    }
  } else if (const auto* write = std::get_if<Write>(&item.what)) {
    file_->Append(encoder_.AddWrite(write->outcome, write->at));
  } else {
    file_->Append(encoder_.AddGone(std::get<WorkloadId>(item.what)));
  }
  const bool full = file_->written() + file_->buffered() >= config_.bytes_most / kSegments;
  if (full && wanted_ == segment_generation_) ++wanted_;
  if (file_->buffered() >= kBufferMost) Flush();
}

// Leaves room for one more segment.
void Recorder::DropOldest() {
  auto files = SegmentsIn(config_.directory);
  if (!files) return;
  std::uint64_t bytes = config_.bytes_most / kSegments;
  for (const fs::path& file : *files)
    bytes += BytesOf(file);
  for (const fs::path& file : *files) {
    if (bytes <= config_.bytes_most) return;
    bytes -= std::min(bytes, BytesOf(file));
    std::error_code ignored;  // Then the ring is too large until the next segment.
    fs::remove(file, ignored);
  }
}

Recorder::Numbers Recorder::numbers() const {
  const MutexLock lock(mutex_);
  return numbers_;
}

std::string Recorder::Metrics() const {
  const Numbers now = numbers();
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view type, std::string_view help,
                           std::uint64_t value) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
  };
  add("hpaplus_recording_rounds_total", "counter", "Decisions written to the recording.",
      now.rounds);
  add("hpaplus_recording_lost_total", "counter", "Decisions that did not get into the recording.",
      now.lost);
  add("hpaplus_recording_bytes_total", "counter", "Bytes written to the recording.", now.bytes);
  add("hpaplus_recording_failures_total", "counter", "Times that writing the recording failed.",
      now.failures);
  add("hpaplus_recording_failing", "gauge", "1: the recording cannot be written now.",
      now.failing ? 1 : 0);
  return text;
}

}  // namespace hpaplus::record
