// The hierarchical response model against its definition, what it chooses, and how well it foretells.
#include "core/outcomes/hierarchical_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>

#include "core/error.hpp"
#include "core/simulation/calibration.hpp"
#include "data/synthetic.hpp"
#include "unit/core/small_data.hpp"

namespace offload {
namespace {

using testing::all_episodes;
using testing::random_table;
using testing::small_table;

struct Row {
  int task, kind, views;
  double score;
};

std::vector<Row> rows_of(const EpisodeTable& data, const ActionSpace& actions) {
  std::vector<Row> rows;
  for (std::size_t e = 0; e < data.episodes(); ++e) {
    std::uint32_t views = 0;
    for (int t = 0; t < data.length(e); ++t) {
      const std::size_t turn = data.turn(e, t);
      rows.push_back(
          {data.task[turn], actions.kind(data.action[turn]), std::popcount(views), data.score[turn]});
      views |= actions.images(data.action[turn]);
    }
  }
  return rows;
}

// The definition (hierarchy.hpp), spelled out over the rows one by one.
class ByDefinition {
 public:
  ByDefinition(std::vector<Row> rows, int views, const Strengths& s) : all_(std::move(rows)), s_(s) {
    for (const Row& row : all_) {
      if (row.score > 0) above_.push_back(row);
    }
    for (const Row& row : above_) m_ += row.score / static_cast<double>(above_.size());
    for (int round = 0; round < 6; ++round) one_round(views);
  }
  double mean(int task, int kind, int views) {
    return (1 - zeros(task, kind)) * positive({task, kind, views, 0});
  }

 private:
  double positive(const Row& r) {
    return m_ * of(kind_, r.kind) * of(task_, r.task) * of(cell_, r.task * 100 + r.kind) *
           (1 + h_[r.kind > 0] * r.views);
  }
  static double& of(std::map<int, double>& factor, int key) { return factor.emplace(key, 1.0).first->second; }

  template <typename Key>
  void pull(std::map<int, double>& factor, const Key& key) {
    std::map<int, double> turns, rest;
    for (const Row& r : above_) {
      turns[key(r)] += 1;
      rest[key(r)] += r.score / (positive(r) / of(factor, key(r)));
    }
    for (const auto& [k, n] : turns) factor[k] = (s_.factors + rest[k]) / (s_.factors + n);
  }

  void one_round(int views) {
    double rest = 0;
    for (const Row& r : above_) rest += r.score / positive(r);
    m_ *= rest / static_cast<double>(above_.size());
    pull(kind_, [](const Row& r) { return r.kind; });
    pull(task_, [](const Row& r) { return r.task; });
    pull(cell_, [](const Row& r) { return r.task * 100 + r.kind; });
    double excess[2] = {}, weight[2] = {};
    for (const Row& r : above_) {
      const double without = positive(r) / (1 + h_[r.kind > 0] * r.views);
      excess[r.kind > 0] += r.views * (r.score / without - 1);
      weight[r.kind > 0] += r.views * r.views;
    }
    const double common = (excess[0] + excess[1]) / (weight[0] + weight[1] + s_.history);
    for (int g = 0; g < 2; ++g) {
      h_[g] = (excess[g] + 8 * s_.history * common) / (weight[g] + 8 * s_.history);
      h_[g] = std::max(h_[g], -.5 / views);
    }
  }

  double zeros(int task, int kind) const {
    double n = 0, z = 0, n_kind = 0, z_kind = 0, n_cell = 0, z_cell = 0;
    for (const Row& r : all_) {
      const bool zero = r.score == 0;
      n += 1, z += zero;
      if (r.kind != kind) continue;
      n_kind += 1, z_kind += zero;
      if (r.task != task) continue;
      n_cell += 1, z_cell += zero;
    }
    return (z_cell + s_.zeros * (z_kind + 8 * z / n) / (n_kind + 8)) / (n_cell + s_.zeros);
  }

