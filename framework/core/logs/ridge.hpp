// A linear model per arm on hashed words and the task: enough of a text router to see what a simulator makes
// of one. No tuning: 256 buckets, penalty 5, whatever the table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace offload::logs {

struct Feature {
  std::uint32_t index;
  double value;
};
using Features = std::vector<Feature>;  // ascending, each once

inline constexpr std::uint32_t kBuckets = 256;

// Lower-case words hashed to buckets, log(1 + count), of length 1; at the end a constant and, from
// kBuckets + 1 on, the task where one is given (below `tasks`).
Features features_of(std::string_view text, int task);
std::size_t dimensions(std::size_t tasks);

// Ridge regression; the constant (index kBuckets) is not shrunk. Predicts the mean of what it saw without
// any observation, .5 in that case.
class Ridge {
 public:
  explicit Ridge(std::size_t dimensions)
      : size_(dimensions), gram_(dimensions * dimensions, 0.0), moment_(dimensions, 0.0) {}
  void add(const Features& x, double y);
  void solve();
  double predict(const Features& x) const;

 private:
  std::size_t size_, seen_ = 0;
  std::vector<double> gram_, moment_, weight_;
};

}  // namespace offload::logs
