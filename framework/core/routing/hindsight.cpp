#include "core/routing/hindsight.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

constexpr double kEqualValues = 1e-12;
// Totals that are followed once the work is used up.
constexpr std::size_t kBeam = 256;

struct Total {
  double value = 0;
  Amounts used{};
  std::int32_t before = -1;  // index among the totals of the turn before
  std::uint16_t arm = 0;
};

// By value; of equals, sums of the same values in whatever order, the cheapest, then the fastest.
bool preferred(const Total& a, const Total& b) {
  if (std::abs(a.value - b.value) > kEqualValues) return a.value > b.value;
  return std::tuple(a.used[1], a.used[0]) < std::tuple(b.used[1], b.used[0]);
}

// Keeps, of those that no other beats in value, latency and cost together, one each, in ascending latency.
void keep_undominated(std::vector<Total>& totals) {
  std::sort(totals.begin(), totals.end(), [](const Total& a, const Total& b) {
    return std::tuple(a.used[0], a.used[1], -a.value, a.before, a.arm) <
           std::tuple(b.used[0], b.used[1], -b.value, b.before, b.arm);
  });
  std::map<std::int64_t, double> most;  // by cost, rising, of the totals that are as fast
  std::size_t kept = 0;
  for (const Total& t : totals) {
    auto after = most.upper_bound(t.used[1]);
    if (after != most.begin() && std::prev(after)->second >= t.value) continue;
    while (after != most.end() && after->second <= t.value) after = most.erase(after);
    most[t.used[1]] = t.value;
    totals[kept++] = t;
  }
  totals.resize(kept);
}

class SessionSearch {
 public:
  SessionSearch(const SessionProblem& problem, const Amounts& limit)
      : limit_(limit), turns_(problem.turns()) {
    for (std::size_t t = 0; t < turns_; ++t) options_.push_back(options_of(problem, t));
    if (limit == Amounts{kUnlimited, kUnlimited}) keep_best_options();
    least_.assign(turns_ + 1, Amounts{});
    for (std::size_t t = turns_; t-- > 0;) {
      for (std::size_t k = 0; k < 2; ++k) least_[t][k] = least_[t + 1][k] + least_use(t, k);
    }
  }

  SessionBest run(std::int64_t work);

 private:
  std::vector<Total> options_of(const SessionProblem& problem, std::size_t turn) const;
  // Without limits turns are apart.
  void keep_best_options() {
    for (auto& options : options_) {
      const auto best = std::min_element(options.begin(), options.end(), preferred);
      if (best != options.end()) options = {*best};
    }
  }
  std::int64_t least_use(std::size_t turn, std::size_t k) const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max() / 1024;
    for (const Total& option : options_[turn]) least = std::min(least, option.used[k]);
    return least;
  }
  bool fits(const Amounts& used, std::size_t next) const {
    return used[0] + least_[next][0] <= limit_[0] && used[1] + least_[next][1] <= limit_[1];
  }
  std::vector<Total> extend(const std::vector<Total>& totals, std::size_t turn) const;
  double priced(const std::array<double, 2>& price) const;
  std::array<double, 2> cheap_price() const;
  double share_of_limit(const Total& t, std::size_t k) const {
    return limit_[k] == 0 ? 0 : static_cast<double>(t.used[k]) / static_cast<double>(limit_[k]);
  }
  void narrow(std::vector<Total>& totals, const std::array<double, 2>& price) const;
  void trace(SessionBest& best) const;

  Amounts limit_;
  std::size_t turns_;
  std::vector<std::vector<Total>> options_;  // [turns] worth choosing
  std::vector<Amounts> least_;               // [turns + 1] that the turns from here on take
  std::vector<std::vector<Total>> reached_;  // [turns + 1] after so many turns
};

std::vector<Total> SessionSearch::options_of(const SessionProblem& problem, std::size_t turn) const {
  std::vector<Total> options;
  const std::array<std::span<const std::int64_t>, 2> columns = {problem.latency_ns, problem.cost_pusd};
  for (std::size_t a = 0; a < problem.arms; ++a) {
    if ((problem.known[turn] >> a & 1U) == 0) continue;
    const std::size_t cell = turn * problem.arms + a;
    Total option{problem.value[cell], {}, -1, static_cast<std::uint16_t>(a)};
    bool usable = true;
    for (std::size_t k = 0; k < 2; ++k) {
      const std::int64_t amount = columns[k].empty() ? kUnknownAmount : columns[k][cell];
      if (amount != kUnknownAmount) option.used[k] = amount;
      usable = usable && (amount != kUnknownAmount || limit_[k] == kUnlimited);
    }
    if (usable) options.push_back(option);
  }
  keep_undominated(options);
  return options;
}

std::vector<Total> SessionSearch::extend(const std::vector<Total>& totals, std::size_t turn) const {
  std::vector<Total> next;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    for (const Total& option : options_[turn]) {
      Total total{totals[i].value + option.value,
                  {totals[i].used[0] + option.used[0], totals[i].used[1] + option.used[1]},
                  static_cast<std::int32_t>(i),
                  option.arm};
      if (fits(total.used, turn + 1)) next.push_back(total);
    }
  }
  keep_undominated(next);
  return next;
}

