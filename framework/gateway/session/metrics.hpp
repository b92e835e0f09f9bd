// What a gateway counts, as Prometheus reads it. Labels are of this program's making, never of a request's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace offload {

// Counts of values up to each bound, in seconds.
class TimeHistogram {
 public:
  void add(double seconds);
  // Lines NAME_bucket, NAME_sum, NAME_count with these labels.
  std::string text(const std::string& name, const std::string& labels) const;

 private:
  static constexpr std::array<double, 20> kBounds = {.00002, .00005, .0001, .0002, .0005, .001, .005,
                                                     .01,    .02,    .04,   .08,   .16,   .32,  .64,
                                                     1.28,   2.56,   5.12,  10.24, 40.96, 81.92};
  std::array<std::uint64_t, kBounds.size() + 1> count_{};
  double sum_ = 0;
};

struct Metrics {
  // By labels: endpoint="local",outcome="ok" and the like.
  std::map<std::string, std::uint64_t> turns, decisions, refused, calls, classified;
  std::map<std::string, std::int64_t> tokens, cost_pusd;
  std::map<std::string, TimeHistogram> duration, first_byte;
  TimeHistogram decision;
  std::uint64_t joined = 0, over_runs = 0, fallbacks = 0, estimated = 0;

  // All of it; `gauges` are lines of the caller's own.
  std::string text(const std::string& gauges) const;
};

}  // namespace offload
