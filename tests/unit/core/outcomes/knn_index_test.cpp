#include <gtest/gtest.h>
#include <offload/random.hpp>

#include <algorithm>
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

TEST_P(KnnIndexTest, OfConstantActionsGivesTheBitsOfOneScoreAtATime) {
  const KnnModel scan = model({kNever});
  std::vector<std::span<const std::uint8_t>> tasks;
  std::size_t turns = 0;
  for (std::size_t e = 0; e < 3 && e < data_.episodes(); ++e) {
    tasks.push_back(data_.task.subspan(data_.turn(e, 0), static_cast<std::size_t>(data_.length(e))));
    turns += tasks.back().size();
  }
  std::vector<double> found(turns * static_cast<std::size_t>(actions_.size())), expected(found);
  scan.constants(tasks, found);
  scan.ResponseModel::constants(tasks, expected);
  EXPECT_EQ(found, expected);
  std::vector<std::uint16_t> taken(tasks[0].size() - 1, 1);
  EXPECT_EQ(expected[turns + taken.size()], scan.score({tasks[0], taken}, 1));
}

// Two rows of random distances, of which `points` are points and the rest is padding, against the contract.
template <typename Distance>
void expect_nearest(const KnnScanLoops& loops, std::size_t points, std::uint64_t most, std::uint16_t more) {
  constexpr std::size_t kLanes = kKnnBlock / sizeof(Distance);
  const std::size_t lanes = (points + kLanes - 1) / kLanes * kLanes, bytes = lanes * sizeof(Distance);
  struct alignas(kKnnBlock) Block {
    Distance lane[kLanes];
  };
  std::vector<Block> row(lanes / kLanes), other(row), sum(row);
  Random random(points);
  for (std::size_t p = 0; p < lanes; ++p) {
    row[p / kLanes].lane[p % kLanes] = static_cast<Distance>(p < points ? random.below(most) : Distance(-1));
    other[p / kLanes].lane[p % kLanes] = static_cast<Distance>(p < points ? random.below(most) : 0U);
  }
  const void* rows[] = {row.data(), other.data()};
  std::vector<KnnNear> near(lanes);
  near.resize(loops.nearest(rows, 2, bytes, more, sum.data(), near.data()));
  ASSERT_GE(near.size(), std::min(points, kKnnPlaces));
  const std::uint16_t radius = std::ranges::max_element(near, {}, &KnnNear::distance)->distance;
  auto expected = near.begin();
  for (std::size_t p = 0; p < points; ++p) {
    const unsigned distance = row[p / kLanes].lane[p % kLanes] + unsigned{other[p / kLanes].lane[p % kLanes]};
    ASSERT_EQ(sum[p / kLanes].lane[p % kLanes], distance);
    if (distance > radius) continue;
    ASSERT_NE(expected, near.end());
    ASSERT_EQ(expected->point, p);
    ASSERT_EQ(expected->distance, distance);
    ++expected;
  }
  ASSERT_EQ(expected, near.end());
  if (near.size() == points) return;
  std::ranges::sort(near, {}, &KnnNear::distance);
  EXPECT_GE(radius, near[kKnnPlaces - 1].distance);
  // None but those farther than the last of them and as much more is left out.
  for (std::size_t p = 0; p < points; ++p) {
    const unsigned distance = row[p / kLanes].lane[p % kLanes] + unsigned{other[p / kLanes].lane[p % kLanes]};
    if (distance <= radius) continue;
    ASSERT_GT(distance, near[kKnnPlaces - 1].distance + more);
  }
}

TEST(KnnKernels, FindEveryPointWithinARadiusAndNoPadding) {
  for (const KnnKernels* kernels : knn_kernels()) {
    for (const std::size_t points : {1U, 4U, 5U, 6U, 31U, 64U, 65U, 1000U}) {
      SCOPED_TRACE(testing::Message() << kernels->name << ", " << points << " points");
      for (const std::uint16_t more : {0U, 7U, 1000U}) {
        for (const std::uint64_t most : {1U, 3U, 128U})
          expect_nearest<std::uint8_t>(kernels->byte, points, most, more);
        for (const std::uint64_t most : {1U, 3U, 128U, 32'768U})
          expect_nearest<std::uint16_t>(kernels->word, points, most, more);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, KnnIndexTest,
                         testing::Values(Shape{3, 4, 5, 1, 5},  // fewer points than neighbours
                                         Shape{3, 4, 5, 3, 5}, Shape{3, 4, 5, 2000, 5}, Shape{0, 2, 4, 50, 3},
                                         Shape{5, 8, 6, 500, 2},
                                         Shape{2, 20, 12, 300, 12},  // distances of two bytes
                                         Shape{7, 4, 5, 400, 3},     // views in two groups
                                         Shape{10, 12, 5, 300, 5},   // both, 1,025 actions
                                         // where points are left out for all actions
                                         Shape{6, 3, 12, 600, 4}, Shape{8, 4, 60, 40, 40}));

}  // namespace
}  // namespace offload
