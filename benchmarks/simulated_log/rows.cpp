#include "rows.hpp"

#include <algorithm>
#include <bit>
#include <memory>

#include "core/routing/arms.hpp"
#include "core/simulation/scenario.hpp"

namespace offload::simulated_log {
namespace {

// The product's table model (core/outcomes): observations that a coarser mean counts for.
constexpr double kShrinkage = 8;

struct Sum {
  double total = 0, count = 0;
  void add(double value) {
    total += value;
    count += 1;
  }
  double shrunk(double towards) const { return (total + kShrinkage * towards) / (count + kShrinkage); }
};

class TaskTable {
 public:
  TaskTable(std::size_t tasks, std::size_t arms) : arms_(arms), cell_(tasks * arms), of_arm_(arms) {}
  void add(std::size_t task, std::size_t arm, double outcome, double times = 1) {
    for (Sum* sum : {&cell_[task * arms_ + arm], &of_arm_[arm], &all_}) {
      sum->total += times * outcome;
      sum->count += times;
    }
  }
  double mean(std::size_t task, std::size_t arm) const {
    const double all = all_.count > 0 ? all_.total / all_.count : 0;
    return cell_[task * arms_ + arm].shrunk(of_arm_[arm].shrunk(all));
  }

 private:
  std::size_t arms_;
  std::vector<Sum> cell_, of_arm_;
  Sum all_;
};

// Takes the arm of the largest score, the first of equals.
template <typename Score>
Row greedy(const World& world, std::string name, const Score& score) {
  Row row{std::move(name), std::vector<double>(world.quality.size(), 0.0)};
  std::vector<double> scores(world.arms);
  for (std::size_t q = 0; q < world.queries(); ++q) {
    for (std::size_t a = 0; a < world.arms; ++a) scores[a] = score(q, a);
    row.policy[q * world.arms + best_arm(scores)] = 1;
  }
  return row;
}

using PerArm = std::vector<Ridge>;

PerArm blank(const World& world) { return PerArm(world.arms, Ridge(dimensions(world.tasks))); }

void add_logged(PerArm& models, const std::vector<Features>& features, const Log& log,
                const std::vector<std::uint32_t>& queries) {
  for (const std::uint32_t q : queries) {
    models[log.of_query[q].arm].add(features[q], log.of_query[q].outcome);
  }
}

Row ridge_row(const World& world, std::string name, const std::vector<Features>& features, PerArm models) {
  for (Ridge& model : models) model.solve();
  return greedy(world, std::move(name),
                [&](std::size_t q, std::size_t a) { return models[a].predict(features[q]); });
}

}  // namespace

std::vector<Row> train_rows(const World& world, const Log& log) {
  std::vector<Row> rows(kRows);
  rows[kRandom] = {"random", std::vector<double>(world.quality.size(), 1 / static_cast<double>(world.arms))};
  std::vector<Sum> of_arm(world.arms);
  TaskTable table(world.tasks, world.arms);
  PerArm text = blank(world), both = blank(world), bought = blank(world);
  for (const std::uint32_t q : log.train) {
    const LoggedTurn& turn = log.of_query[q];
    of_arm[turn.arm].add(turn.outcome);
    table.add(world.task[q], turn.arm, turn.outcome);
    for (std::size_t a = 0; a < world.arms; ++a) bought[a].add(world.text[q], world.outcome(q, a));
  }
  add_logged(text, world.text, log, log.train);
  add_logged(both, world.both, log, log.train);
  rows[kConstant] =
      greedy(world, "best constant", [&](std::size_t, std::size_t a) { return of_arm[a].shrunk(0); });
  rows[kTaskTable] = greedy(world, "best per task",
                            [&](std::size_t q, std::size_t a) { return table.mean(world.task[q], a); });
  rows[kTextRidge] = ridge_row(world, "text", world.text, std::move(text));
  rows[kBothRidge] = ridge_row(world, "text and task", world.both, std::move(both));
  rows[kBoughtRouter] = ridge_row(world, "bought text router", world.text, std::move(bought));
  return rows;
}

Predictions product_model(const World& world, const Log& log, const std::string& model) {
  EpisodeStorage storage;
  for (std::size_t t = 0; t < world.tasks; ++t)
    storage.tasks.push_back(std::string(1, static_cast<char>(1 + t)));
  storage.modalities = world.arms == 2 ? 0 : static_cast<int>(std::bit_width(world.arms - 2));
  for (std::size_t q = 0; q < world.queries(); ++q) {
    storage.id.push_back(static_cast<std::int64_t>(q));
    storage.first_turn.push_back(q + 1);
    storage.task.push_back(world.task[q]);
    storage.action.push_back(static_cast<std::uint16_t>(log.of_query[q].arm));
    storage.score.push_back(log.of_query[q].outcome);
    storage.raw_score.push_back(log.of_query[q].outcome);
    storage.association.insert(storage.association.end(), static_cast<std::size_t>(storage.modalities), 0.0);
  }
  const Scenario scenario(make_table(std::move(storage), world.name, ""), {});
  const auto fitted = make_response_model(model, scenario, log.train, {});
  Predictions predictions(world.quality.size());
  for (std::size_t t = 0; t < world.tasks; ++t) {
    const auto task = static_cast<std::uint8_t>(t);
    std::vector<double> of_arm;
    for (std::size_t a = 0; a < world.arms; ++a)
      of_arm.push_back(fitted->score({{&task, 1}, {}}, static_cast<int>(a)));
    for (std::size_t q = 0; q < world.queries(); ++q) {
      if (world.task[q] == t)
        std::copy(of_arm.begin(), of_arm.end(),
                  predictions.begin() + static_cast<std::ptrdiff_t>(q * world.arms));
    }
  }
  return predictions;
}

Predictions held_out_table(const World& world, const Log& log) {
  TaskTable table(world.tasks, world.arms);
  for (const std::uint32_t q : log.test) {
    table.add(world.task[q], log.of_query[q].arm, log.of_query[q].outcome);
  }
  Predictions predictions(world.quality.size());
  for (const std::uint32_t q : log.test) {
    const LoggedTurn& own = log.of_query[q];
    table.add(world.task[q], own.arm, own.outcome, -1);
    for (std::size_t a = 0; a < world.arms; ++a)
      predictions[q * world.arms + a] = table.mean(world.task[q], a);
    table.add(world.task[q], own.arm, own.outcome);
  }
  return predictions;
}

Predictions cross_fitted_ridge(const World& world, const Log& log, std::uint64_t seed) {
  std::vector<std::uint32_t> group;
  for (const std::uint32_t q : log.test) group.push_back(world.group[q]);
  const std::vector<std::uint32_t> fold = group_folds(group, 2, seed);
  PerArm of_train = blank(world);
  add_logged(of_train, world.both, log, log.train);
  Predictions predictions(world.quality.size());
  for (std::uint32_t own = 0; own < 2; ++own) {
    std::vector<std::uint32_t> others;
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != own) others.push_back(log.test[i]);
    }
    PerArm models = of_train;
    add_logged(models, world.both, log, others);
    for (Ridge& model : models) model.solve();
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != own) continue;
      const std::size_t q = log.test[i];
      for (std::size_t a = 0; a < world.arms; ++a)
        predictions[q * world.arms + a] = models[a].predict(world.both[q]);
    }
  }
  return predictions;
}

std::vector<double> guessed_propensities(const World& world, const Log& log) {
  std::vector<double> of_task(world.tasks, 0.0), of_cell(world.tasks * world.arms, 0.0),
      of_arm(world.arms, 0.0);
  for (std::size_t q = 0; q < world.queries(); ++q) {
    const std::size_t arm = log.of_query[q].arm;
    of_task[world.task[q]] += 1;
    of_cell[world.task[q] * world.arms + arm] += 1;
    of_arm[arm] += 1;
  }
  std::vector<double> guessed;
  for (const std::uint32_t q : log.test) {
    const std::size_t arm = log.of_query[q].arm;
    const double share = of_arm[arm] / static_cast<double>(world.queries());
    guessed.push_back((of_cell[world.task[q] * world.arms + arm] + kShrinkage * share) /
                      (of_task[world.task[q]] + kShrinkage));
  }
  return guessed;
}

}  // namespace offload::simulated_log
