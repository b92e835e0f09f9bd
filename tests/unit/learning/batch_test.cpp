// A choice depends on its own row alone: rows decided together get what each gets by itself.
#include <gtest/gtest.h>

#include "learning/actor_critic_agent.hpp"
#include "learning/q_agent.hpp"
#include "unit/learning/toy_host.hpp"

namespace offload::learning {
namespace {

struct Ppo : ActorCriticAgent {
  Ppo(const Environment& environment, ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, OnPolicy::ppo) {}
};
struct A2c : ActorCriticAgent {
  A2c(const Environment& environment, ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, OnPolicy::a2c) {}
};

template <typename T>
class Batch : public testing::Test {};
using Learners = testing::Types<Ppo, A2c, QAgent>;
TYPED_TEST_SUITE(Batch, Learners);

constexpr int kMostRows = 130;

// Rows from different moments of their episodes, `count` of them from row `from`.
class Rows {
 public:
  explicit Rows(const ToyEnvironment& environment)
      : environment_(environment), episodes_(environment, kMostRows, 9) {
    std::vector<std::int32_t> action(kMostRows);
    for (int i = 0; i < kMostRows; ++i) action[static_cast<std::size_t>(i)] = i % 3 == 0;
    episodes_.step(action);
    episodes_.advance();
    // Values of all sizes, so that sums in another order would show.
    Random random(4);
    for (float& value : episodes_.now.observation) value += static_cast<float>(3 * random.normal());
  }

  template <typename T>
  std::vector<std::int32_t> act(T& agent, Mode mode, int from, int count) const {
    offload_view view = episodes_.view();
    view.n = count;
    view.slot += from;
    view.first += from;
    view.rng += from;
    view.observation += from * kToyWidth;
    view.mask += from * 2;
    view.limit += from * 2;
    view.spent += from * 2;
    std::vector<std::int32_t> action(static_cast<std::size_t>(count), -1);
    agent.act(View(environment_.raw, view), mode, action);
    return action;
  }

 private:
  const ToyEnvironment& environment_;
  ToyEpisodes episodes_;
};

template <typename T>
void expect_alike(const ToyHost::Values& values, const std::vector<int>& counts) {
  ToyHost host(values);
  ParameterReader parameters = host.parameters();
  const ToyEnvironment environment(Toy::budgeted, 2000, 3);
  T agent(environment.environment(), parameters);
  toy_train(agent, environment, 150, 5);
  const Rows rows(environment);
  for (const Mode mode : {Mode::explore, Mode::evaluate}) {
    std::vector<std::int32_t> alone;
    for (int i = 0; i < kMostRows; ++i) alone.push_back(rows.act(agent, mode, i, 1)[0]);
    for (const int count : counts) {
      const std::vector<std::int32_t> together = rows.act(agent, mode, 0, count);
      ASSERT_TRUE(std::equal(together.begin(), together.end(), alone.begin())) << count << " rows";
    }
    EXPECT_NE(std::count(alone.begin(), alone.end(), 0), 0);
    EXPECT_NE(std::count(alone.begin(), alone.end(), 1), 0);
  }
}

TYPED_TEST(Batch, DecidesEveryRowAsAlone) {
  std::vector<int> counts(kMostRows);
  for (int i = 0; i < kMostRows; ++i) counts[static_cast<std::size_t>(i)] = i + 1;
  for (const char* kernel : {"baseline", "avx2", "avx512"}) {
    try {
      choose_kernels(kernel);
    } catch (const std::runtime_error&) {
      continue;  // not of this machine
    }
    SCOPED_TRACE(kernel);
    const ToyHost::Values values = {{"kernel", kernel}, {"n_steps", "50"}, {"exploration_fraction", "0.3"}};
    expect_alike<TypeParam>(values, counts);
    ToyHost::Values shielded = values;
    shielded["shield"] = "true";
    shielded["constraint"] = "lagrangian";
    shielded["encoding"] = "one-hot";
    expect_alike<TypeParam>(shielded, counts);
  }
}

TYPED_TEST(Batch, DecidesEveryRowAsAloneByAutograd) {
  expect_alike<TypeParam>({{"compute", "autograd"}, {"n_steps", "50"}, {"exploration_fraction", "0.3"}},
                          {1, 2, 7, 64, 65, kMostRows});
}

}  // namespace
}  // namespace offload::learning
