// What an agent or a reward may answer, whichever way the answer comes: bounds, and checks that throw
// Error(plugin) in its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace offload {

inline constexpr std::size_t kIdMax = 64, kSummaryMax = 1000;
inline constexpr int kSlotsMax = 65536, kScalarsMax = 1000, kFactsMax = 100;
inline constexpr std::size_t kFactBytesMax = 1000;
// What stands in an action that was not written.
inline constexpr std::int32_t kNoAction = std::numeric_limits<std::int32_t>::min();

// `file` names who says it. Throws Error(plugin) unless it is of the form [a-z0-9][a-z0-9-]*.
void require_plugin_id(std::string_view id, const std::string& file);

// Each in 0 .. actions - 1.
void require_actions(std::span<const std::int32_t> action, int actions, const std::string& owner);

// Each a number whose size is at most kMostReward. `first`: the outcome that the first one is of.
void require_rewards(std::span<const double> reward, const std::string& owner, std::int64_t first = 0);

// Adds what an update reports to `all`, and returns it.
std::int64_t add_gradient_steps(std::int64_t reported, std::int64_t& all, const std::string& owner);

}  // namespace offload
