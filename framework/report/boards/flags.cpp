#include "report/boards/flags.hpp"

#include <algorithm>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "core/statistics/tests.hpp"
#include "offload/random.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kFlagTest = 0x666c6167;  // "flag"
constexpr std::int64_t kFlagFlips = 19'999;

// Where the causal oracle is the best that can be expected; empty where the suite does not score so.
std::optional<std::size_t> planning_view(const ReportPlan& plan, const std::vector<ScoreView>& views) {
  const auto found =
      std::ranges::find_if(views, [&](const ScoreView& view) { return planned_on(plan, view); });
  if (found == views.end()) return std::nullopt;
  return static_cast<std::size_t>(found - views.begin());
}

class FlagBuilder {
 public:
  FlagBuilder(const ReportPlan& plan, const MatchedTrials& trials, const TestSeries& tests,
              const MatchedReferences& references, const Report& report)
      : plan_(plan),
        trials_(trials),
        tests_(tests),
        references_(references),
        report_(report),
        view_(planning_view(plan, report.views)) {}

  std::vector<Flag> build() {
    for (std::size_t row = 0; row < report_.rows.size(); ++row) {
      if (report_.rows[row].finished > 0 && !report_.rows[row].fresh_copies) flag_copies(row);
      for (std::size_t c = 0; c < plan_.cells.size(); ++c) flag_contradictions(row, c);
      if (!view_ || !references_.complete() || references_.of_world() ||
          report_.rows[row].status != RowStatus::complete)
        continue;
      bool leads = true;
      for (std::size_t c = 0; c < plan_.cells.size(); ++c) {
        const bool first_tier = report_.rows[row].cell[c].view[*view_].tier == 1;
        leads = leads && first_tier;
        if (first_tier) flag_above(row, c, c + 1);
      }
      if (leads && plan_.cells.size() > 1) flag_above(row, 0, plan_.cells.size());
    }
    return std::move(flags_);
  }

 private:
  void add(Flag flag, const std::string& words) {
    const std::string cell = flag.cell ? " in cell " + text::shown(plan_.cells[*flag.cell].name, 40) : "";
    flag.sentence = fmt::format("Row {}{}: {}", text::shown(plan_.rows[flag.row].name, 40), cell, words);
    flags_.push_back(std::move(flag));
  }

  void flag_copies(std::size_t row) {
    add({row, std::nullopt, Flag::What::no_fresh_copies, 0, std::nullopt, {}},
        fmt::format(
            "evaluated without fresh copies of the agent, as its process has threads or processes of its own "
            "and no checkpoint that decides alike: it may remember a test episode from one cell to the "
            "next{}.",
            may_lead(plan_, report_.rows[row]) ? "" : ", and cannot be of tier 1 of " + plan_.task.name));
  }

  void flag_contradictions(std::size_t row, std::size_t c) {
    std::int64_t count = 0, tests = 0;
    for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
      const auto trial = trials_.finished(row, split);
      if (!trial || !trial->cells[c].contradictions) continue;
      count += *trial->cells[c].contradictions;
      tests += static_cast<std::int64_t>(trial->episode_ids->size());
    }
    if (count == 0) return;
    add({row, c, Flag::What::contradiction, static_cast<double>(count), std::nullopt, {}},
        fmt::format("in {} of {} it decides otherwise than the policy whose exact value is given: one "
                    "of the two is not of the policy that was trained.",
                    count, counted(tests, "test")));
  }

  // [tests] gains over the oracle, means over cells; empty where it has no rewards. Where the row breaks a
  // budget, which the oracle may not, it gains nothing by it.
  std::vector<double> gains(std::size_t row, std::size_t first_cell, std::size_t end_cell) const {
    const ScoreView& view = report_.views[*view_];
    const auto columns = trials_.trials.columns(row);
    std::vector<double> mean(tests_.design().tests(), 0.0);
    for (std::size_t c = first_cell; c < end_cell; ++c) {
      std::vector<double> of_split;
      const CellColumns& cell = columns->cells[c];
      const std::vector<double> of_cell = tests_.gathered([&](std::size_t split) -> std::span<const double> {
        const ReferenceScores* oracle = scores_of(references_.split[split]->cells[c], view);
        const auto rewards = columns->of_split(cell.view[*view_].reward, split);
        if (oracle == nullptr || oracle->causal.size() != rewards.size()) return {};
        of_split.assign(rewards.begin(), rewards.end());
        for (std::size_t e = 0; e < of_split.size(); ++e) {
          of_split[e] -= oracle->causal[e];
          if (cell.violated[columns->begin(split) + e] != 0) of_split[e] = std::min(of_split[e], 0.0);
        }
        return of_split;
      });
      for (std::size_t i = 0; i < mean.size(); ++i)
        mean[i] += of_cell[i] / static_cast<double>(end_cell - first_cell);
    }
    return mean;
  }

  // That of all flips; where the first of them, which are the same, show that it will be at least kFlagLevel,
  // that level: of most rows they do.
  static double p_above(const std::vector<double>& gain, std::uint64_t seed) {
    for (std::int64_t flips = 256; flips < kFlagFlips; flips *= 16) {
      const double as_large = sign_flip_above(gain, flips, seed) * static_cast<double>(1 + flips);
      if (as_large >= kFlagLevel * static_cast<double>(1 + kFlagFlips) + .5) return kFlagLevel;
    }
    return sign_flip_above(gain, kFlagFlips, seed);
  }

  // Claim P: it is these policies, on these episodes, that know too much.
  void flag_above(std::size_t row, std::size_t first_cell, std::size_t end_cell) {
    const std::vector<double> by_test = gains(row, first_cell, end_cell);
    const TestDesign& design = tests_.design();
    std::vector<double> gain(design.episodes, 0.0), count(design.episodes, 0.0);
    for (std::size_t i = 0; i < by_test.size(); ++i) {
      gain[design.episode[i]] += by_test[i];
      ++count[design.episode[i]];
    }
    for (std::size_t e = 0; e < gain.size(); ++e) gain[e] /= count[e];
    const double mean = mean_of(gain);
    if (!(mean > 0)) return;
    const double p = p_above(gain, stream(kFlagTest, row, first_cell, end_cell));
    if (p >= kFlagLevel) return;
    const bool one = end_cell - first_cell == 1;
    add({row, one ? std::optional(first_cell) : std::nullopt, Flag::What::above_causal, mean, p, {}},
        fmt::format("its test reward is {:.3g} above that of the exact causal oracle on the same {}"
                    "{} (one-sided p = {:.2g}): more than can be expected of an agent that does not "
                    "know what comes.",
                    mean, counted(gain.size(), "episode"), one ? "" : ", over all cells", p));
  }

  const ReportPlan& plan_;
  const MatchedTrials& trials_;
  const TestSeries& tests_;
  const MatchedReferences& references_;
  const Report& report_;
  const std::optional<std::size_t> view_;
  std::vector<Flag> flags_;
};

}  // namespace

bool may_lead(const ReportPlan& plan, const RowFigures& row) {
  const bool official = !plan.task.name.empty() && plan.task.altered.empty();
  return row.fresh_copies || !official;
}

std::vector<Flag> flags_of(const ReportPlan& plan, const MatchedTrials& trials, const TestSeries& tests,
                           const MatchedReferences& references, const Report& report) {
  return FlagBuilder(plan, trials, tests, references, report).build();
}

}  // namespace offload
