// Features of queries, made of their texts: words and pairs of neighbouring words hashed into buckets.
// Nothing is learned or downloaded, and no outcome is looked at, so a test query's features say no more than
// its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/environment/episode.hpp"

namespace offload {

inline constexpr int kMostTextFeatures = 4096;

// `data` with 1 + buckets features behind its own: the text's length as log2(1 + bytes) / 8, then the
// buckets. Letters A-Z count as a-z, words are runs of ASCII letters, digits and bytes above 127; what falls
// into a bucket counts with a sign, and buckets are scaled to a mean square of 1 (all 0 for a text without
// words). The same on every machine. The table has the hash given. Throws Error(config) where queries have no
// texts, or outcomes are not known.
EpisodeTable with_text_features(const EpisodeTable& data, int buckets, const std::string& sha256);

// [1 + buckets] The features of one text, as those of a query with it.
std::vector<float> text_features(std::string_view text, int buckets);

}  // namespace offload
