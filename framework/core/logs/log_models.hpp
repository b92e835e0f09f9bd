// Response models fitted on what a log of a table kept: what each says every arm's answer to every query
// would have scored. The truth of the table is never looked at but where it was logged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/simulation/scenario.hpp"

namespace offload {

// Linear in hashed words and the task, one model per arm (ridge.hpp).
inline constexpr const char* kWordsModel = "words";
// Models that rows can be trained on: the product's "table" and "knn", and "words".
std::vector<std::string> log_models();

// Of a scenario with a log, whose episodes are single queries: [turns][arms]. All arms past two are the
// actions of as many views as give enough of them. Deterministic.
using Predictions = std::vector<double>;
// One of log_models(), fitted on these episodes.
Predictions fitted_on_log(const std::string& model, const Scenario& scenario,
                          std::span<const std::uint32_t> episodes);
// The table model for each of these episodes fitted on all others of them; elsewhere 0.
Predictions held_out_of_log(const Scenario& scenario, std::span<const std::uint32_t> episodes);
// "words" for each of two folds of `tests`, cut by prompt group with the seed, fitted on `train` and the
// other fold; elsewhere 0: fit for doubly robust estimates on `tests`.
Predictions cross_fitted_on_log(const Scenario& scenario, std::span<const std::uint32_t> train,
                                std::span<const std::uint32_t> tests, std::uint64_t seed);

// Who does not know the logging policy guesses it: the shrunken share of the logged arm among all logged
// queries of its task, one for each of these episodes.
std::vector<double> guessed_propensities(const Scenario& scenario, std::span<const std::uint32_t> episodes);

}  // namespace offload
