#include "campaign/plan_text.hpp"

#include <iterator>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

std::string budget_text(std::int64_t limit, int resource, const Consumption& consumption) {
  if (limit == kUnlimited) return "unlimited";
  const std::string cost = consumption.calls_of().empty() ? "USD" : "calls of " + consumption.calls_of();
  return fmt::format("{:g} {}", from_amount(limit, resource), resource == 0 ? "s" : printable(cost));
}

// What the suite sets, and how many defaults there are beside it; without any parameter nothing.
std::string parameters_text(const PluginSettings& settings, const ResolvedParameters& resolved) {
  std::string set;
  std::size_t defaults = 0;
  for (const auto& [key, value] : resolved) {
    if (settings.parameters.contains(key)) {
      set += fmt::format("{}{} = {}", set.empty() ? "" : ", ", key, to_text(value));
    } else {
      ++defaults;
    }
  }
  set = printable(set, 400);
  if (defaults > 0) {
    set += fmt::format("{}{}: describe {}", set.empty() ? "" : " and ", counted(defaults, "default"),
                       printable(settings.plugin, 200));
  }
  return set.empty() ? set : " (" + set + ")";
}

// A row, its sweep and what is wrong with it. Names of candidates are cut to `longest`.
std::string row_text(const RowSettings& row, const PlannedPlugin& plugin, std::size_t longest) {
  std::string out = fmt::format("  {:<14} {} {}{}\n", printable(row.name), plugin.info.id,
                                plugin.info.version, parameters_text(row.agent, plugin.parameters));
  if (!row.candidates.empty())
    out += fmt::format("    tuned among {} on every split\n", counted(row.candidates.size(), "candidate"));
  for (const Candidate& candidate : row.candidates)
    out += fmt::format("      {}\n", printable(candidate.name, longest));
  if (!plugin.problem.empty()) out += fmt::format("    problem: {}\n", printable(plugin.problem, 400));
  return out;
}

}  // namespace

std::string plan_text(const Plan& plan, const std::filesystem::path& folder, int columns) {
  constexpr int kBeside = 9;  // of a candidate's name: what stands before it, and that it was cut
  const auto longest = static_cast<std::size_t>(columns > 0 ? columns - kBeside : 200);
  std::string out;
  const auto add = [&out]<typename... T>(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<T>(values)...);
  };
  const Experiment& experiment = plan.experiment;
  add("suite     {}{}{}\n", printable(experiment.suite.name),
      experiment.suite.description.empty() ? "" : ": ", printable(experiment.suite.description));
  add("data      {}\n", printable(data_sentence(plan.stored)));
  add("profile   {}\n", plan.stored.profile);
  add("results   {}\n", folder.string());
  add("cells     {}\n", experiment.cells.size());
  for (const BudgetCell& cell : experiment.cells) {
    const Consumption& consumption = experiment.environment().consumption();
    add("  {:<14} latency {}, cost {}\n", printable(cell.name), budget_text(cell.limit[0], 0, consumption),
        budget_text(cell.limit[1], 1, consumption));
  }
  add("splits    {}\n", experiment.splits.size());
  for (const Split& split : experiment.splits) {
    add("  {:<14} {} training, {}, seed {}\n", split.name, split.train.size(),
        counted(split.test.size(), "test episode"), split.seed);
  }
  add("rows      {}\n", plan.agents.size());
  for (std::size_t r = 0; r < plan.agents.size(); ++r)
    out += row_text(experiment.suite.rows[r], plan.agents[r], longest);
  add("{}; nothing was run\n", counted(plan.stored.trials.size(), "trial"));
  return out;
}

}  // namespace offload
