#include "report/figures/flags.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/statistics/tests.hpp"
#include "offload/random.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kFlagTest = 0x666c6167;  // "flag"
constexpr std::int64_t kFlagFlips = 19'999;

// Where the causal oracle is the best that can be expected: scored by what it was planned with. Empty where
// the suite does not score so, or a quirk scores otherwise.
std::optional<std::size_t> planning_view(const ReportPlan& plan, const std::vector<ScoreView>& views) {
  const nlohmann::json resolved = nlohmann::json::parse(plan.resolved_suite);
  const nlohmann::json environment = resolved.value("environment", nlohmann::json::object());
  const nlohmann::json quirks = environment.value("quirks", nlohmann::json::object());
  for (const char* quirk :
       {"evaluation_model_on_test", "raw_evaluation_association", "totals_within_window"}) {
    if (quirks.value(quirk, false)) return std::nullopt;
  }
  const ScoreView planned{"simulator", environment.value("response_model", "knn")};
  const auto found = std::ranges::find(views, planned);
  if (found == views.end()) return std::nullopt;
  return static_cast<std::size_t>(found - views.begin());
}

class FlagBuilder {
 public:
  FlagBuilder(const ReportPlan& plan, const MatchedTrials& trials, const MatchedReferences& references,
              const Report& report)
      : plan_(plan),
        trials_(trials),
        references_(references),
        report_(report),
        view_(planning_view(plan, report.views)) {}

  std::vector<Flag> build() {
    for (std::size_t row = 0; row < report_.rows.size(); ++row) {
      if (report_.rows[row].finished > 0 && !report_.rows[row].fresh_copies) flag_copies(row);
      for (std::size_t c = 0; c < plan_.cells.size(); ++c) flag_contradictions(row, c);
      if (!view_ || !references_.complete() || report_.rows[row].status != RowStatus::complete) continue;
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
            "evaluated without fresh copies of the agent, as its process has threads of its own and "
            "no checkpoint that decides alike: it may remember a test episode from one cell to the "
            "next{}.",
            may_lead(plan_, report_.rows[row]) ? "" : ", and cannot be of tier 1 of " + plan_.task.name));
  }

  void flag_contradictions(std::size_t row, std::size_t c) {
    std::int64_t count = 0, tests = 0;
    for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
      const CondensedTrial* trial = trials_.finished(row, split);
      if (trial == nullptr || !trial->cells[c].contradictions) continue;
      count += *trial->cells[c].contradictions;
      tests += static_cast<std::int64_t>(trial->episode_ids->size());
    }
    if (count == 0) return;
    add({row, c, Flag::What::contradiction, static_cast<double>(count), std::nullopt, {}},
        fmt::format("in {} of {} tests it decides otherwise than the policy whose exact value is given: one "
                    "of the two is not of the policy that was trained.",
                    count, tests));
  }

  // Differences to the oracle, by episode, over runs and cells. Where the row breaks a budget, which the
  // oracle may not, it gains nothing by it.
  std::map<std::int64_t, std::vector<double>> differences(std::size_t row, std::size_t first_cell,
                                                          std::size_t end_cell) const {
    std::map<std::int64_t, std::vector<double>> by_episode;
    for (std::size_t c = first_cell; c < end_cell; ++c) {
      for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
        const CondensedTrial& trial = *trials_.finished(row, split);
        const ReferenceScores* oracle = scores_of(references_.split[split]->cells[c], report_.views[*view_]);
        const std::vector<double>& reward = scores_of(trial.cells[c], report_.views[*view_]).reward;
        if (oracle == nullptr || oracle->causal.size() != reward.size()) return {};
        for (std::size_t e = 0; e < reward.size(); ++e) {
          const double gain = reward[e] - oracle->causal[e];
          by_episode[(*trial.episode_ids)[e]].push_back(trial.cells[c].violated[e] ? std::min(gain, 0.0)
                                                                                   : gain);
        }
      }
    }
    return by_episode;
  }

  void flag_above(std::size_t row, std::size_t first_cell, std::size_t end_cell) {
    const auto by_episode = differences(row, first_cell, end_cell);
    PairedValues values{2, by_episode.size(), {}};
    double mean = 0;
    for (const auto& [id, gains] : by_episode) {
      double sum = 0;
      for (const double gain : gains) sum += gain;
      values.value.push_back(sum / static_cast<double>(gains.size()));
      values.value.push_back(0);
      mean += sum / static_cast<double>(gains.size() * by_episode.size());
    }
    if (!(mean > 0)) return;
    const double p =
        sign_flip_tests(values, kFlagFlips, stream(kFlagTest, row, first_cell, end_cell))[0].p / 2;
    if (p >= kFlagLevel) return;
    const bool one = end_cell - first_cell == 1;
    add({row, one ? std::optional(first_cell) : std::nullopt, Flag::What::above_causal, mean, p, {}},
        fmt::format("its test reward is {:.3g} above that of the exact causal oracle on the same {} "
                    "episodes{} (one-sided p = {:.2g}): more than can be expected of an agent that does not "
                    "know what comes.",
                    mean, by_episode.size(), one ? "" : ", over all cells", p));
  }

  const ReportPlan& plan_;
  const MatchedTrials& trials_;
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

std::vector<Flag> flags_of(const ReportPlan& plan, const MatchedTrials& trials,
                           const MatchedReferences& references, const Report& report) {
  return FlagBuilder(plan, trials, references, report).build();
}

}  // namespace offload
