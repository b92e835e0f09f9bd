// The best policy that ignores what it sees (statistics.md, "Static mix"): probabilities over actions that
// maximise the mean reward within a mean latency and a mean cost, by exact enumeration of the vertices.
#pragma once

#include <array>
#include <vector>

namespace offload {

// Probabilities [A] that maximise sum p_a reward_a subject to sum p = 1, p >= 0, sum p_a consumption[a][k] <=
// bound[k]; +infinity bounds nothing. Values within 1e-12 tie: to fewer actions, then to the lowest indices.
// Empty when no mix satisfies the bounds.
std::vector<double> best_static_mix(const std::vector<double>& reward,
                                    const std::vector<std::array<double, 2>>& consumption,
                                    const std::array<double, 2>& bound);

}  // namespace offload
