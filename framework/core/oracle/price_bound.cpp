#include "core/oracle/price_bound.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <optional>

#include "core/induction/merged_states.hpp"
#include "core/induction/outcome_rows.hpp"
#include "core/outcomes/signatures.hpp"

namespace offload {
namespace {

constexpr std::size_t kMostOptions = 50'000;
constexpr int kGoldenSteps = 24;
constexpr double kGolden = 0.6180339887498949;

// Prices per resource, in reward for the largest consumption of any action.
using Prices = std::array<double, kResources>;

// A game without budgets, signature by signature.
class PricedGame {
 public:
  struct Option {  // actions of a kind that lead to the same, by the best of them
    double reward;
    int kind;
    std::int32_t next;
  };

  PricedGame(const Scenario& scenario, const Game& game, const Amounts& limit)
      : scenario_(scenario), game_(game), limit_(limit) {}

  // False where the model tells so many pasts apart that there are more options than `most`.
  bool build(const ResponseModel& model, RewardModel& reward, std::size_t most);
  double value(const Prices& price);

 private:
  struct Layer {
    std::vector<std::size_t> begin;  // [signature][task] first option; one more at the end
    std::vector<Option> options;
  };
  std::size_t add_turn(int turn, Signatures& signatures, const std::vector<std::uint32_t>& now,
                       std::vector<std::uint32_t>& next, RewardModel& reward, std::size_t most);
  void look_ahead(const Game::Turn& now, std::size_t following, std::size_t signatures);

