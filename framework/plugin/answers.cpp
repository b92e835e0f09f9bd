#include "plugin/answers.hpp"

#include <algorithm>

#include "core/error.hpp"

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

std::int64_t add_gradient_steps(std::int64_t reported, std::int64_t& all, const std::string& owner) {
  if (reported < 0 || reported > kMostGradientSteps - all) {
    fail(ErrorKind::plugin, "{}: update reports {} gradient steps; expected at least 0 and at most {} in all",
         owner, reported, kMostGradientSteps);
  }
  all += reported;
  return reported;
}

}  // namespace offload
