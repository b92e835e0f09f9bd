// A world with known outcomes as it is after its prices or latencies changed: the same queries and answers,
// charged otherwise.
#pragma once

#include <map>
#include <string>

#include "core/environment/episode.hpp"

namespace offload {

struct WorldDrift {
  std::map<std::string, TokenPrice> prices;     // by arm: its calls cost their numbers of tokens by this
  std::map<std::string, double> latency_times;  // by arm: its calls take as many times what they took
};

// `data`, whose outcomes are known, after the drift; arms that it does not name stay as they are. Throws
// Error(config) for an unknown arm, for numbers of tokens or latencies that the data do not have of every
// known call of the arm, and for a call of more than 10^4 USD or 10^6 s.
EpisodeTable drifted(const EpisodeTable& data, const WorldDrift& drift);

}  // namespace offload
