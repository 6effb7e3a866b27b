#include "test/support/python_server.h"

#include <cstdlib>

namespace hpaplus::test {
namespace {

using support::ChildProcess;

constexpr Duration kLookEvery = std::chrono::milliseconds(20);
constexpr Duration kPatience = std::chrono::seconds(30);

bool HasGrpc(const std::string& interpreter) {
  ChildProcess::Options options;
  options.arguments = {interpreter, "-c", "import grpc, google.protobuf"};
  options.output_file = "/dev/null";
  const auto started = ChildProcess::Start(options);
  return started && (*started)->Wait(kPatience) == 0;
}

}  // namespace

std::string PythonServer::Interpreter() {
  // The second is where Debian's packages are, whatever else $PATH has.
  for (const char* interpreter : {"python3", "/usr/bin/python3"}) {
    if (HasGrpc(interpreter)) return interpreter;
  }
  return "";
}

Result<std::unique_ptr<PythonServer>> PythonServer::Start(const std::string& program,
                                                          const std::vector<std::string>& arguments,
                                                          const std::string& stubs) {
  std::unique_ptr<PythonServer> server(new PythonServer());
  ChildProcess::Options options;
  options.arguments = {Interpreter(), "-B", program};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.environment = {"PYTHONPATH=" + stubs};
  options.output_file = server->directory_.path() + "/log";
  auto started = ChildProcess::Start(options);
  if (!started) return started.error();
  server->process_ = std::move(*started);
  constexpr std::string_view kReady = "listening on port ";
  for (Duration waited{}; waited < kPatience; waited += kLookEvery) {
    const bool ended = server->process_->Wait(kLookEvery).has_value();
    const std::string log = server->directory_.Read("log");
    const std::size_t at = log.find(kReady);
    if (at != std::string::npos && log.find('\n', at) != std::string::npos) {
      server->port_ = std::atoi(log.c_str() + at + kReady.size());
      return server;
    }
    if (ended) return Error{ErrorCode::kUnavailable, program + " has ended: " + log};
  }
  return Error{ErrorCode::kUnavailable, program + " does not get ready"};
}

}  // namespace hpaplus::test
