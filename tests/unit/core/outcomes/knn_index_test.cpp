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

class KnnIndexTest : public testing::TestWithParam<Shape> {};

// Histories as they occur and histories far from all points; every action.
TEST_P(KnnIndexTest, GivesTheBitsOfTheScan) {
  const auto [modalities, tasks, turns_max, episodes, window] = GetParam();
  const EpisodeTable data = random_episodes(modalities, tasks, turns_max, episodes, 7);
  const ActionSpace actions(modalities);
  const Consumption consumption(actions,
                                std::vector<Amounts>(static_cast<std::size_t>(modalities) + 2, {1, 1}));
  const ObservationLayout layout(actions, consumption, window, turns_max, ObservationKind::offload);
  std::vector<std::uint32_t> all(data.episodes());
  std::iota(all.begin(), all.end(), 0U);
  const KnnModel scan(data, all, actions, layout, {kNever}),
      index(data, all, actions, layout, {0});
  ASSERT_EQ(scan.distinct_points(), index.distinct_points());
  Random random(3);
  std::vector<double> scanned(static_cast<std::size_t>(actions.size())), indexed(scanned.size());
  for (int i = 0; i < 300; ++i) {
    const std::size_t turns = 1 + random.below(static_cast<std::uint64_t>(turns_max));
    std::vector<std::uint8_t> task;
    std::vector<std::uint16_t> action;
    for (std::size_t t = 0; t < turns; ++t) {
      task.push_back(static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(tasks))));
      if (t > 0)
        action.push_back(
            static_cast<std::uint16_t>(random.below(static_cast<std::uint64_t>(actions.size()))));
    }
    const History history{task, action};
    scan.scores(history, scanned);
    index.scores(history, indexed);
    ASSERT_EQ(scanned, indexed);
    const int one = static_cast<int>(random.below(static_cast<std::uint64_t>(actions.size())));
    ASSERT_EQ(index.score(history, one), scanned[static_cast<std::size_t>(one)]);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, KnnIndexTest,
                         testing::Values(Shape{3, 4, 5, 1, 5},  // fewer points than neighbours
                                         Shape{3, 4, 5, 3, 5}, Shape{3, 4, 5, 2000, 5}, Shape{0, 2, 4, 50, 3},
                                         Shape{5, 8, 6, 500, 2}, Shape{2, 20, 12, 300, 12}));

}  // namespace
}  // namespace offload
