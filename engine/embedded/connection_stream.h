#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/base/time.h"

namespace hpaplus::embedded {

/// One accepted TCP connection, read through a buffer. Does not own the socket.
class ConnectionStream {
 public:
  explicit ConnectionStream(int socket);

  /// False when nothing comes within `patience`, or the other side has gone.
  bool AwaitReadable(Duration patience);
  /// False when the other side has gone or takes nothing for now.
  [[nodiscard]] bool IsWritable() const;

  /// The number of bytes, 0 at the end, -1 on an error or when nothing comes in time.
  long Read(char* to, std::size_t size);
  /// The number of bytes taken, or -1.
  long Write(std::string_view bytes);

 private:
  const int socket_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace hpaplus::embedded
