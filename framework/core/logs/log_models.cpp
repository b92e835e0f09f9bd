#include "core/logs/log_models.hpp"

#include <algorithm>
#include <bit>

#include "core/error.hpp"
#include "core/logs/ridge.hpp"
#include "core/routing/arms.hpp"

namespace offload {
namespace {

// The product's table model (core/outcomes): observations that a coarser mean counts for.
constexpr double kLogShrinkage = 8;

// What a log says of a query.
class LogReader {
 public:
  explicit LogReader(const Scenario& scenario)
      : data_(scenario.data()), table_(*data_.outcomes), log_(*data_.log) {}
  std::size_t arms() const { return table_.arms.size(); }
  std::size_t tasks() const { return data_.tasks.size(); }
  std::size_t turns() const { return table_.turns(); }
  std::size_t turn(std::uint32_t episode) const { return data_.turn(episode, 0); }
  std::size_t task(std::size_t turn) const { return data_.task[turn]; }
  std::size_t arm(std::size_t turn) const { return log_.arm[turn]; }
  double quality(std::size_t turn) const { return table_.quality[table_.cell(turn, arm(turn))]; }
  std::uint32_t group(std::size_t turn) const {
    return table_.prompt_group.empty() ? static_cast<std::uint32_t>(turn) : table_.prompt_group[turn];
  }
  logs::Features words(std::size_t turn) const {
    if (table_.text_begin.empty()) return logs::features_of({}, data_.task[turn]);
    const std::uint64_t begin = table_.text_begin[turn];
    return logs::features_of(std::string_view(table_.text).substr(begin, table_.text_begin[turn + 1] - begin),
                             data_.task[turn]);
  }

