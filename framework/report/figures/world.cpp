#include "report/figures/world.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/counted.hpp"
#include "report/figures/action_kinds.hpp"
#include "report/text/statements.hpp"

namespace offload {
namespace {

// The suite's reward and what it was given, as the resolved suite has it.
std::string reward_of(const ReportPlan& plan) {
  const auto suite = nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  if (!suite.is_object() || !suite.contains("reward")) return {};
  return suite["reward"].value("plugin", "");
}

bool weighs_relative_amounts(const ReportPlan& plan) {
  const auto suite = nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  if (!suite.is_object() || !suite.contains("reward")) return false;
  const auto parameters = suite["reward"].value("parameters", nlohmann::json::object());
  return parameters.value("latency", 0.0) > 0 || parameters.value("cost", 0.0) > 0;
}

// Empty where the suite promises nothing.
std::string promise(const ReportPlan& plan) {
  const auto suite = nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  if (!suite.is_object() || !suite.contains("evaluation")) return {};
  const auto margin = suite["evaluation"].value("margin", nlohmann::json::object());
  if (!margin.is_object() || !margin.contains("share") || !margin["share"].is_number()) return {};
  return fmt::format(
      "Agents and masks see limits lowered by a margin that promises at most {:g} % of sessions over budget, "
      "calibrated on sessions held out of the training side.",
      margin["share"].get<double>() * 100);
}

std::string origin(const ReportWorld& world) {
  return fmt::format("From {}{}; {}.", world.source.empty() ? "a source that is not named" : world.source,
                     world.commit.empty() ? "" : ", " + world.commit,
                     world.licence.empty() ? "licence not stated" : "licence " + world.licence);
}

std::string amounts(const ReportWorld& world) {
  const std::string cost =
      world.cost == "calls" ? fmt::format("cost counts calls of {}", world.calls_of)
      : world.cost == "absent"
          ? "costs are not known"
          : "costs are in USD" +
                (world.price_date.empty() ? "" : fmt::format(", by prices of {}", world.price_date));
  return fmt::format("Latency is {}, {}; declared to agents is {}, and every answer is charged what it took.",
                     world.latency, cost,
                     world.declared == "largest" ? "the largest of the training side by arm"
                     : world.declared == "price"
                         ? "the mean latency, and the price of the mean tokens, of the "
                           "training side by arm"
                         : "the mean of the training side by arm");
}

}  // namespace

std::vector<std::string> action_names(const ReportPlan& plan) {
  std::vector<std::string> names;
  const std::size_t actions = plan.consumption.size();
  const auto space = plan.world ? std::nullopt : action_space(actions);
  for (std::size_t a = 0; a < actions; ++a) {
    names.push_back(plan.world && a < plan.world->arms.size() ? plan.world->arms[a].name
                    : space                                   ? space->name(static_cast<int>(a))
                                                              : fmt::format("action {}", a));
  }
  return names;
}

std::string cost_unit(const ReportPlan& plan) {
  return plan.world && !plan.world->calls_of.empty() ? "calls" : "USD";
}

bool is_charged(const ReportPlan& plan, std::size_t amount) {
  return !plan.world || (amount == 0 ? plan.world->latency : plan.world->cost) != "absent";
}

std::string tier_rule(const ReportPlan& plan) {
  return plan.world ? ", by the upper end of the rate's 95 % interval where there is a budget" : "";
}

const char* limits_statement(const ReportPlan& plan) {
  return plan.world ? kWorldLimitsStatement : kLimitsStatement;
}

std::vector<std::string> world_sentences(const ReportPlan& plan) {
  if (!plan.world) return {};
  const ReportWorld& world = *plan.world;
  std::vector<std::string> sentences = {
      "Every arm's answer to every query is known: figures are look-ups, without a model of what another "
      "answer would have scored.",
      origin(world), amounts(world),
      fmt::format("Quality is on {:g} to {:g}, {}.", world.quality_low, world.quality_high,
                  world.draws_per_cell == 1 ? "one draw an arm"
                  : world.draws_per_cell == 0
                      ? "of a number of draws that is not stated"
                      : fmt::format("the mean of {}", counted(world.draws_per_cell, "draw")))};
  if (world.same_arm) {
    sentences.emplace_back(
        "Later turns of a session were answered after the same arm's earlier ones: the first choice binds.");
  }
  if (world.unknown_cells > 0) {
    sentences.push_back(fmt::format("{} {} not known; {}.", counted(world.unknown_cells, "outcome"),
                                    world.unknown_cells == 1 ? "is" : "are",
                                    world.unknown_masked
                                        ? "the mask leaves them out, and a row that steps on one fails"
                                        : "a row that steps on one fails"));
  }
  if (!plan.log_policy.empty()) {
    sentences.push_back(fmt::format(
        "Rows learn from a simulated log, one answer per query by the policy {}, through its model "
        "{} where they name no other (exact: from every outcome); what arms take is declared by "
        "that log.",
        plan.log_policy, plan.log_model));
  }
  if (std::string promised = promise(plan); !promised.empty()) sentences.push_back(std::move(promised));
  for (const std::string& invention : world.inventions)
    sentences.push_back(fmt::format("Not in the source: {}.", invention));
  return sentences;
}

std::vector<std::string> world_warnings(const ReportPlan& plan) {
  if (!plan.world) return {};
  std::vector<std::string> warnings;
  if (plan.consumption.size() == 2 && reward_of(plan) == "tmo-weighted" && weighs_relative_amounts(plan)) {
    warnings.emplace_back(
        "The reward scales latency and cost over the arms, and there are two: the dearer one pays the whole "
        "weight and the other nothing, however close they are. That may decide alone; take a reward in "
        "absolute "
        "units.");
  }
  return warnings;
}

}  // namespace offload
