#include "core/environment/drift.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace offload {
namespace {

__extension__ using WideAmount = __int128;

// What sums over a session of amounts can hold, see to_amount.
constexpr std::int64_t kLongestCall = 1'000'000'000'000'000;   // ns
constexpr std::int64_t kDearestCall = 10'000'000'000'000'000;  // pico-USD

std::size_t arm_of(const EpisodeTable& data, const char* key, const std::string& name) {
  const auto& arms = data.outcomes->arms;
  const auto found = std::ranges::find(arms, name, &Arm::name);
  if (found != arms.end()) return static_cast<std::size_t>(found - arms.begin());
  std::string known;
  for (const Arm& arm : arms) known += (known.empty() ? "" : ", ") + arm.name;
  fail(ErrorKind::config, "{}: {} has no arm '{}'; known: {}", key, data.source, printable(name),
       printable(known, 1000));
}

// Visits the cells of the arm's known calls.
template <typename Visit>
void each_call(const OutcomeTable& table, std::size_t arm, const Visit& visit) {
  for (std::size_t turn = 0; turn < table.turns(); ++turn) {
    if (table.is_known(turn, arm)) visit(table.cell(turn, arm));
  }
}

std::int64_t amount_at(const std::vector<std::int64_t>& column, std::size_t cell) {
  return column.empty() ? kUnknownAmount : column[cell];
}

void reprice(const EpisodeTable& data, std::size_t arm, const TokenPrice& price, OutcomeTable& table) {
  table.arms[arm].price = price;
  if (table.cost_pusd.empty()) table.cost_pusd.assign(table.turns() * table.arms.size(), kUnknownAmount);
  each_call(table, arm, [&](std::size_t cell) {
    const std::int64_t input = amount_at(table.input_tokens, cell),
                       output = amount_at(table.output_tokens, cell);
    if (input == kUnknownAmount || output == kUnknownAmount) {
      fail(ErrorKind::config,
           "prices: arm '{}' of {} has calls whose numbers of tokens are not known, and so no price; leave "
           "it out",
           printable(table.arms[arm].name), data.source);
    }
    const WideAmount cost = WideAmount{input} * price.input_pusd + WideAmount{output} * price.output_pusd;
    if (cost > kDearestCall) {
      fail(ErrorKind::config,
           "prices: a call of arm '{}' costs more than 10^4 USD; give USD per million tokens",
           printable(table.arms[arm].name));
    }
    table.cost_pusd[cell] = static_cast<std::int64_t>(cost);
  });
}

void slow_down(const EpisodeTable& data, std::size_t arm, double times, OutcomeTable& table) {
  each_call(table, arm, [&](std::size_t cell) {
    if (amount_at(table.latency_ns, cell) == kUnknownAmount) {
      fail(ErrorKind::config,
           "latency_times: arm '{}' of {} has calls whose latency is not known; leave it out",
           printable(table.arms[arm].name), data.source);
    }
    const double latency_ns = static_cast<double>(table.latency_ns[cell]) * times;
    if (latency_ns > static_cast<double>(kLongestCall)) {
      fail(ErrorKind::config, "latency_times: a call of arm '{}' takes more than 10^6 s; give less",
           printable(table.arms[arm].name));
    }
    table.latency_ns[cell] = std::llround(latency_ns);
  });
}

}  // namespace

EpisodeTable drifted(const EpisodeTable& data, const WorldDrift& drift) {
  auto table = std::make_shared<OutcomeTable>(*data.outcomes);
  for (const auto& [name, price] : drift.prices) reprice(data, arm_of(data, "prices", name), price, *table);
  for (const auto& [name, times] : drift.latency_times)
    slow_down(data, arm_of(data, "latency_times", name), times, *table);
  EpisodeTable changed = data;
  changed.outcomes = std::move(table);
  return changed;
}

}  // namespace offload
