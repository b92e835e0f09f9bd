#include "gateway/collect/card.hpp"

#include <fmt/chrono.h>

#include <ctime>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::size_t kListedMost = 50;

std::string date_of(std::int64_t ms) {
  if (ms == 0) return "never";
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

double usd_per_million(std::int64_t pusd) { return static_cast<double>(pusd) * 1e-6; }

std::string models_of(const std::set<std::string>& models) {
  std::string text;
  for (const std::string& model : models) text += (text.empty() ? "" : ", ") + printable(model);
  return text.empty() ? "-" : text;
}

std::string prices_of(const Price& price) {
  return fmt::format("{:.6g}, {:.6g}, {:.6g}, {:.6g}", usd_per_million(price.input),
                     usd_per_million(price.cached), usd_per_million(price.output),
                     from_amount(price.image, 1));
}

std::string roles_table(const CollectPlan& plan, const CallTotals& totals) {
  std::string text =
      "| role | model asked for | models that answered | input, cached, output in USD per million tokens, "
      "USD per "
      "image | calls | failed | tokens | USD |\n|---|---|---|---|---|---|---|---|\n";
  for (std::size_t r = 0; r < kRoles; ++r) {
    if (!plan.roles[r]) continue;
    const EndpointSettings& end = *plan.roles[r];
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", kRoleNames[r],
                        end.model.empty() ? "-" : printable(end.model), models_of(totals.models[r]),
                        prices_of(end.prices.at(0)), totals.calls[r], totals.failures[r], totals.tokens[r],
                        usd_text(totals.role_pusd[r]));
  }
  return text;
}

// Of dated prices the table has the first; all of them, with the files that they are from.
std::string dated_prices(const CollectPlan& plan) {
  std::string text;
  for (std::size_t r = 0; r < kRoles; ++r) {
    if (!plan.roles[r]) continue;
    for (const DatedPrice& one : plan.roles[r]->prices.dated()) {
      text += fmt::format("- {} from {}: {}; price table SHA-256 `{}`\n", kRoleNames[r], one.date,
                          prices_of(one.price), one.sha256);
    }
  }
  return text.empty() ? text : "\n## Dated prices\n\n" + text;
}

std::string list_of(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < kListedMost; ++i) text += "- " + lines[i] + "\n";
  if (lines.size() > kListedMost) text += fmt::format("- and {} more\n", lines.size() - kListedMost);
  return text;
}

}  // namespace

std::string usd_text(std::int64_t pusd) {
  if (pusd == kUnlimited) return "no limit";
  return fmt::format("{:.6f}", from_amount(pusd, 1));
}

std::string card_text(const CollectPlan& plan, const Dialogues& dialogues,
                      const std::vector<CollectedEpisode>& episodes, const CallTotals& totals) {
  std::size_t whole = 0, turns = 0, estimated = 0;
  std::vector<std::string> lost;
  for (const CollectedEpisode& episode : episodes) {
    whole += episode.whole();
    if (!episode.whole()) lost.push_back(episode.lost);
    for (const CollectedTurn& turn : episode.turns) {
      if (!episode.whole()) continue;
      ++turns;
      estimated += turn.answer.estimated;
    }
  }
  const std::string policy =
      plan.agent ? fmt::format("row `{}` of a suite; it states no probabilities", printable(plan.agent->row))
                 : fmt::format(
                       "random: local {}, cloud from text {}, cloud with views {} in all; every turn's own "
                       "probability is its `propensity`",
                       plan.propensity[0], plan.propensity[1], plan.propensity[2]);
  std::string text = fmt::format("# {}\n\nCollected by offload-bench {} from {} to {} (UTC).\n\n", plan.name,
                                 OFFLOAD_VERSION, date_of(totals.first_ms), date_of(totals.last_ms));
  text += fmt::format(
      "- Dialogues: {}, {} each, SHA-256 `{}`; {} of the policy each\n- Plan: SHA-256 `{}`\n- "
      "Policy: "
      "{}\n- Judge: asked {} per turn, the order of the answers swapped from one to the next, up to {}"
      " "
      "each; score = its marks of the answer over its marks of the reference's\n- Episodes: {} whole with {}"
      ", "
      "{} left out\n- Turns whose cost is a bound, as the server told no usage: {}\n- Spent: {} USD, of "
      "which {} on "
      "calls that were open when a run was killed and are counted at their bounds\n\n",
      dialogues.all.size(), counted(dialogues.modalities, "view"), dialogues.sha256,
      counted(plan.draws, "draw"), plan.digest(), policy, counted(plan.judge_asks, "time"),
      counted(plan.judge_tries, "try"), whole, counted(turns, "turn"), episodes.size() - whole, estimated,
      usd_text(totals.spent_pusd), usd_text(totals.open_pusd));
  text += roles_table(plan, totals) + dated_prices(plan);
  if (!lost.empty()) text += "\n## Episodes left out\n\n" + list_of(lost);
  if (!totals.open.empty()) text += "\n## Calls left open by a kill\n\n" + list_of(totals.open);
  text +=
      "\n## What this is not\n\nLatencies are of the machine and network that collected. The judge is one "
      "model, "
      "whose marks were not set against people's. Which actions were logged is the policy's doing.\n";
  return text;
}

}  // namespace offload