// What the best choices are worth when budgets bind no longer but all of a budget costs `price`; an upper
// bound whatever the prices.
double SessionSearch::priced(const std::array<double, 2>& price) const {
  double sum = 0;
  for (std::size_t k = 0; k < 2; ++k) sum += price[k];
  for (const auto& options : options_) {
    double best = -std::numeric_limits<double>::infinity();
    for (const Total& option : options) {
      double value = option.value;
      for (std::size_t k = 0; k < 2; ++k) value -= price[k] * share_of_limit(option, k);
      best = std::max(best, value);
    }
    sum += best;
  }
  return sum;
}

// Prices of a small bound: the function is convex, so each is searched by thirds within the other.
std::array<double, 2> SessionSearch::cheap_price() const {
  double range = 0;
  for (const auto& options : options_) {
    const auto [low, high] = std::minmax_element(
        options.begin(), options.end(), [](const Total& a, const Total& b) { return a.value < b.value; });
    range += high->value - low->value;
  }
  constexpr int kSteps = 40;
  const auto search = [&](std::size_t k, const auto& bound) {
    double low = 0, high = limit_[k] == kUnlimited || limit_[k] == 0 ? 0 : 4 * range;
    for (int step = 0; step < kSteps && high > 0; ++step) {
      const double a = low + (high - low) / 3, b = high - (high - low) / 3;
      if (bound(a) <= bound(b))
        high = b;
      else
        low = a;
    }
    return low;
  };
  const auto inner = [&](double first) {
    return search(1, [&](double second) { return priced({first, second}); });
  };
  const double first = search(0, [&](double p) { return priced({p, inner(p)}); });
  return {first, inner(first)};
}

void SessionSearch::narrow(std::vector<Total>& totals, const std::array<double, 2>& price) const {
  if (totals.size() <= kBeam) return;
  const auto worth = [&](const Total& t) {
    return t.value - price[0] * share_of_limit(t, 0) - price[1] * share_of_limit(t, 1);
  };
  std::stable_sort(totals.begin(), totals.end(),
                   [&](const Total& a, const Total& b) { return worth(a) > worth(b); });
  totals.resize(kBeam);
}

void SessionSearch::trace(SessionBest& best) const {
  const std::vector<Total>& last = reached_.back();
  std::size_t at = 0;
  for (std::size_t i = 1; i < last.size(); ++i) {
    if (preferred(last[i], last[at])) at = i;
  }
  best.lower = last[at].value;
  best.total = last[at].used;
  best.arms.resize(turns_);
  for (std::size_t t = turns_; t-- > 0;) {
    const Total& total = reached_[t + 1][at];
    best.arms[t] = total.arm;
    at = static_cast<std::size_t>(total.before);
  }
}

SessionBest SessionSearch::run(std::int64_t work) {
  SessionBest best{true, kNan, kNan, {}, {}, 0};
  const bool some = std::none_of(options_.begin(), options_.end(), [](const auto& o) { return o.empty(); });
  if (turns_ == 0 || !some || !fits({}, 0)) return best;
  std::array<double, 2> price{};
  reached_.assign(1, std::vector<Total>(1));
  for (std::size_t t = 0; t < turns_; ++t) {
    std::vector<Total>& totals = reached_.back();
    const auto next = static_cast<std::int64_t>(totals.size() * options_[t].size());
    if (best.exact && best.totals + next > work) {
      best.exact = false;
      price = cheap_price();
      best.upper = priced(price);
    }
    if (!best.exact) narrow(totals, price);
    best.totals += static_cast<std::int64_t>(totals.size() * options_[t].size());
    reached_.push_back(extend(totals, t));
    if (reached_.back().empty()) return best;
  }
  trace(best);
  best.upper = best.exact ? best.lower : std::max(best.lower, best.upper);
  return best;
}

SessionBest best_of_one_arm(const SessionProblem& problem, const Amounts& limit) {
  SessionBest best{true, kNan, kNan, {}, {}, 0};
  for (std::size_t a = 0; a < problem.arms; ++a) {
    std::vector<std::uint64_t> known;
    for (const std::uint64_t arms : problem.known) known.push_back(arms & (std::uint64_t{1} << a));
    SessionProblem alone = problem;
    alone.known = known;
    alone.same_arm = false;
    const SessionBest own = best_session(alone, limit);
    best.totals += own.totals;
    if (std::isnan(own.lower)) continue;
    if (!std::isnan(best.lower) && !preferred({own.lower, own.total}, {best.lower, best.total})) continue;
    const std::int64_t totals = best.totals;
    best = own;
    best.totals = totals;
  }
  return best;
}

}  // namespace

SessionProblem session_problem(const OutcomeTable& table, std::span<const double> value, std::size_t first,
                               std::size_t turns) {
  const std::size_t arms = table.arms.size(), begin = first * arms, cells = turns * arms;
  const auto part = [&](const std::vector<std::int64_t>& column) {
    return column.empty() ? std::span<const std::int64_t>() : std::span(column).subspan(begin, cells);
  };
  return {arms,
          std::span(table.known).subspan(first, turns),
          value.subspan(begin, cells),
          part(table.latency_ns),
          part(table.cost_pusd),
          table.notes.same_arm_path};
}

SessionBest best_session(const SessionProblem& problem, const Amounts& limit, std::int64_t totals) {
  if (problem.same_arm && problem.turns() > 1) return best_of_one_arm(problem, limit);
  return SessionSearch(problem, limit).run(totals);
}

}  // namespace offload
