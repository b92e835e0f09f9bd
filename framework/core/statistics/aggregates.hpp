// Summary figures over runs and tasks as rliable defines them (statistics.md): they say more than a mean
// about rows that are measured a few times in several cells.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

// The figure of nothing.
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Summed first to last; NaN of none.
double mean_of(std::span<const double> values);
double mean_score(const ScoreMatrix& scores);
// Mean of what is left after floor(.25 x runs x tasks) values are dropped at each end.
double interquartile_mean(const ScoreMatrix& scores);
// Median over tasks of the per-task means.
double median_of_task_means(const ScoreMatrix& scores);
// 1 - mean(min(score, 1)), for normalised scores.
double optimality_gap(const ScoreMatrix& scores);
// Share of values strictly above each tau.
std::vector<double> performance_profile(const ScoreMatrix& scores, const std::vector<double>& taus);
// Mean over tasks of the share of pairs of runs in which x beats y, ties counted half. Both matrices have the
// same tasks.
double probability_of_improvement(const ScoreMatrix& x, const ScoreMatrix& y);

}  // namespace offload
