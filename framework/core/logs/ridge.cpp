#include "core/logs/ridge.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "offload/portable_math.hpp"
#include "offload/random.hpp"

namespace offload::logs {
namespace {

constexpr double kPenalty = 5;

bool in_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c < 0; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

Features features_of(std::string_view text, int task) {
  std::map<std::uint32_t, double> count;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? lower(text[i]) : ' ';
    if (in_word(c)) {
      word = mix(word + static_cast<unsigned char>(c) + 1);
    } else if (word != 0) {
      count[static_cast<std::uint32_t>(word % kBuckets)] += 1;
      word = 0;
    }
  }
  Features features;
  double square = 0;
  for (const auto& [bucket, times] : count) {
    features.push_back({bucket, portable_log(1 + times)});
    square += features.back().value * features.back().value;
  }
  for (Feature& f : features) f.value /= std::sqrt(square);
  features.push_back({kBuckets, 1});
  if (task >= 0) features.push_back({kBuckets + 1 + static_cast<std::uint32_t>(task), 1});
  return features;
}

std::size_t dimensions(std::size_t tasks) { return kBuckets + 1 + tasks; }

void Ridge::add(const Features& x, double y) {
  ++seen_;
  for (const Feature& a : x) {
    moment_[a.index] += a.value * y;
    // The lower triangle alone.
    for (const Feature& b : x) {
      if (b.index > a.index) break;
      gram_[a.index * size_ + b.index] += a.value * b.value;
    }
  }
}

// Cholesky in place, then two triangular systems.
void Ridge::solve() {
  for (std::size_t i = 0; i < size_; ++i) gram_[i * size_ + i] += i == kBuckets ? 1e-6 : kPenalty;
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = gram_[i * size_ + j];
      for (std::size_t k = 0; k < j; ++k) sum -= gram_[i * size_ + k] * gram_[j * size_ + k];
      gram_[i * size_ + j] = i == j ? std::sqrt(sum) : sum / gram_[j * size_ + j];
    }
  }
  weight_ = moment_;
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t k = 0; k < i; ++k) weight_[i] -= gram_[i * size_ + k] * weight_[k];
    weight_[i] /= gram_[i * size_ + i];
  }
  for (std::size_t i = size_; i-- > 0;) {
    for (std::size_t k = i + 1; k < size_; ++k) weight_[i] -= gram_[k * size_ + i] * weight_[k];
    weight_[i] /= gram_[i * size_ + i];
  }
}

double Ridge::predict(const Features& x) const {
  if (seen_ == 0) return .5;
  double sum = 0;
  for (const Feature& f : x) sum += f.value * weight_[f.index];
  return sum;
}

}  // namespace offload::logs
