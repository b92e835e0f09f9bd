// Rows that are trained on a log alone and then frozen, and the response models that judge them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world.hpp"

namespace offload::simulated_log {

// What a frozen row does with every query: probabilities [queries][arms].
struct Row {
  std::string name;
  std::vector<double> policy;
};

enum RowName : std::size_t { kRandom, kConstant, kTaskTable, kTextRidge, kBothRidge, kBoughtRouter, kRows };

// Trained on the log's training half: random (of nothing), the best constant arm, the best arm per task by
// shrunken means, linear models of the text, of text and task; and a text router that was fitted elsewhere,
// on every arm's outcome of the training half, as one that is bought.
std::vector<Row> train_rows(const World& world, const Log& log);

// A response model's expected outcome of every query and arm, [queries][arms].
using Predictions = std::vector<double>;

// The product's own models fitted on the training half of the log: "table" (shrunken mean per task and arm)
// or "knn". Arms past two are the actions of as many views as give enough of them.
Predictions product_model(const World& world, const Log& log, const std::string& model);
// "held_out" of the product's table model: for each test query one of all others of the test half.
Predictions held_out_table(const World& world, const Log& log);
// Linear models of text and task per arm, each fitted on the training half and, of two folds of the test
// half by prompt group, the other one: fit for doubly robust estimates on the test half.
Predictions cross_fitted_ridge(const World& world, const Log& log, std::uint64_t seed);

// Who does not know the logging policy guesses it: the shrunken share of the logged arm among all logged
// turns of its task, [queries of the test half].
std::vector<double> guessed_propensities(const World& world, const Log& log);

}  // namespace offload::simulated_log
