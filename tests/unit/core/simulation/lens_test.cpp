// Which model scores a test episode under the lens held_out.
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/simulation/rollout.hpp"
#include "unit/core/small_data.hpp"

namespace offload::testing {
namespace {

// What the models of a lens say of every task and action, without history.
std::vector<double> answers(const ResponseModel& model, const Scenario& scenario) {
  std::vector<double> list;
  for (std::uint8_t task = 0; task < scenario.tasks(); ++task) {
    for (int a = 0; a < scenario.actions().size(); ++a) list.push_back(model.score({{&task, 1}, {}}, a));
  }
  return list;
}

void expect_models(const Scenario& scenario, const std::vector<std::uint32_t>& test,
                   const std::vector<std::vector<std::uint32_t>>& others) {
  for (const char* name : {"table", "knn", "hierarchical"}) {
    const Lens lens("held_out", name, scenario, {}, test, {});
    for (std::size_t i = 0; i < test.size(); ++i) {
      EXPECT_EQ(answers(lens.of(i), scenario),
                answers(*make_response_model(name, scenario, others[i], {}), scenario))
          << name << " of " << i;
    }
  }
}

TEST(HeldOut, AnEpisodeDrawnTwiceIsLeftOutTwice) {
  const Scenario scenario(random_table(6, 3), {});
  expect_models(scenario, {0, 3, 3, 5}, {{3, 3, 5}, {0, 5}, {0, 5}, {0, 3, 3}});
}

TEST(HeldOut, ACopyUnderAnotherIdIsLeftOutToo) {
  const std::vector<SmallTurn> one = {{0, 1, .5}, {2, 0, 1.5}}, other = {{0, 1, .5}, {2, 0, 1.25}};
  const Scenario scenario(small_table({one, other, one, {{0, 1, .5}}}), {});
  expect_models(scenario, {0, 1, 2, 3}, {{1, 3}, {0, 2, 3}, {1, 3}, {0, 1, 2}});
}

TEST(HeldOut, CopiesAloneAreNoOthers) {
  const Scenario scenario(random_table(6, 3), {});
  const std::vector<std::uint32_t> same = {4, 4, 4};
  EXPECT_THROW(Lens("held_out", "table", scenario, {}, same, {}), Error);
}

}  // namespace
}  // namespace offload::testing
