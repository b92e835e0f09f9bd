// Folds by question: a fold holds out a few of a data set's questions and tests the episodes that ask one of
// them; only episodes that ask none train, so that no question of the fold is met in training. An episode
// stays whole: without some of its turns its budgets, which are for the dialogue, would mean something else.
// It is tested by every fold that holds out one of its questions.
#pragma once

#include <map>
#include <string>

#include "core/environment/episode.hpp"
#include "data/dataset.hpp"
#include "data/fold_file.hpp"

namespace offload {

// Cuts the questions into groups of `per_fold`, one per fold (q0, q1, ...), so that the folds test about
// equally many episodes: the same data give the same folds. `notes` are of the reading of `data`. Throws
// Error(config) where the groups do not come out even, where there are more than 1,000 questions, and for a
// fold that leaves no episode to train.
std::map<std::string, FoldIds> question_folds(const EpisodeTable& data, const DatasetNotes& notes,
                                              int per_fold);

// As read_fold_file reads it.
std::string fold_file_text(const std::map<std::string, FoldIds>& folds);

}  // namespace offload
