#include <gtest/gtest.h>
#include <offload/random.hpp>

#include <limits>
#include <numeric>

#include "core/outcomes/response_model.hpp"
#include "unit/core/random_episodes.hpp"

namespace offload {
namespace {

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

struct Shape {
  int modalities, tasks, turns_max, episodes, window;
};

class KnnIndexTest : public testing::TestWithParam<Shape> {
 protected:
  KnnIndexTest()
      : shape_(GetParam()),
        data_(random_episodes(shape_.modalities, shape_.tasks, shape_.turns_max, shape_.episodes, 7)),
        actions_(shape_.modalities),
        consumption_(actions_, std::vector<Amounts>(static_cast<std::size_t>(shape_.modalities) + 2, {1, 1})),
        layout_(actions_, consumption_, shape_.window, shape_.turns_max, ObservationKind::offload),
        episodes_(data_.episodes()) {
    std::iota(episodes_.begin(), episodes_.end(), 0U);
  }

  KnnModel model(const KnnSearch& search) const { return {data_, episodes_, actions_, layout_, search}; }

  // Histories as they occur and histories far from all points; every action.
  void expect_same_bits(const KnnModel& model, const KnnModel& other) {
    ASSERT_EQ(model.distinct_points(), other.distinct_points());
    Random random(3);
    const auto any = [&random](int n) { return random.below(static_cast<std::uint64_t>(n)); };
    std::vector<double> scores(static_cast<std::size_t>(actions_.size())), others(scores.size());
    for (int i = 0; i < (actions_.size() > 64 ? 20 : 300); ++i) {
      const std::size_t turns = 1 + any(shape_.turns_max);
      std::vector<std::uint8_t> task;
      std::vector<std::uint16_t> action;
      for (std::size_t t = 0; t < turns; ++t) {
        task.push_back(static_cast<std::uint8_t>(any(shape_.tasks)));
        if (t > 0) action.push_back(static_cast<std::uint16_t>(any(actions_.size())));
      }
      model.scores({task, action}, scores);
      other.scores({task, action}, others);
      ASSERT_EQ(scores, others);
      const int one = static_cast<int>(any(actions_.size()));
      ASSERT_EQ(model.score({task, action}, one), scores[static_cast<std::size_t>(one)]);
      ASSERT_EQ(other.score({task, action}, one), scores[static_cast<std::size_t>(one)]);
    }
  }

  Shape shape_;
  EpisodeTable data_;
  ActionSpace actions_;
  Consumption consumption_;
  ObservationLayout layout_;
  std::vector<std::uint32_t> episodes_;
};

TEST_P(KnnIndexTest, GivesTheBitsOfTheScan) { expect_same_bits(model({kNever}), model({0})); }

TEST_P(KnnIndexTest, GivesTheBitsOfEveryInstructionSetsScan) {
  const KnnModel index = model({0});
  for (const KnnKernels* kernels : knn_kernels()) {
    SCOPED_TRACE(kernels->name);
    expect_same_bits(model({kNever, kernels}), index);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, KnnIndexTest,
                         testing::Values(Shape{3, 4, 5, 1, 5},  // fewer points than neighbours
                                         Shape{3, 4, 5, 3, 5}, Shape{3, 4, 5, 2000, 5}, Shape{0, 2, 4, 50, 3},
                                         Shape{5, 8, 6, 500, 2},
                                         Shape{2, 20, 12, 300, 12},   // distances of two bytes
                                         Shape{7, 4, 5, 400, 3},      // views in two groups
                                         Shape{10, 12, 5, 300, 5}));  // both, 1,025 actions

}  // namespace
}  // namespace offload
