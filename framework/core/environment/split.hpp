// Which episodes train and which test. Indices are into the data set, ascending, so that every row sees the
// same test episodes in the same order. Where outcomes are known, queries of one prompt group never lie on
// both sides: what is drawn or cut are groups of episodes that share one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/environment/episode.hpp"

namespace offload {

struct Split {
  std::string name;       // "seed0", "r0f3", "ids"
  std::int64_t seed = 0;  // of the trials on this split
  std::vector<std::uint32_t> train, test;
  std::size_t set = 0;  // the data set that the indices are into, of several
  // Held out of the training side to calibrate a margin; empty where there is none.
  std::vector<std::uint32_t> calibration = {};

  // The stream of all randomness on this split: of the suite's seed, the split's and its name, so that folds
  // of one seed are independent runs. Rows share it: their differences are less noisy.
  std::uint64_t stream_of(std::uint64_t suite_seed) const;
};

// By episode, the first of those that share prompt groups with it, directly or by way of others.
std::vector<std::uint32_t> groups_of(const EpisodeTable& data);
// Whether any two do.
bool prompts_are_shared(const EpisodeTable& data);

// Moves a share of the training side's groups, drawn with `stream`, to the calibration. Throws Error(config)
// where either gets none.
void hold_out(const EpisodeTable& data, double share, std::uint64_t stream, Split& split);

// A share of the episodes, drawn with this seed, tests; the rest trains. Throws Error(config) when either
// side is empty.
Split ratio_split(const EpisodeTable& data, double test_ratio, std::int64_t seed);

// These ids test; these (or, with an empty list, all others) train. Throws Error(config) naming `place` for
// unknown, repeated or shared ids and for an empty side.
Split id_split(const EpisodeTable& data, const std::string& name, std::span<const std::int64_t> train_ids,
               std::span<const std::int64_t> test_ids, const std::string& place);

// The split that the data set states: its own training and test queries. Throws Error(config) where it states
// none, or an episode of both or of neither.
Split stated_split(const EpisodeTable& data);

// Throws Error(config) where a prompt group is on both sides of a split that names its episodes.
void require_groups_apart(const EpisodeTable& data, const Split& split);

// `folds` disjoint test sets of near-equal size, `repeats` times over, named r<repeat>f<fold>.
std::vector<Split> fold_splits(const EpisodeTable& data, int folds, int repeats, std::int64_t seed);

}  // namespace offload
