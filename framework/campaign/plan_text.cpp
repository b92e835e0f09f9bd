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

}  // namespace

std::string plan_text(const Plan& plan, const std::filesystem::path& folder, int columns) {
  constexpr int kBeside = 9;  // of a candidate's name: what stands before it, and that it was cut
  const auto longest = static_cast<std::size_t>(columns > 0 ? columns - kBeside : 200);
  std::string out;
  const auto add = [&out]<typename... T>(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<T>(values)...);
  };
  const Experiment& experiment = plan.experiment;
  add("suite     {}: {}\n", printable(experiment.suite.name), printable(experiment.suite.description));
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
  for (std::size_t r = 0; r < plan.agents.size(); ++r) {
    std::string parameters;
    for (const auto& [key, value] : plan.agents[r].parameters) {
      parameters += fmt::format("{}{} = {}", parameters.empty() ? "" : ", ", key, to_text(value));
    }
    add("  {:<14} {} {} {}\n", printable(experiment.suite.rows[r].name), plan.agents[r].info.id,
        plan.agents[r].info.version, parameters.empty() ? "" : "(" + printable(parameters, 400) + ")");
    const std::vector<Candidate>& candidates = experiment.suite.rows[r].candidates;
    if (!candidates.empty())
      add("    tuned among {} on every split\n", counted(candidates.size(), "candidate"));
    for (const Candidate& candidate : candidates) add("      {}\n", printable(candidate.name, longest));
    if (!plan.agents[r].problem.empty()) add("    problem: {}\n", printable(plan.agents[r].problem, 400));
  }
  add("{}; nothing was run\n", counted(plan.stored.trials.size(), "trial"));
  return out;
}

}  // namespace offload
