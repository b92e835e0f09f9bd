#include "core/environment/text_features.hpp"

#include <offload/portable_math.hpp>
#include <offload/random.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/error.hpp"

namespace offload {
namespace {

constexpr double kLn2 = 0.6931471805599453, kLengthScale = 8;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

// 0: not a letter of a word.
unsigned char word_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 'A' && byte <= 'Z') return static_cast<unsigned char>(byte - 'A' + 'a');
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte > 127 ? byte : 0;
}

void count(std::uint64_t hash, std::vector<double>& bucket) {
  const std::uint64_t spread = mix(hash);
  bucket[spread % bucket.size()] += (spread & kSignBit) != 0 ? -1 : 1;
}

void count_words(std::string_view text, std::vector<double>& bucket) {
  std::uint64_t word = 0, before = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const unsigned char letter = i < text.size() ? word_letter(text[i]) : 0;
    if (letter != 0) {
      word = mix(word + letter);
    } else if (word != 0) {
      count(word, bucket);
      if (before != 0) count(stream(before, word), bucket);
      before = word;
      word = 0;
    }
  }
}

void append_features(std::string_view text, std::vector<double>& bucket, std::vector<float>& to) {
  std::ranges::fill(bucket, 0.0);
  count_words(text, bucket);
  double square = 0;
  for (const double b : bucket) square += b * b;
  const double scale = square > 0 ? std::sqrt(static_cast<double>(bucket.size()) / square) : 0;
  to.push_back(
      static_cast<float>(portable_log(1 + static_cast<double>(text.size())) / (kLn2 * kLengthScale)));
  for (const double b : bucket) to.push_back(static_cast<float>(b * scale));
}

}  // namespace

std::vector<float> text_features(std::string_view text, int buckets) {
  std::vector<double> bucket(static_cast<std::size_t>(buckets));
  std::vector<float> features;
  append_features(text, bucket, features);
  return features;
}

EpisodeTable with_text_features(const EpisodeTable& data, int buckets, const std::string& sha256) {
  if (!data.outcomes || data.outcomes->text_begin.empty()) {
    fail(ErrorKind::config, "text_features: {} has no texts of queries with known outcomes; leave it out",
         data.source);
  }
  const OutcomeTable& from = *data.outcomes;
  auto outcomes = std::make_shared<OutcomeTable>(from);
  outcomes->feature_names.emplace_back("text length");
  for (int b = 0; b < buckets; ++b) outcomes->feature_names.push_back(fmt::format("text {}", b));
  outcomes->features.clear();
  const std::size_t own = from.feature_names.size();
  std::vector<double> bucket(static_cast<std::size_t>(buckets));
  for (std::size_t turn = 0; turn < from.turns(); ++turn) {
    const auto first = from.features.begin() + static_cast<std::ptrdiff_t>(turn * own);
    outcomes->features.insert(outcomes->features.end(), first, first + static_cast<std::ptrdiff_t>(own));
    append_features(std::string_view(from.text).substr(from.text_begin[turn],
                                                       from.text_begin[turn + 1] - from.text_begin[turn]),
                    bucket, outcomes->features);
  }
  EpisodeTable table = data;
  table.sha256 = sha256;
  table.outcomes = std::move(outcomes);
  return table;
}

}  // namespace offload
