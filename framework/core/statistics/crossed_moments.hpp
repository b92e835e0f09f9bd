// What a mean over tests says, where a test is one episode evaluated in one run (statistics.md, "Intervals
// and tests"): runs and episodes are crossed random effects whose variances Henderson's method of moments
// finds, whatever runs tested whatever episodes. O(tests).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

// What a figure is claimed of; an interval without its claim says nothing.
enum class Claim {
  policies,    // P: these trained policies; only episodes are chance
  method,      // D: this method on this data set: other splits, trainings and episodes like its own
  fresh_data,  // F: this method on a fresh data set of this size
};

// Test i is episode[i] in run[i]; indices from 0, every pair at most once.
struct TestDesign {
  std::vector<std::uint32_t> run, episode;  // [tests]
  std::size_t runs = 0, episodes = 0;       // what the indices are below

  std::size_t tests() const { return run.size(); }
};

// Of the tests that have a value. The names in brackets are the spec's.
struct CrossedMoments {
  std::size_t tests = 0, runs = 0, episodes = 0;             // n, R, E: those that occur
  double mean = 0;                                           // m
  double total = 0, between_runs = 0, between_episodes = 0;  // T, Tr, Te
  double run_share = 0, episode_share = 0;                   // kr, ke
  double run = 0, episode = 0, residual = 0;                 // u, v, w: variances, may be negative
  double run_means_variance = 0;                             // S2; 0 with one run
  double method_variance = 0, method_degrees = 0;            // V_D, df; 0 with one run
  double policies_variance = 0;                              // of the mean over episodes as clusters
};

// `values` [tests]; NaN where a test is missing.
CrossedMoments crossed_moments(const TestDesign& design, std::span<const double> values);

// What is claimed of a mean, and what the runs are.
struct ClaimRule {
  Claim claim = Claim::method;
  bool runs_have_data = false;    // every run drew a data set of its own: F is a t test of the runs' means
  bool one_training_set = false;  // all runs trained on the same episodes: nothing is known of F
};

// A mean, its 95 % interval and the two-sided p that it is 0. Without variance the interval is the mean, and
// p is 1 for a mean of 0 and NaN otherwise: no verdict. Where nothing can be said (one run for the claims on
// methods, one episode for that on policies, no test), the interval is NaN, and p.
struct ClaimedMean {
  double mean = 0;
  Interval interval;
  double p = 1;
};

// P: t over episodes as clusters; D: V_D by crossed moments; F: V_D + S2 with runs - 1 degrees of freedom,
// which is approximate, or the t test of runs that have data of their own.
ClaimedMean claimed(const CrossedMoments& moments, const ClaimRule& rule, double confidence = .95);

// The interval alone: a p costs as much again.
Interval claimed_interval(const CrossedMoments& moments, const ClaimRule& rule);

// b - a of means of independent tests, each under its rule: the variances add up (Welch, Satterthwaite).
ClaimedMean claimed_difference(const CrossedMoments& a, const ClaimRule& rule_a, const CrossedMoments& b,
                               const ClaimRule& rule_b);

// 95 % interval of a rate from the moments of its 0s and 1s: Wilson's on as many independent tests as would
// have the claim's variance (Korn and Graubard), at most the number of episodes: few violations say nothing
// of how alike the tests of one episode are.
Interval claimed_rate(const CrossedMoments& moments, const ClaimRule& rule);

}  // namespace offload
