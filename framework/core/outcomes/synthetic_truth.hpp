// What the synthetic generators know of their own data sets and no real file tells: the expected score of
// every turn under every action (dataset_statistics.md), for the `true_mean` response model.
#pragma once

#include <offload/portable_math.hpp>

#include <cstddef>
#include <vector>

namespace offload {

// Of "synthetic:N".
struct SyntheticTruth {
  int tasks = 0;
  int kinds = 0;             // action kinds: local, cloud with 0 .. modalities images
  std::vector<double> base;  // [tasks][kinds] without history
  double cloud_bonus = 0;    // per different image sent at an earlier turn of the episode, relative
  double local_bonus = 0;

  double mean(int task, int kind, int different_images_earlier, bool cloud) const {
    const auto cell =
        static_cast<std::size_t>(task) * static_cast<std::size_t>(kinds) + static_cast<std::size_t>(kind);
    return base[cell] * (1 + (cloud ? cloud_bonus : local_bonus) * different_images_earlier);
  }
};

// Of "scenario:M,C,T:N": a score is N(mu, deviation) clipped to [0, highest].
struct ScenarioTruth {
  double local = .7;
  double cloud = 1;
  double image_bonus = .1;
  double deviation = .3;
  double highest = 2;

  // `images_sent`: in the episode up to this turn, this turn included, an image sent twice counted twice.
  double location(bool sends_to_cloud, int images_sent) const {
    return sends_to_cloud ? cloud + image_bonus * images_sent : local;
  }
  // The expectation of the clipped score.
  double mean(bool sends_to_cloud, int images_sent) const {
    const double mu = location(sends_to_cloud, images_sent);
    const double low = -mu / deviation, high = (highest - mu) / deviation;
    return highest * below(-high) + mu * (below(high) - below(low)) -
           deviation * (density(high) - density(low));
  }

 private:
  // Of the standard normal distribution. The C library's erfc is not the same on every machine.
  static double density(double x) { return portable_exp(-x * x / 2) * 0.3989422804014327; }
  // The probability of less than x, to 2e-16: 1/2 + density(x) (x + x^3/3 + x^5/15 + ...).
  static double below(double x) {
    constexpr double kFar = 9;  // beyond it 1 or 0 to that precision
    if (x < -kFar || x > kFar) return x > 0 ? 1 : 0;
    double term = x, sum = x, before = 0;
    for (int i = 3; sum != before; i += 2) {
      before = sum;
      term *= x * x / i;
      sum += term;
    }
    return 0.5 + sum * density(x);
  }
};

}  // namespace offload
