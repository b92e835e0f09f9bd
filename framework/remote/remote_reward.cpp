#include "remote/remote_reward.hpp"

#include <algorithm>
#include <limits>

#include "plugin/answers.hpp"

namespace offload {
namespace {

constexpr std::int32_t kOutcomesAtOnce = 4096;

}  // namespace

RemoteReward::RemoteReward(const std::filesystem::path& library, const Parameters& parameters,
                           const offload_environment& environment, const RemoteSettings& settings)
    : process_(library, environment, settings, {.outcomes = kOutcomesAtOnce}, FreshProcess::Kept::apart) {
  process_.create(library, parameters, environment, settings, to_string(PluginKind::reward));
}

void RemoteReward::score(const offload_outcomes& outcomes, double* reward) {
  std::int32_t from = 0;
  do {
    const std::int32_t n = std::min(outcomes.n - from, kOutcomesAtOnce);
    score_some(outcomes, from, n, reward + from);
    from += n;
  } while (from < outcomes.n);
}

void RemoteReward::score_some(const offload_outcomes& outcomes, std::int32_t from, std::int32_t n,
                              double* reward) {
  const TransportHeader& layout = process_.layout();
  const OutcomeOffsets& at = layout.scored;
  const std::ptrdiff_t amounts = std::ptrdiff_t{from} * layout.budgets;
  process_.put(at.action, outcomes.action + from, n);
  process_.put(at.quality, outcomes.quality + from, n);
  process_.put(at.association_raw, outcomes.association_raw + from, n);
  process_.put(at.association, outcomes.association + from, n);
  process_.put(at.consumed, outcomes.consumed + amounts, n, layout.budgets);
  process_.put(at.consumed_relative, outcomes.consumed_relative + amounts, n, layout.budgets);
  process_.put(at.limit, outcomes.limit + amounts, n, layout.budgets);
  process_.put(at.total, outcomes.total + amounts, n, layout.budgets);
  // What an earlier call left there must not pass for an answer.
  auto* const answered = process_.at<double>(at.reward);
  std::fill_n(answered, n, std::numeric_limits<double>::quiet_NaN());
  process_.header().scoring = n;
  process_.call(Operation::score);
  std::copy_n(answered, n, reward);
  require_rewards({reward, static_cast<std::size_t>(n)}, process_.owner(), from);
}

}  // namespace offload
