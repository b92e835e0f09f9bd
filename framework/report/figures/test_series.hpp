// The tests of a report as the statistics take them: which run tested which episode, and what a row has on
// every test. Several trainings on one split are averaged first, as is an episode that a run drew twice.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/statistics/crossed_moments.hpp"
#include "report/figures/matched.hpp"

namespace offload {

// One value per test of a row in a cell.
using TestValues = std::function<const std::vector<double>&(const CellColumns&)>;

// Of all splits of a plan; the arguments outlive it.
class TestSeries {
 public:
  TestSeries(const ReportPlan& plan, const MatchedTrials& matched);

  const TestDesign& design() const { return design_; }
  std::vector<std::string> run_names() const;
  const std::vector<std::int64_t>& episode_ids() const { return episode_ids_; }  // [episodes]
  // What every interval and test of the report claims.
  const ClaimRule& rule() const { return rule_; }

  // [tests] of `values_of`, which gives what a split's episodes have, or nothing: NaN there.
  std::vector<double> gathered(
      const std::function<std::span<const double>(std::size_t split)>& values_of) const;
  // [tests] of one of a row's columns.
  std::vector<double> gathered(const RowColumns& row, const std::vector<double>& column) const;
  // [tests] of a row, means over the cells `first` to `end` - 1; NaN where it did not finish.
  std::vector<double> of_row(std::size_t row, std::size_t first, std::size_t end,
                             const TestValues& values) const;

  CrossedMoments moments(const std::vector<double>& series) const { return crossed_moments(design_, series); }
  Interval interval(const std::vector<double>& series) const {
    return claimed_interval(moments(series), rule_);
  }
  ClaimedMean claimed(const std::vector<double>& series) const {
    return offload::claimed(moments(series), rule_);
  }

 private:
  const ReportPlan& plan_;
  const MatchedTrials& matched_;
  std::vector<std::vector<std::uint32_t>> test_;  // [splits][episodes of the split]: which test
  TestDesign design_;
  std::vector<std::int64_t> episode_ids_;
  ClaimRule rule_;
};

// Under the view of this index.
TestValues rewards_under(std::size_t view);

}  // namespace offload