  const Scenario& scenario_;
  const Game& game_;
  Amounts limit_;
  std::vector<Layer> layers_;
  std::vector<double> value_, expected_;  // [signature][task] of a turn; [signature][task before]
};

bool PricedGame::build(const ResponseModel& model, RewardModel& reward, std::size_t most) {
  Signatures signatures(model, scenario_.tasks(), scenario_.actions().size());
  std::vector<std::uint32_t> now = {Signatures::kRoot}, next;
  std::size_t options = 0;
  layers_.clear();
  for (int turn = 0; turn < game_.length(); ++turn) {
    options += add_turn(turn, signatures, now, next, reward, most);
    if (options > most) return false;
    now.swap(next);
  }
  return true;
}

std::size_t PricedGame::add_turn(int turn, Signatures& signatures, const std::vector<std::uint32_t>& now,
                                 std::vector<std::uint32_t>& next, RewardModel& reward, std::size_t most) {
  const Game::Turn& at = game_.turns[static_cast<std::size_t>(turn)];
  const ActionSpace& actions = scenario_.actions();
  const bool last = turn + 1 == game_.length();
  Layer& layer = layers_.emplace_back();
  layer.begin.push_back(0);
  next.clear();
  std::unordered_map<std::uint32_t, std::int32_t> place;
  OutcomeRows rows;
  std::vector<double> rewards(static_cast<std::size_t>(actions.size()));
  for (const std::uint32_t signature : now) {
    for (int c = 0; c < at.tasks; ++c) {
      const double* quality = signatures.scores(signature, at.first_task + c);
      rows.clear();
      for (int a = 0; a < actions.size(); ++a) rows.add(scenario_, at, c, a, {}, limit_, quality[a]);
      rows.score(reward, rewards.data());
      for (int a = 0; a < actions.size(); ++a) {
        Option option{rewards[static_cast<std::size_t>(a)], actions.kind(a), 0};
        if (!last) {
          const std::uint32_t to = signatures.next(signature, at.first_task + c, a);
          if (to == Signatures::kNone) return most + 1;
          const auto [found, fresh] = place.try_emplace(to, static_cast<std::int32_t>(next.size()));
          if (fresh) next.push_back(to);
          option.next = found->second;
        }
        const auto same = std::find_if(
            layer.options.begin() + static_cast<std::ptrdiff_t>(layer.begin.back()), layer.options.end(),
            [&](const Option& o) { return o.kind == option.kind && o.next == option.next; });
        if (same == layer.options.end()) {
          layer.options.push_back(option);
        } else {
          same->reward = std::max(same->reward, option.reward);
        }
      }
      layer.begin.push_back(layer.options.size());
      if (layer.options.size() > most) return layer.options.size();
    }
  }
  return layer.options.size();
}

// What the tasks of a turn let expect of the next one's values.
void PricedGame::look_ahead(const Game::Turn& now, std::size_t following, std::size_t signatures) {
  const auto tasks = static_cast<std::size_t>(now.tasks);
  expected_.assign(signatures * tasks, 0);
  for (std::size_t s = 0; s < signatures; ++s) {
    for (std::size_t c = 0; c < tasks; ++c) {
      for (std::size_t d = 0; d < following; ++d) {
        expected_[s * tasks + c] += now.transition[c * following + d] * value_[s * following + d];
      }
    }
  }
}

double PricedGame::value(const Prices& price) {
  const Consumption& consumption = scenario_.consumption();
  std::array<double, kMaxModalities + 2> paid{};
  for (std::size_t kind = 0; kind < static_cast<std::size_t>(consumption.kinds()); ++kind) {
    for (std::size_t k = 0; k < kResources; ++k) {
      if (price[k] <= 0) continue;
      paid[kind] += price[k] * static_cast<double>(consumption.of_kind(static_cast<int>(kind))[k]) /
                    static_cast<double>(consumption.largest()[k]);
    }
  }
  const double least = *std::min_element(paid.begin(), paid.begin() + consumption.kinds());
  for (int turn = game_.length() - 1; turn >= 0; --turn) {
    const Game::Turn& now = game_.turns[static_cast<std::size_t>(turn)];
    const Layer& layer = layers_[static_cast<std::size_t>(turn)];
    const auto tasks = static_cast<std::size_t>(now.tasks);
    const bool last = turn + 1 == game_.length();
    if (!last) {
      const auto following = static_cast<std::size_t>(game_.turns[static_cast<std::size_t>(turn) + 1].tasks);
      look_ahead(now, following, value_.size() / following);
    }
    // Where the episode ends here, the turns that it does not have would take at least the cheapest.
    const double unplayed = last ? 0 : (1 - now.goes_on) * (game_.length() - turn - 1) * least;
    value_.resize(layer.begin.size() - 1);
    for (std::size_t state = 0; state < value_.size(); ++state) {
      double best = -std::numeric_limits<double>::infinity();
      for (std::size_t o = layer.begin[state]; o < layer.begin[state + 1]; ++o) {
        const Option& option = layer.options[o];
        double value = now.weight * option.reward - paid[static_cast<std::size_t>(option.kind)];
        if (!last) {
          value += now.goes_on * expected_[static_cast<std::size_t>(option.next) * tasks + state % tasks];
        }
        best = std::max(best, value);
      }
      value_[state] = best - unplayed;
    }
  }
  double sum = 0;
  for (std::size_t c = 0; c < game_.first.size(); ++c) sum += game_.first[c] * value_[c];
  for (std::size_t k = 0; k < kResources; ++k) {
    if (price[k] <= 0) continue;
    sum += price[k] * static_cast<double>(limit_[k]) / static_cast<double>(consumption.largest()[k]);
  }
  return sum;
}

// The least of a convex function on x >= 0, about.
double least_of(const std::function<double(double)>& f) {
  double best = f(0), high = 1.0 / 1024, at_high = f(high);
  for (double before = best; at_high < before && high < 1e9;) {
    before = at_high;
    high *= 2;
    at_high = f(high);
    best = std::min(best, before);
  }
  double low = 0, left = high - kGolden * high, right = kGolden * high;
  double at_left = f(left), at_right = f(right);
  for (int step = 0; step < kGoldenSteps; ++step) {
    best = std::min({best, at_left, at_right});
    if (at_left < at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - kGolden * (high - low);
      at_left = f(left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + kGolden * (high - low);
      at_right = f(right);
    }
  }
  return std::min({best, at_left, at_right});
}

}  // namespace

double price_bound(const Scenario& scenario, const Game& game, const ResponseModel& model,
                   RewardModel& reward, const Amounts& limit, bool bound) {
  const RelaxedModel relaxed(model, game.length());
  PricedGame priced(scenario, game, limit);
  if (!priced.build(model, reward, kMostOptions)) {
    priced.build(relaxed, reward, std::numeric_limits<std::size_t>::max());
  }
  const auto bounds = [&](std::size_t k) {
    return bound && limit[k] != kUnlimited && scenario.consumption().largest()[k] > 0;
  };
  const auto by_cost = [&](double latency) {
    const auto value = [&](double cost) { return priced.value({latency, cost}); };
    return bounds(1) ? least_of(value) : value(0);
  };
  return bounds(0) ? least_of(by_cost) : by_cost(0);
}

}  // namespace offload
