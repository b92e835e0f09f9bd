#include "plugin/answers.hpp"

#include <algorithm>
#include <cmath>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {
namespace {

constexpr std::int64_t kMostGradientSteps = 1'000'000'000'000;

}  // namespace

void require_plugin_id(std::string_view id, const std::string& file) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (id.empty() || id.size() > kIdMax || !plain(id[0]) ||
      !std::ranges::all_of(id, [&](char c) { return plain(c) || c == '-'; })) {
    fail(ErrorKind::plugin, "{}: its id '{}' is not of the form [a-z0-9][a-z0-9-]*; rename it", file,
         printable(id));
  }
}

void require_actions(std::span<const std::int32_t> action, int actions, const std::string& owner) {
  for (std::size_t i = 0; i < action.size(); ++i) {
    if (action[i] >= 0 && action[i] < actions) continue;
    if (action[i] == kNoAction) fail(ErrorKind::plugin, "{}: act wrote no action for row {}", owner, i);
    fail(ErrorKind::plugin, "{}: row {}: action {} is outside 0..{}", owner, i, action[i], actions - 1);
  }
}

void require_rewards(std::span<const double> reward, const std::string& owner, std::int64_t first) {
  const auto n = static_cast<std::int64_t>(reward.size());
  const std::int64_t i = first_unusable(reward.data(), n);
  if (i == n) return;
  const double found = reward[static_cast<std::size_t>(i)];
  const std::string value = std::isnan(found)   ? "NaN"
                            : std::isinf(found) ? "infinite"
                                                : fmt::format("{:g}", found);
  fail(ErrorKind::plugin, "{}: reward is {} for outcome {}", owner, value, first + i);
}

std::int64_t add_gradient_steps(std::int64_t reported, std::int64_t& all, const std::string& owner) {
  if (reported < 0 || reported > kMostGradientSteps - all) {
    fail(ErrorKind::plugin, "{}: update reports {}; expected at least 0 and at most {} in all", owner,
         counted(reported, "gradient step"), kMostGradientSteps);
  }
  all += reported;
  return reported;
}

}  // namespace offload
