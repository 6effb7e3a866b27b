#include "engine/kube/run_program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace hpaplus::kube {
namespace {

constexpr int kPollMs = 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// Kills what still runs when it goes out of scope, with everything it has started.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    kill(-pid_, SIGKILL);
    if (!status_) waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The wait status once it has ended.
  std::optional<int> Status() {
    int status = 0;
    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_;
  }

 private:
  const pid_t pid_;
  std::optional<int> status_;
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const Program& program) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool is_replaced = std::any_of(
        program.environment.begin(), program.environment.end(), [text](const auto& one) {
          return text.starts_with(one.first) && text.substr(one.first.size()).starts_with("=");
        });
    if (!is_replaced) environment.emplace_back(text);
  }
  for (const auto& [name, value] : program.environment)
    environment.push_back(name + "=" + value);
  return environment;
}

// 0, or what posix_spawnp says.
int Spawn(const Program& program, int output, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> arguments = {program.command};
  arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
  std::vector<std::string> environment = Environment(program);
  const int failure = posix_spawnp(pid, program.command.c_str(), &actions, &attributes,
                                   Pointers(arguments).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failure;
}

}  // namespace

Result<std::string> RunProgram(const Program& program, Clock& clock) {
  const auto fail = [&program](ErrorCode code, std::string_view why) {
    return Error{code, fmt::format("{}: {}", program.command, why)};
  };
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorCode::kUnavailable, "no pipe");
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  pid_t pid = 0;
  if (const int failure = Spawn(program, writing.get(), &pid); failure != 0) {
    return fail(ErrorCode::kNotFound,
                failure == ENOENT ? "there is no such program" : "it cannot be started");
  }
  Child child(pid);
  writing.Close();

  const Timestamp deadline = clock.Now() + program.timeout;
  std::string output;
  bool is_open = true;
  // A descendant may keep the pipe open for longer than the program runs.
  while (is_open || !child.Status()) {
    if (clock.Now() >= deadline) return fail(ErrorCode::kDeadlineExceeded, "it takes too long");
    pollfd waiting{is_open ? reading.get() : -1, POLLIN, 0};
    const int ready = poll(&waiting, 1, kPollMs);
    if (ready <= 0 || !is_open) {
      if (child.Status()) break;
      continue;
    }
    std::array<char, 4096> bytes{};
    const ssize_t count = read(reading.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    is_open = count > 0;
    if (count > 0) output.append(bytes.data(), static_cast<std::size_t>(count));
    if (output.size() > program.max_output_bytes) {
      return fail(ErrorCode::kMalformedData, "it writes too much");
    }
  }
  const int status = *child.Status();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  return fail(ErrorCode::kPermissionDenied,
              WIFEXITED(status)
                  ? fmt::format("it failed with exit code {}; run it by hand to see why",
                                WEXITSTATUS(status))
                  : fmt::format("it was killed by signal {}", WTERMSIG(status)));
}

}  // namespace hpaplus::kube
