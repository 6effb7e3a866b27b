#include "engine/kube/read_file.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace hpaplus::kube {
namespace {

Error Failed(const std::string& file, int number) {
  const ErrorCode code = number == ENOENT || number == ENOTDIR ? ErrorCode::kNotFound
                         : number == EACCES                    ? ErrorCode::kPermissionDenied
                                                               : ErrorCode::kUnavailable;
  return {code, "cannot read " + file + ": " + std::generic_category().message(number)};
}

}  // namespace

Result<std::string> ReadFile(const std::string& file, std::size_t max_bytes) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Failed(file, errno);
  std::string text;
  std::array<char, 16384> bytes{};
  ssize_t count = 0;
  int failure = 0;
  do {
    count = read(descriptor, bytes.data(), bytes.size());
    failure = count < 0 ? errno : 0;
    if (count > 0) text.append(bytes.data(), static_cast<std::size_t>(count));
  } while ((count > 0 && text.size() <= max_bytes) || failure == EINTR);
  close(descriptor);
  if (failure != 0) return Failed(file, failure);
  if (text.size() > max_bytes) {
    return Error{ErrorCode::kMalformedData, file + " is longer than it may be"};
  }
  return text;
}

}  // namespace hpaplus::kube
