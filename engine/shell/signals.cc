#include "engine/shell/signals.h"

#include <algorithm>
#include <csignal>

#include <pthread.h>

namespace hpaplus {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

int WaitForSignal(Duration most) {
  const sigset_t set = StopSignals();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
  timespec timeout{};
  timeout.tv_sec = seconds.count();
  timeout.tv_nsec = (most - seconds).count();
  return std::max(sigtimedwait(&set, nullptr, &timeout), 0);
}

}  // namespace hpaplus
