#include "core/environment/budget.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

// What is left of a budget; an unlimited one stays so.
std::int64_t room(std::int64_t limit, std::int64_t spent) {
  return limit == kUnlimited ? kUnlimited : limit - spent;
}

int count_fitting(const Consumption& consumption, int kind, int turns, const Amounts& left, int enough) {
  if (left[0] < 0 || left[1] < 0 || enough <= 0) return 0;
  if (turns == 0) return 1;
  for (std::size_t r = 0; r < kResources; ++r) {
    if (left[r] != kUnlimited && left[r] < turns * consumption.smallest()[r]) return 0;
  }
  int count = 0;
  for (int k = kind; k < consumption.kinds() && count < enough; ++k) {
    const Amounts& c = consumption.of_kind(k);
    count +=
        count_fitting(consumption, k, turns - 1, {room(left[0], c[0]), room(left[1], c[1])}, enough - count);
  }
  return count;
}

}  // namespace

Amounts lowered(const Amounts& limit, int margin_percent) {
  Amounts seen = limit;
  for (std::int64_t& amount : seen) {
    if (amount != kUnlimited) amount -= amount * margin_percent / 100;
  }
  return seen;
}

Feasibility::Feasibility(const ActionSpace& actions, const Consumption& consumption, int turns_max,
                         bool same_arm)
    : consumption_(&consumption), turns_max_(turns_max) {
  for (int a = 0; a < actions.size(); ++a) kind_.push_back(static_cast<std::uint8_t>(actions.kind(a)));
  for (int turns = 0; turns < turns_max; ++turns) {
    least_.emplace_back();
    if (!same_arm) fronts_.push_back(next_front(turns));
    if (!same_arm && fronts_.back().size() > 1) continue;
    for (int kind = 0; kind < consumption.kinds(); ++kind) {
      const Amounts& c = consumption.of_kind(kind);
      const Total rest = same_arm ? Total{turns * c[0], turns * c[1]} : fronts_.back()[0];
      least_.back().push_back({rest.latency_ns + c[0], rest.cost_pusd + c[1]});
    }
  }
}

// The Pareto-minimal totals of so many turns, from those of one less.
std::vector<Feasibility::Total> Feasibility::next_front(int turns) const {
  constexpr std::size_t kMostTotals = 200'000;
  if (turns == 0) return {{0, 0}};
  std::vector<Total> sums;
  for (const Total& total : fronts_.back()) {
    for (int kind = 0; kind < consumption_->kinds(); ++kind) {
      const Amounts& c = consumption_->of_kind(kind);
      sums.push_back({total.latency_ns + c[0], total.cost_pusd + c[1]});
    }
  }
  std::sort(sums.begin(), sums.end(), [](const Total& a, const Total& b) {
    return a.latency_ns != b.latency_ns ? a.latency_ns < b.latency_ns : a.cost_pusd < b.cost_pusd;
  });
  std::vector<Total> front;
  for (const Total& sum : sums) {
    if (front.empty() || sum.cost_pusd < front.back().cost_pusd) front.push_back(sum);
  }
  if (front.size() > kMostTotals) {
    fail(ErrorKind::config,
         "an exact mask over {} of {} compares more than {} totals; make the sessions shorter",
         counted(turns_max_, "turn"), counted(consumption_->kinds(), "arm"), kMostTotals);
  }
  return front;
}

bool Feasibility::reachable(int turns, const Amounts& left) const {
  if (left[0] < 0 || left[1] < 0) return false;
  const auto& front = fronts_[static_cast<std::size_t>(turns)];
  const auto past = std::upper_bound(front.begin(), front.end(), left[0],
                                     [](std::int64_t value, const Total& t) { return value < t.latency_ns; });
  return past != front.begin() && std::prev(past)->cost_pusd <= left[1];
}

KindSet Feasibility::within(int turns, const Amounts& spent, const Amounts& limit) const {
  const auto rest = static_cast<std::size_t>(turns);
  const Amounts left = {room(limit[0], spent[0]), room(limit[1], spent[1])};
  KindSet allowed = 0;
  // A local call that is fastest and cheapest leaves fronts of one point: the usual case.
  const std::vector<Total>& least = least_[rest];
  for (std::size_t kind = 0; kind < least.size(); ++kind) {
    const int fits = int{least[kind].latency_ns <= left[0]} & int{least[kind].cost_pusd <= left[1]};
    allowed |= static_cast<KindSet>(fits) << kind;
  }
  for (int kind = 0; least.empty() && kind < consumption_->kinds(); ++kind) {
    const Amounts& c = consumption_->of_kind(kind);
    const bool fits = reachable(turns, {left[0] == kUnlimited ? kUnlimited : left[0] - c[0],
                                        left[1] == kUnlimited ? kUnlimited : left[1] - c[1]});
    allowed |= static_cast<KindSet>(fits) << kind;
  }
  return allowed;
}

KindSet Feasibility::kinds(int turn, const Amounts& spent, const Amounts& limit) const {
  const KindSet all = ~KindSet{0} >> (64 - consumption_->kinds());
  if (limit[0] == kUnlimited && limit[1] == kUnlimited) return all;
  const KindSet some = within(turns_max_ - turn - 1, spent, limit);
  return some != 0 ? some : all;
}

