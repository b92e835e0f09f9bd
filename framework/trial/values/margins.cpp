#include "trial/values/margins.hpp"

#include <algorithm>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/margin_search.hpp"

namespace offload {
namespace {

// That can be kept at all by what is declared: known before any calibration session is looked at.
std::vector<int> margins_within(const Scenario& scenario, const Amounts& limit) {
  std::vector<int> margins = {0};
  for (int m = kMarginStep; m < 100; m += kMarginStep) {
    if (scenario.feasibility().any(lowered(limit, m))) margins.push_back(m);
  }
  return margins;
}

bool breaks(const Scenario& scenario, std::uint32_t session, const std::vector<std::uint16_t>& decisions,
            const Amounts& limit) {
  const EpisodeTable& data = scenario.data();
  if (decisions.size() != static_cast<std::size_t>(data.length(session))) {
    fail(ErrorKind::data, "{} for calibration session {}, which has {}",
         counted(decisions.size(), "decision"), data.id[session], counted(data.length(session), "turn"));
  }
  Amounts spent{};
  for (std::size_t t = 0; t < decisions.size(); ++t) {
    if (decisions[t] >= scenario.actions().size()) {
      fail(ErrorKind::data, "action {} is outside 0..{}", decisions[t], scenario.actions().size() - 1);
    }
    const Amounts taken = scenario.world()->at(data.turn(session, static_cast<int>(t)), decisions[t]).amounts;
    for (std::size_t k = 0; k < kResources; ++k) spent[k] += taken[k];
  }
  return spent[0] > limit[0] || spent[1] > limit[1];
}

}  // namespace

std::optional<CellMargin> calibrated_margin(const Experiment& experiment, const Split& split,
                                            std::size_t cell, const DecideCalibration& decide) {
  const std::optional<MarginSettings>& settings = experiment.suite.evaluation.margin;
  const Amounts& limit = experiment.cells[cell].limit;
  if (!settings || limit == Amounts{kUnlimited, kUnlimited}) return std::nullopt;
  const Scenario& scenario = experiment.scenario_of(split);
  const std::vector<std::uint32_t> group_of = groups_of(scenario.data());
  std::vector<std::uint32_t> groups;
  for (const std::uint32_t e : split.calibration) groups.push_back(group_of[e]);
  MarginSearch search(margins_within(scenario, limit), settings->share, groups);
  CellMargin margin;
  margin.share = settings->share;
  margin.sessions = static_cast<std::int64_t>(groups.size());
  margin.groups = static_cast<std::int64_t>(search.groups());
  while (const auto next = search.next()) {
    CalibrationPass pass{*next, 0, decide(*next)};
    if (pass.decisions.size() != groups.size()) {
      fail(ErrorKind::data, "a calibration decided {} of {}", pass.decisions.size(),
           counted(groups.size(), "session"));
    }
    std::vector<bool> over;
    for (std::size_t i = 0; i < groups.size(); ++i)
      over.push_back(breaks(scenario, split.calibration[i], pass.decisions[i], limit));
    pass.over = std::ranges::count(over, true);
    search.add(over);
    margin.passes.push_back(std::move(pass));
  }
  margin.kept = search.least().has_value();
  margin.margin_percent = search.least().value_or(0);
  return margin;
}

}  // namespace offload
