#include "cli/signals.hpp"

#include <unistd.h>

#include <csignal>

namespace offload::cli {
namespace {

SignalState signals;

void on_signal(int signal) {
  signals.last = signal;
  signals.count = signals.count + 1;
}

void end_at_once(int signal) { _exit(128 + signal); }

}  // namespace

const SignalState& catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void release_signals() {
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, end_at_once);
}

const SignalState& signals_so_far() { return signals; }

}  // namespace offload::cli