bool Feasibility::mask(int turn, const Amounts& spent, const Amounts& limit, std::uint8_t* mask) const {
  if (limit[0] == kUnlimited && limit[1] == kUnlimited) {
    std::fill_n(mask, kind_.size(), std::uint8_t{1});
    return true;
  }
  const KindSet some = within(turns_max_ - turn - 1, spent, limit), shown = some != 0 ? some : ~KindSet{0};
  if (consumption_->kinds() <= 32) {  // vectors of half the width hold twice as many
    const auto few = static_cast<std::uint32_t>(shown);
    for (std::size_t a = 0; a < kind_.size(); ++a) mask[a] = static_cast<std::uint8_t>(few >> kind_[a] & 1U);
  } else {
    for (std::size_t a = 0; a < kind_.size(); ++a)
      mask[a] = static_cast<std::uint8_t>(shown >> kind_[a] & 1U);
  }
  return some != 0;
}

int fitting_multisets(const Consumption& consumption, int turns, const Amounts& limit, int enough) {
  return count_fitting(consumption, 0, turns, limit, enough);
}

namespace {

// Choices of action kinds that fill an episode within a limit, counted up to `enough`; of an episode that is
// one choice, kinds.
int fitting_choices(const Consumption& consumption, int turns_max, bool one_choice, const Amounts& limit,
                    int enough) {
  if (!one_choice) return fitting_multisets(consumption, turns_max, limit, enough);
  int fitting = 0;
  for (int kind = 0; kind < consumption.kinds(); ++kind) {
    const Amounts& c = consumption.of_kind(kind);
    fitting += turns_max * c[0] <= limit[0] && turns_max * c[1] <= limit[1];
  }
  return fitting;
}

// The least limit of one resource, the other as it is, that leaves enough; empty where none does. Three
// digits, rounded up.
std::string raised(std::size_t k, Amounts limit, const Consumption& consumption,
                   const std::function<bool(const Amounts&)>& leaves_enough, int turns_max) {
  if (limit[k] == kUnlimited) return {};
  std::int64_t low = limit[k], high = turns_max * consumption.largest()[k];
  limit[k] = high;
  if (high <= low || !leaves_enough(limit)) return {};
  while (high - low > 1) {
    limit[k] = low + (high - low) / 2;
    (leaves_enough(limit) ? high : low) = limit[k];
  }
  const double least = from_amount(high, static_cast<int>(k));
  const double digit = std::pow(10, std::floor(std::log10(least)) - 2);
  const char* name = k == 0 ? "latency_s" : consumption.calls_of().empty() ? "cost_usd" : "calls";
  return fmt::format("{} = {:.6g}", name, std::ceil(least / digit - 1e-9) * digit);
}

std::string degenerate_fix(const BudgetCell& cell, const Consumption& consumption, int turns_max,
                           const std::function<bool(const Amounts&)>& leaves_enough) {
  if (!leaves_enough({kUnlimited, kUnlimited})) return "the data need a second arm";
  std::string fix;
  for (std::size_t k = 0; k < kResources; ++k) {
    const std::string one = raised(k, cell.limit, consumption, leaves_enough, turns_max);
    if (!one.empty()) fix += (fix.empty() ? "raise a budget: " : ", or ") + one + " or more";
  }
  if (!fix.empty()) return fix;
  const std::string cost = raised(1, {kUnlimited, cell.limit[1]}, consumption, leaves_enough, turns_max);
  const std::string latency = raised(0, {cell.limit[0], kUnlimited}, consumption, leaves_enough, turns_max);
  return fmt::format("raise both budgets: with the other unlimited, each needs {} and {} or more", latency,
                     cost);
}

}  // namespace

void require_choice(const BudgetCell& cell, const Consumption& consumption, int turns_max, bool same_arm) {
  const bool one_choice = turns_max == 1 || same_arm;
  const int enough = one_choice ? 2 : 3;
  const auto fitting = [&](const Amounts& limit) {
    return fitting_choices(consumption, turns_max, one_choice, limit, enough);
  };
  const int found = fitting(cell.limit);
  if (found >= enough) return;
  fail(ErrorKind::config,
       "budget cell '{}' ({} s, {} {}) is degenerate: only {} of action kinds can fill an "
       "episode of {}, so there is nothing to decide; {}",
       printable(cell.name), from_amount(cell.limit[0], 0), from_amount(cell.limit[1], 1),
       consumption.calls_of().empty() ? "USD" : "calls", counted(found, "choice"), counted(turns_max, "turn"),
       degenerate_fix(cell, consumption, turns_max,
                      [&](const Amounts& limit) { return fitting(limit) >= enough; }));
}

Amounts relative_anchor(const Consumption& consumption, int turns_max) {
  double best = 0;
  int best_kind = -1;
  for (int kind = 0; kind < consumption.kinds(); ++kind) {
    double worst = 0;
    for (std::size_t k = 0; k < kResources; ++k) {
      if (consumption.largest()[k] == 0) continue;
      worst = std::max(worst, static_cast<double>(consumption.of_kind(kind)[k]) /
                                  static_cast<double>(consumption.largest()[k]));
    }
    if (best_kind < 0 || worst < best) {
      best = worst;
      best_kind = kind;
    }
  }
  const Amounts& c = consumption.of_kind(best_kind);
  return {c[0] * turns_max, c[1] * turns_max};
}

Amounts relative_budget(const Consumption& consumption, int turns_max, double latency_rho, double cost_rho) {
  const Amounts anchor = relative_anchor(consumption, turns_max);
  const std::array<double, kResources> rho = {latency_rho, cost_rho};
  Amounts budget;
  for (std::size_t k = 0; k < kResources; ++k) {
    const auto top = static_cast<double>(consumption.largest()[k] * turns_max);
    const auto base = static_cast<double>(anchor[k]);
    budget[k] = std::llround(base + rho[k] * (top - base));
  }
  return budget;
}

}  // namespace offload
