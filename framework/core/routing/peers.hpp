// Figures that other routing benchmarks print, each twice: "as published" is what the peer's program
// computes, quirks and all, so that numbers can be set beside its tables; "as defined" is the same idea made
// well-defined. Costs are in USD per query where nothing else is said; every function is pure, and NaN says
// "undefined".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace offload {

// What a row comes to at one setting of its dial: mean cost and mean quality.
struct CostQuality {
  double cost = 0, quality = 0;
};

// The upper hull from the cheapest point on as far as it rises, by ascending cost: what can be had by mixing.
// Of equally cheap points the best counts. Empty without points.
std::vector<CostQuality> rising_hull(std::vector<CostQuality> points);
// Points that no other beats in cost and quality, by ascending cost.
std::vector<CostQuality> pareto_frontier(std::vector<CostQuality> points);

// What both figures "as defined" are taken over, the same for all rows and comparisons: from the cheapest to
// the dearest constant arm. Every row may play the cheapest, so that point belongs to every curve.
struct CostRange {
  double low = 0, high = 0;   // low < high, else figures are NaN
  double quality_at_low = 0;  // of the cheapest arm
};

// AIQ (RouterBench). As published: the area under the rising hull from its cheapest point to `largest_cost`,
// flat past its dearest, DIVIDED BY `largest_cost`: the largest of all hulls compared, so that it depends on
// who else is there. As defined: the hull's mean height over the range.
double aiq_as_published(std::span<const CostQuality> points, double largest_cost);
double aiq_as_defined(std::span<const CostQuality> points, const CostRange& range);

// nAUC (MMR-Bench). As published: the mean height of the piecewise linear Pareto frontier over the row's own
// costs (NaN with fewer than two points). As defined: over the range.
double nauc_as_published(std::span<const CostQuality> points);
double nauc_as_defined(std::span<const CostQuality> points, const CostRange& range);

// Arena score (RouterArena): a weighted harmonic mean of quality and of where log cost lies between two
// bounds, 1 at the cheap one. As published a cost of 0 is NaN and one past the bounds leaves [0, 1]; as
// defined quality is clipped to [0, 1] and cost to the bounds, of which the lower is the floor.
struct ArenaScale {
  double beta = .1, cheap_usd_per_1k = .0044, dear_usd_per_1k = 200;
};
double arena_score_as_published(double quality, double usd_per_1k, const ArenaScale& scale = {});
double arena_score_as_defined(double quality, double usd_per_1k, const ArenaScale& scale = {});

// Of a pair of arms: mean quality when this share of the queries goes to the strong one.
struct CallPoint {
  double share = 0, quality = 0;
};
// Of sending queries to the strong arm one by one in this order: n + 1 points, from none to all. The three
// have one size > 0; `order` holds each index once.
std::vector<CallPoint> call_curve(std::span<const double> weak, std::span<const double> strong,
                                  std::span<const std::uint32_t> order);
// The order that knows the outcomes: by what the strong arm gains, most first; ties as they come.
std::vector<std::uint32_t> best_call_order(std::span<const double> weak, std::span<const double> strong);

// APGR (RouteLLM): the mean share of the gap weak -> strong that is recovered, over the share of strong
// calls, piecewise linear. As published: over the shares that the row's points (by ascending share) reach. As
// defined: over 0 to 1, with weak at 0 and strong at 1 as points of every curve; NaN unless strong > weak.
double apgr_as_published(std::span<const CallPoint> curve, double weak, double strong);
double apgr_as_defined(std::span<const CallPoint> curve, double weak, double strong);

// CPT (RouteLLM): the share of strong calls, 0 to 1, at which this part of the gap is recovered. As
// published: where the line first gets there, the last share if it never does (as an interpolation clamps).
double cpt_as_published(std::span<const CallPoint> curve, double weak, double strong, double part);
// As defined, for curves that fall as well: both NaN where the curve never gets there or strong <= weak.
struct CallThreshold {
  double first = 0;    // the least share that gets there
  double lasting = 0;  // the least from which on no larger share falls below; NaN where the end is below
};
CallThreshold cpt_as_defined(std::span<const CallPoint> curve, double weak, double strong, double part);

// Gain and Gap (LLMRouterBench). As published they are relative to a quality's zero, which few scales have;
// as defined they are differences.
struct GainAndGap {
  double over_best = 0;    // than the best constant arm: quality / best - 1; quality - best
  double over_random = 0;  // than a uniformly random arm, likewise
  double to_oracle = 0;    // 1 - quality / oracle; oracle - quality
};
GainAndGap gain_and_gap_as_published(double quality, double best, double random, double oracle);
GainAndGap gain_and_gap_as_defined(double quality, double best, double random, double oracle);

}  // namespace offload
