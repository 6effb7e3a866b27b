#include "engine/shell/directory_files.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hpaplus {
namespace {

constexpr int kOpenTries = 5;  // The kernel gives up on a path while somebody moves directories.

ErrorCode CodeOf(int problem) {
  switch (problem) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EXDEV:  // It leads outside.
    case ELOOP:
      return ErrorCode::kPermissionDenied;
    default:
      return ErrorCode::kUnavailable;
  }
}

Error FileError(int problem) {
  if (problem == EXDEV) return {CodeOf(problem), "it leads out of the directory"};
  if (problem == ELOOP) return {CodeOf(problem), "a link is not followed there"};
  return {CodeOf(problem), std::generic_category().message(problem)};
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int value() const { return value_; }

 private:
  const int value_;
};

// -1 with errno, as open() has it.
int OpenBeneath(int directory, const std::string& path, int flags, unsigned resolve) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  int opened = -1;
  for (int tries = 0; tries < kOpenTries; ++tries) {
    opened = static_cast<int>(syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how));
    if (opened >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return opened;
}

Timestamp ModifiedAt(const struct stat& status) {
  return Timestamp(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

bool SameContents(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// 0, or an errno.
int ReadAll(int descriptor, std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = read(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return 0;
}

Result<MetricFile> ReadRegular(int file, std::size_t bytes_most) {
  struct stat before {};
  if (fstat(file, &before) != 0) return FileError(errno);
  if (!S_ISREG(before.st_mode)) {
    return Error{ErrorCode::kPermissionDenied, "it is no regular file"};
  }
  const auto size = static_cast<std::size_t>(before.st_size);
  if (size > bytes_most) {
    return Error{
        ErrorCode::kMalformedData,
        fmt::format("it is longer than the {} bytes of limits.maxResponseBytes", bytes_most)};
  }
  MetricFile result;
  result.text.resize(size);
  if (const int problem = ReadAll(file, result.text); problem != 0) return FileError(problem);
  struct stat after {};
  if (fstat(file, &after) != 0) return FileError(errno);
  if (!SameContents(before, after) || result.text.size() != size) {
    return Error{ErrorCode::kUnavailable,
                 "it is being written to; replace it by renaming another one over it"};
  }
  result.modified = ModifiedAt(before);
  return result;
}

}  // namespace

Result<std::unique_ptr<DirectoryFiles>> DirectoryFiles::Open(const std::string& directory) {
  const int opened = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) {
    const Error error = FileError(errno);
    return Error{error.code,
                 fmt::format("sources.filesDirectory {}: {}", directory, error.message)};
  }
  return std::unique_ptr<DirectoryFiles>(new DirectoryFiles(opened));
}

DirectoryFiles::~DirectoryFiles() {
  close(directory_);
}

Result<MetricFile> DirectoryFiles::Read(std::string_view ns, std::string_view path,
                                        std::size_t bytes_most) const {
  const Descriptor below(ns.empty() ? -1
                                    : OpenBeneath(directory_, std::string(ns), O_PATH | O_DIRECTORY,
                                                  RESOLVE_NO_SYMLINKS));
  if (!ns.empty() && below.value() < 0) {
    const Error error = FileError(errno);
    return Error{error.code, fmt::format("the directory of namespace {}: {}", ns, error.message)};
  }
  const Descriptor file(OpenBeneath(ns.empty() ? directory_ : below.value(), std::string(path),
                                    O_RDONLY | O_NONBLOCK | O_NOCTTY, 0));
  if (file.value() < 0) return FileError(errno);
  return ReadRegular(file.value(), bytes_most);
}

}  // namespace hpaplus
