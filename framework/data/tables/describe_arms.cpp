#include "data/tables/describe_arms.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "core/routing/peers.hpp"
#include "data/tables/decimal.hpp"
#include "data/tables/table_meta.hpp"

namespace offload {
namespace {

// Mean, standard deviation (over n) and 95th percentile (interpolated linearly) of an arm's latency.
void add_latency(const OutcomeTable& table, std::span<const std::uint32_t> turns, std::size_t arm,
                 nlohmann::ordered_json& to) {
  std::vector<double> seconds;
  for (const std::uint32_t t : turns) {
    const std::size_t cell = table.cell(t, arm);
    if (!table.latency_ns.empty() && table.latency_ns[cell] != kUnknownAmount)
      seconds.push_back(static_cast<double>(table.latency_ns[cell]) / 1e9);
  }
  for (const char* name : {"latency_s", "latency_sd_s", "latency_p95_s"}) to[name] = nullptr;
  if (seconds.empty()) return;
  const auto n = static_cast<double>(seconds.size());
  const double mean = std::accumulate(seconds.begin(), seconds.end(), 0.0) / n;
  double squares = 0;
  for (const double x : seconds) squares += (x - mean) * (x - mean);
  std::ranges::sort(seconds);
  const double place = .95 * (n - 1);
  const auto below = static_cast<std::size_t>(place);
  const double above = seconds[std::min(below + 1, seconds.size() - 1)];
  to["latency_s"] = mean;
  to["latency_sd_s"] = std::sqrt(squares / n);
  to["latency_p95_s"] = seconds[below] + (place - static_cast<double>(below)) * (above - seconds[below]);
}

nlohmann::ordered_json token_sum(const OutcomeTable& table, const std::vector<std::int64_t>& column,
                                 std::span<const std::uint32_t> turns, std::size_t arm) {
  if (column.empty()) return {};
  std::int64_t sum = 0;
  for (const std::uint32_t t : turns) sum += std::max<std::int64_t>(column[table.cell(t, arm)], 0);
  return sum;
}

// Mean cost in USD of the calls that did not fail; NaN where none has a cost.
double cost_of_answered(const OutcomeTable& table, std::span<const std::uint32_t> turns, std::size_t arm) {
  double sum = 0;
  std::size_t n = 0;
  for (const std::uint32_t t : turns) {
    const std::size_t cell = table.cell(t, arm);
    if (table.cost_pusd.empty() || table.cost_pusd[cell] == kUnknownAmount || table.has_failed(t, arm))
      continue;
    sum += static_cast<double>(table.cost_pusd[cell]) / 1e12;
    ++n;
  }
  return sum / static_cast<double>(n);
}

}  // namespace

nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

void add_cost_figures(double quality, double cost_usd, nlohmann::ordered_json& to) {
  to["cost_usd"] = number_or_null(cost_usd);
  to["cost_per_1k"] = number_or_null(1000 * cost_usd);
  to["arena"] = number_or_null(arena_score_as_published(quality, 1000 * cost_usd));
}

nlohmann::ordered_json arm_description(const OutcomeTable& table, std::span<const std::uint32_t> turns,
                                       std::size_t a, const ArmMeans& means) {
  const Arm& arm = table.arms[a];
  std::size_t failed = 0, negative = 0;
  for (const std::uint32_t t : turns) {
    failed += table.has_failed(t, a);
    negative += table.is_known(t, a) && table.quality[table.cell(t, a)] < 0;
  }
  nlohmann::ordered_json json = {{"placement", placement_name(arm.placement)},
                                 {"provider", arm.provider},
                                 {"known", means.known},
                                 {"acc", number_or_null(means.quality)}};
  add_latency(table, turns, a, json);
  add_cost_figures(means.quality, means.cost_usd, json);
  json["priced"] = means.priced;
  json["cost_per_1k_answered"] = number_or_null(1000 * cost_of_answered(table, turns, a));
  json["input_tokens"] = token_sum(table, table.input_tokens, turns, a);
  json["output_tokens"] = token_sum(table, table.output_tokens, turns, a);
  json["failed"] = failed;
  json["negative"] = negative;
  if (arm.price)
    json["price_usd_per_million"] = {{"input", decimal_text(arm.price->input_pusd, 6)},
                                     {"output", decimal_text(arm.price->output_pusd, 6)}};
  return json;
}

}  // namespace offload
