// In words: what the report's intervals and tests claim, and which rows cannot differ.
#pragma once

#include "report/figures/matched.hpp"

namespace offload {

// "D: these methods on this data set", for heads of tables.
std::string claim_name(const ClaimRule& rule);
// What the claim covers, and what it does not, in a sentence or two; of a world no response model sees
// anything.
std::string claim_sentence(const ClaimRule& rule, bool known_outcomes);

// Groups of complete rows whose decisions are the same in every test of every cell, by row.
std::vector<std::vector<std::size_t>> same_decisions(const MatchedTrials& matched,
                                                     const std::vector<RowFigures>& rows);
// "random, text-only and ppo take the same decisions".
std::string same_decisions_sentence(const std::vector<RowFigures>& rows,
                                    const std::vector<std::size_t>& group);

}  // namespace offload
