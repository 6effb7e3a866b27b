#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "test/support/child_process.h"
#include "test/support/temp_dir.h"

namespace hpaplus::test {

/// A gRPC server in Python that prints "listening on port N" when it is ready. It ends with its
/// owner.
class PythonServer {
 public:
  /// A Python interpreter that has grpc; empty when there is none.
  [[nodiscard]] static std::string Interpreter();

  /// `stubs` is the directory in which "proto/x_pb2.py" are. kUnavailable with the program's last
  /// words when it ends before it is ready, or is not within 30 seconds.
  [[nodiscard]] static Result<std::unique_ptr<PythonServer>> Start(
      const std::string& program, const std::vector<std::string>& arguments,
      const std::string& stubs);

  [[nodiscard]] int port() const { return port_; }
  /// "127.0.0.1:1234"
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] support::ChildProcess& process() { return *process_; }

 private:
  PythonServer() = default;

  TempDir directory_;
  int port_ = 0;
  std::unique_ptr<support::ChildProcess> process_;  // Last, so that it ends first.
};

}  // namespace hpaplus::test
