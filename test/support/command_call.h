#pragma once

#include <sstream>
#include <string>

namespace hpaplus::test {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

/// Runs a subcommand, and keeps what it says.
template <class Options, class Command>
Outcome Call(const Options& options, const Command& command) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = command(options, out, err);
  return {code, out.str(), err.str()};
}

}  // namespace hpaplus::test
