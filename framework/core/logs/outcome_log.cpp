#include "core/logs/outcome_log.hpp"

#include <algorithm>
#include <numeric>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/routing/arms.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

void require_loggable(const EpisodeTable& data, const LoggingPolicy& policy) {
  const OutcomeTable& table = *data.outcomes;
  if (data.longest() > 1) {
    fail(ErrorKind::data,
         "{}: the lens simulated_log judges single queries, and a session has {}; leave [data] sessions out, "
         "or take a table of single queries",
         data.source, data.longest());
  }
  std::vector<std::uint32_t> turns(table.turns());
  std::iota(turns.begin(), turns.end(), 0U);
  const std::size_t complete = complete_turns(table, turns).size();
  if (complete < turns.size()) {
    fail(ErrorKind::data,
         "{}: {} of {} {} an arm's answer, which a simulated log may have to keep; import the table "
         "with --missing drop",
         data.source, turns.size() - complete, counted(turns.size(), "query"),
         turns.size() - complete == 1 ? "lacks" : "lack");
  }
  if (policy.rest < 1 && table.text_begin.empty()) {
    fail(ErrorKind::data,
         "{}: the queries have no texts, and the logging policy '{}' goes by their length; use \"uniform\"",
         data.source, policy.name);
  }
}

// [turns] whether the text is longer than the median's.
std::vector<bool> long_queries(const OutcomeTable& table) {
  std::vector<std::uint64_t> length;
  for (std::size_t t = 0; t + 1 < table.text_begin.size(); ++t)
    length.push_back(table.text_begin[t + 1] - table.text_begin[t]);
  if (length.empty()) return std::vector<bool>(table.turns(), false);
  std::vector<std::uint64_t> sorted = length;
  const auto median = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), median, sorted.end());
  std::vector<bool> is_long;
  for (const std::uint64_t l : length) is_long.push_back(l > *median);
  return is_long;
}

}  // namespace

std::vector<std::string> logging_policies() {
  std::vector<std::string> names;
  for (const LoggingPolicy& policy : kLoggingPolicies) names.emplace_back(policy.name);
  return names;
}

const LoggingPolicy& logging_policy(const std::string& name) {
  return *std::ranges::find(kLoggingPolicies, name, &LoggingPolicy::name);
}

OutcomeLog draw_log(const EpisodeTable& data, const LoggingPolicy& policy, std::uint64_t seed) {
  require_loggable(data, policy);
  const OutcomeTable& table = *data.outcomes;
  const std::size_t arms = table.arms.size();
  std::vector<double> sum(arms, 0.0);
  for (std::size_t cell = 0; cell < table.quality.size(); ++cell) sum[cell % arms] += table.quality[cell];
  const auto [worst, best] = std::ranges::minmax_element(sum);
  const std::vector<bool> is_long = long_queries(table);
  const auto others = static_cast<double>(arms - 1);
  const double other = std::min(1 / static_cast<double>(arms), std::max(policy.least, policy.rest / others));
  const double preferred = 1 - other * others;
  OutcomeLog log;
  Random random(seed);
  for (std::size_t turn = 0; turn < table.turns(); ++turn) {
    auto arm = static_cast<std::size_t>((is_long[turn] ? best : worst) - sum.begin());
    double propensity = preferred;
    if (random.uniform() >= preferred) {
      arm = (arm + 1 + random.below(arms - 1)) % arms;
      propensity = other;
    }
    log.arm.push_back(static_cast<std::uint8_t>(arm));
    log.propensity.push_back(propensity);
  }
  return log;
}

}  // namespace offload
