// The card of a collected data set: who answered, what it cost, what is missing, and what it does not prove.
#pragma once

#include <string>
#include <vector>

#include "gateway/collect/episode.hpp"

namespace offload {

// Markdown. No text of a question or answer, no key.
std::string card_text(const CollectPlan& plan, const Dialogues& dialogues,
                      const std::vector<CollectedEpisode>& episodes, const CallTotals& totals);
// US dollars with six digits; what has no limit is "no limit".
std::string usd_text(std::int64_t pusd);

}  // namespace offload
