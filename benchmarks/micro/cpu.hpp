// CPU time of a plugin in a process of its own, which Google Benchmark does not see.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>

#include "files/machine.hpp"

namespace offload::micro {

// CPU time per iteration, of both processes, of what lies between construction and report, in microseconds.
class Cpu {
 public:
  // The plugin's process counts once it has ended; what it took to start is measured and taken off.
  explicit Cpu(const std::function<void()>& start_and_end) {
    const double before = offload::cpu_seconds();
    start_and_end();
    start_s_ = offload::cpu_seconds() - before;
    before_ = offload::cpu_seconds();
  }
  // Of the plugin's start, in seconds.
  double start_s() const { return start_s_; }
  // After its end.
  void report(benchmark::State& state) const {
    const double took_s = offload::cpu_seconds() - before_ - start_s_;
    state.counters["cpu_us"] = took_s * 1e6 / static_cast<double>(state.iterations());
  }

 private:
  double start_s_, before_;
};

}  // namespace offload::micro
