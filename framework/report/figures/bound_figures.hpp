// What a world with known outcomes bounds and how far rows get, and the figures that other routing benchmarks
// print of them. In the place of the exact policies, which such a world does not have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/routing/gap_share.hpp"
#include "core/routing/peers.hpp"

namespace offload {

// Mean rewards on the tests; NaN where a policy is not known on one of them.
struct BoundCell {
  double hindsight = 0, hindsight_upper = 0;  // over the tests in which something fits; equal where exact
  std::int64_t inexact = 0;                   // tests in which hindsight is between bounds
  std::string constant;                       // the best constant arm, of each split where they differ
  double best_constant = 0, best_per_task = 0, random = 0;
  double constant_violations = 0, per_task_violations = 0;  // shares of tests over a budget
};

// A row in one cell; costs are NaN where the source has none.
struct PeerCell {
  double quality = 0, usd_per_1k = 0;  // mean per query
  double arena_as_published = 0, arena_as_defined = 0;
  GainAndGap as_published, as_defined;
  double strong_share = 0;  // of calls that went to the better of two arms; NaN with other numbers of arms
};

// A row over its cells, which are the points of its curves; NaN where inputs do not exist.
struct PeerRow {
  double aiq_as_published = 0, aiq_as_defined = 0, nauc_as_published = 0, nauc_as_defined = 0;
  double apgr_as_published = 0, apgr_as_defined = 0, cpt50_as_published = 0;
  CallThreshold cpt50_as_defined;
};

// In reward, with its 95 % interval over runs and sessions; NaN where it is not known.
struct Difference {
  double mean = 0;
  Interval interval;
};
struct Advantage {
  Difference constant, per_task;  // over the best constant and over the best arm per task
};

struct BoundFigures {
  std::vector<BoundCell> cells;              // empty of logged data, and unless every split has its bounds
  std::vector<std::vector<GapShare>> share;  // [rows of the suite][cells]; NaN without runs or a mix
  std::vector<GapShare> overall;             // [rows of the suite] tests averaged over cells
  std::vector<std::vector<Advantage>> advantage;  // [rows of the suite][cells + 1], the last over all cells
  std::vector<std::string> sentences;             // whether what rows see of the queries helps them
  double oracle_quality = 0;                      // the best arm of every query, without budgets
  std::string luck;                               // in a sentence, what of it is luck
  std::vector<std::vector<PeerCell>> peers;       // [rows of the suite][cells]; of a row without runs empty
  std::vector<PeerRow> peer_rows;                 // [rows of the suite]
  CostRange range;  // of AIQ and nAUC as defined, USD per query; NaN without costs
};

}  // namespace offload