  std::vector<Row> all_, above_;
  Strengths s_;
  double m_ = 0, h_[2] = {};
  std::map<int, double> kind_, task_, cell_;
};

// Three of ten scores are 0.
EpisodeTable with_zeros(std::size_t episodes, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<testing::SmallTurn>> list(episodes);
  for (auto& episode : list) {
    episode.resize(1 + random.below(5));
    for (auto& turn : episode) {
      turn = {static_cast<int>(random.below(4)), static_cast<int>(random.below(9)),
              random.uniform() < .3 ? 0 : random.gamma(2)};
    }
  }
  return small_table(list);
}

TEST(HierarchicalModel, AgreesWithItsDefinitionAndIgnoresOrder) {
  const ActionSpace actions(3);
  for (const std::size_t episodes : {1U, 2U, 7U, 60U}) {
    const EpisodeTable data = with_zeros(episodes, 5 + episodes);
    auto order = all_episodes(data);
    const HierarchicalModel model(data, order, actions);
    std::ranges::reverse(order);
    const HierarchicalModel reversed(data, order, actions);
    ByDefinition definition(rows_of(data, actions), 3, model.strengths());
    for (std::uint8_t task = 0; task < 4; ++task) {
      for (std::uint16_t before = 0; before < 9; ++before) {
        const std::uint8_t tasks[] = {0, task};
        for (int a = 0; a < 9; ++a) {
          const double score = model.score({tasks, {&before, 1}}, a);
          const int views = std::popcount(actions.images(before));
          EXPECT_NEAR(score, definition.mean(task, actions.kind(a), views), 1e-12);
          EXPECT_EQ(score, reversed.score({tasks, {&before, 1}}, a));
        }
      }
    }
  }
}

// Counted by hand: two of three local turns score above 0, in the mean 3; one task and one kind leave nothing
// to pull, and a kind without turns is taken for the mean with the overall share of zeros.
TEST(HierarchicalModel, OfThreeTurns) {
  const ActionSpace actions(3);
  const EpisodeTable data = small_table({{{0, 0, 2}}, {{0, 0, 0}}, {{0, 0, 4}}});
  const HierarchicalModel model(data, all_episodes(data), actions);
  const std::uint8_t first = 0, other = 3;
  EXPECT_NEAR(model.score({{&first, 1}, {}}, 0), 3 * (1 - 1.0 / 3), 1e-12);
  EXPECT_NEAR(model.score({{&other, 1}, {}}, 8), 3 * (1 - 1.0 / 3), 1e-12);
}

TEST(HierarchicalModel, OfZerosAlone) {
  const ActionSpace actions(3);
  const EpisodeTable data = small_table({{{0, 0, 0}, {1, 8, 0}}, {{0, 2, 0}}});
  const HierarchicalModel model(data, all_episodes(data), actions);
  const std::uint8_t task = 1;
  for (int a = 0; a < 9; ++a) EXPECT_EQ(model.score({{&task, 1}, {}}, a), 0);
  EXPECT_THROW(HierarchicalModel(data, {}, actions), Error);
}

// Of an episode in the training set twice the two copies stay in one fold: fewer than two folds, no choice.
TEST(HierarchicalModel, AnEpisodeDrawnTwiceIsInOneFold) {
  const ActionSpace actions(3);
  const EpisodeTable data = random_table(3, 1);
  const std::vector<std::uint32_t> twice(40, 1);
  EXPECT_EQ(HierarchicalModel(data, twice, actions, {true, true, 1, {}}).strengths(), Strengths{});
}

TEST(HierarchicalModel, HighestIsReachedAndNeverPassed) {
  const ActionSpace actions(3);
  const EpisodeTable data = with_zeros(30, 3);
  const HierarchicalModel model(data, all_episodes(data), actions);
  Random random(9);
  for (const int turns : {1, 2, 5}) {
    for (std::uint8_t task = 0; task < 4; ++task) {
      for (int a = 0; a < 9; ++a) {
        double most = 0;
        for (int trial = 0; trial < 200; ++trial) {
          std::vector<std::uint8_t> tasks(1 + random.below(static_cast<std::uint64_t>(turns)), task);
          std::vector<std::uint16_t> past(tasks.size() - 1);
          for (auto& action : past) action = static_cast<std::uint16_t>(random.below(9));
          most = std::max(most, model.score({tasks, past}, a));
        }
        EXPECT_EQ(most, model.highest(task, a, turns));
      }
    }
  }
}

// Turns of two tasks and two kinds whose means differ by `effect`, of 1: an exponential noise on top.
TurnCounts fold_of(double effect, std::uint64_t seed) {
  Random random(seed);
  TurnCounts counts(4, 5, 4);
  for (int i = 0; i < 4000; ++i) {
    const std::size_t at = counts.at(random.below(4), random.below(5), random.below(4));
    counts.turns[at] += 1;
    counts.score[at] += random.gamma(1) * (at % 3 == 0 ? 1 + effect : 1);
  }
  return counts;
}

TEST(Strengths, FollowTheFolds) {
  std::vector<TurnCounts> alike, different;
  for (std::uint64_t f = 0; f < 5; ++f) {
    alike.push_back(fold_of(0, f));
    different.push_back(fold_of(4, f));
  }
  EXPECT_GT(choose_strengths(alike, 2).factors, Strengths{}.factors);
  EXPECT_LT(choose_strengths(different, 2).factors, choose_strengths(alike, 2).factors);
  EXPECT_EQ(choose_strengths({alike.data(), 1}, 2), Strengths{});
  // Nothing is so likely that it moves what is certain.
  EXPECT_EQ(choose_strengths(alike, 1e300), Strengths{});
}

// On the sets that chose it (benchmarks/README.md), one repeat.
TEST(HierarchicalModel, ForetellsSyntheticEpisodesBetterThanTheOthers) {
  constexpr int kSets = 20;
  double hierarchical = 0, knn = 0, table = 0, truth = 0;
  for (std::uint64_t seed = 0; seed < kSets; ++seed) {
    const auto source = parse_synthetic_source("synthetic:100", seed);
    const Scenario scenario(generate(*source, {}, "synthetic:100"), {});
    const auto r2 = [&](const char* model) {
      return calibrate(model, scenario, synthetic_truth(), 1, 0, 2).r2;
    };
    const double found = r2("hierarchical"), nearest = r2("knn");
    EXPECT_GT(found, nearest) << seed;
    hierarchical += found / kSets;
    knn += nearest / kSets;
    table += r2("table") / kSets;
    truth += r2("true_mean") / kSets;
  }
  EXPECT_GT(hierarchical, .15);
  EXPECT_GT(hierarchical, knn + .2);
  EXPECT_GT(hierarchical, table + .01);
  EXPECT_LT(hierarchical, truth);
}

}  // namespace
}  // namespace offload