 private:
  const EpisodeTable& data_;
  const OutcomeTable& table_;
  const OutcomeLog& log_;
};

struct LogSum {
  double total = 0, count = 0;
  double shrunk(double towards) const { return (total + kLogShrinkage * towards) / (count + kLogShrinkage); }
};

class TaskTable {
 public:
  TaskTable(std::size_t tasks, std::size_t arms) : arms_(arms), cell_(tasks * arms), of_arm_(arms) {}
  void add(std::size_t task, std::size_t arm, double outcome, double times) {
    for (LogSum* sum : {&cell_[task * arms_ + arm], &of_arm_[arm], &all_}) {
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
  std::vector<LogSum> cell_, of_arm_;
  LogSum all_;
};

// The log of these episodes as logged data of one-turn episodes, which the product's models are fitted on.
Predictions product_model(const std::string& model, const LogReader& log,
                          std::span<const std::uint32_t> episodes) {
  EpisodeStorage storage;
  for (std::size_t t = 0; t < log.tasks(); ++t)
    storage.tasks.push_back(std::string(1, static_cast<char>(1 + t)));
  storage.modalities = log.arms() == 2 ? 0 : static_cast<int>(std::bit_width(log.arms() - 2));
  std::vector<std::uint32_t> all;
  for (const std::uint32_t e : episodes) {
    const std::size_t turn = log.turn(e);
    all.push_back(static_cast<std::uint32_t>(all.size()));
    storage.id.push_back(static_cast<std::int64_t>(all.size()));
    storage.first_turn.push_back(all.size());
    storage.task.push_back(static_cast<std::uint8_t>(log.task(turn)));
    storage.action.push_back(static_cast<std::uint16_t>(log.arm(turn)));
    storage.score.push_back(log.quality(turn));
    storage.raw_score.push_back(log.quality(turn));
    storage.association.insert(storage.association.end(), static_cast<std::size_t>(storage.modalities), 0.0);
  }
  const Scenario scenario(make_table(std::move(storage), "a simulated log", ""), {});
  const auto fitted = make_response_model(model, scenario, all, {});
  std::vector<double> of_task;
  for (std::size_t t = 0; t < log.tasks(); ++t) {
    const auto task = static_cast<std::uint8_t>(t);
    for (std::size_t a = 0; a < log.arms(); ++a)
      of_task.push_back(fitted->score({{&task, 1}, {}}, static_cast<int>(a)));
  }
  Predictions predictions;
  for (std::size_t turn = 0; turn < log.turns(); ++turn) {
    const auto at = of_task.begin() + static_cast<std::ptrdiff_t>(log.task(turn) * log.arms());
    predictions.insert(predictions.end(), at, at + static_cast<std::ptrdiff_t>(log.arms()));
  }
  return predictions;
}

using PerArm = std::vector<logs::Ridge>;

void add_logged(PerArm& models, const LogReader& log, std::span<const std::uint32_t> episodes) {
  for (const std::uint32_t e : episodes) {
    const std::size_t turn = log.turn(e);
    models[log.arm(turn)].add(log.words(turn), log.quality(turn));
  }
}

void predict(PerArm& models, const LogReader& log, std::size_t turn, Predictions& predictions) {
  const logs::Features words = log.words(turn);
  for (std::size_t a = 0; a < models.size(); ++a)
    predictions[turn * models.size() + a] = models[a].predict(words);
}

PerArm blank_models(const LogReader& log) {
  return PerArm(log.arms(), logs::Ridge(logs::dimensions(log.tasks())));
}

}  // namespace

std::vector<std::string> log_models() { return {"table", "knn", kWordsModel}; }

Predictions fitted_on_log(const std::string& model, const Scenario& scenario,
                          std::span<const std::uint32_t> episodes) {
  const LogReader log(scenario);
  if (model != kWordsModel) return product_model(model, log, episodes);
  PerArm models = blank_models(log);
  add_logged(models, log, episodes);
  for (logs::Ridge& of_arm : models) of_arm.solve();
  Predictions predictions(log.turns() * log.arms());
  for (std::size_t turn = 0; turn < log.turns(); ++turn) predict(models, log, turn, predictions);
  return predictions;
}

Predictions held_out_of_log(const Scenario& scenario, std::span<const std::uint32_t> episodes) {
  const LogReader log(scenario);
  TaskTable table(log.tasks(), log.arms());
  const auto add = [&](std::size_t turn, double times) {
    table.add(log.task(turn), log.arm(turn), log.quality(turn), times);
  };
  for (const std::uint32_t e : episodes) add(log.turn(e), 1);
  Predictions predictions(log.turns() * log.arms());
  for (const std::uint32_t e : episodes) {
    const std::size_t turn = log.turn(e);
    add(turn, -1);
    for (std::size_t a = 0; a < log.arms(); ++a)
      predictions[turn * log.arms() + a] = table.mean(log.task(turn), a);
    add(turn, 1);
  }
  return predictions;
}

Predictions cross_fitted_on_log(const Scenario& scenario, std::span<const std::uint32_t> train,
                                std::span<const std::uint32_t> tests, std::uint64_t seed) {
  const LogReader log(scenario);
  std::vector<std::uint32_t> group;
  for (const std::uint32_t e : tests) group.push_back(log.group(log.turn(e)));
  const std::vector<std::uint32_t> fold = group_folds(group, 2, seed);
  PerArm of_train = blank_models(log);
  add_logged(of_train, log, train);
  Predictions predictions(log.turns() * log.arms());
  for (std::uint32_t own = 0; own < 2; ++own) {
    std::vector<std::uint32_t> others;
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != own) others.push_back(tests[i]);
    }
    PerArm models = of_train;
    add_logged(models, log, others);
    for (logs::Ridge& of_arm : models) of_arm.solve();
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] == own) predict(models, log, log.turn(tests[i]), predictions);
    }
  }
  return predictions;
}

std::vector<double> guessed_propensities(const Scenario& scenario, std::span<const std::uint32_t> episodes) {
  const LogReader log(scenario);
  std::vector<double> of_task(log.tasks(), 0.0), of_cell(log.tasks() * log.arms(), 0.0),
      of_arm(log.arms(), 0.0);
  for (std::size_t turn = 0; turn < log.turns(); ++turn) {
    of_task[log.task(turn)] += 1;
    of_cell[log.task(turn) * log.arms() + log.arm(turn)] += 1;
    of_arm[log.arm(turn)] += 1;
  }
  std::vector<double> guessed;
  for (const std::uint32_t e : episodes) {
    const std::size_t turn = log.turn(e), task = log.task(turn), arm = log.arm(turn);
    const double share = of_arm[arm] / static_cast<double>(log.turns());
    guessed.push_back((of_cell[task * log.arms() + arm] + kLogShrinkage * share) /
                      (of_task[task] + kLogShrinkage));
  }
  return guessed;
}

}  // namespace offload
