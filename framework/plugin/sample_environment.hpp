// A small environment for asking a plugin about itself and for checking it, where no data set is at hand.
#pragma once

#include <offload/abi.h>

#include <cstdint>
#include <vector>

namespace offload {

// Two budgets; the cloud actions cost more the more they send. Owns what raw() points at; not copied or
// moved.
class SampleEnvironment {
 public:
  explicit SampleEnvironment(int modalities = 3, int tasks = 4, int window = 5, int turns_max = 5);
  SampleEnvironment(const SampleEnvironment&) = delete;
  SampleEnvironment& operator=(const SampleEnvironment&) = delete;

  const offload_environment& raw() const { return raw_; }

 private:
  std::vector<std::uint32_t> images_;
  std::vector<double> consumption_;
  offload_environment raw_ = {};
};

}  // namespace offload
