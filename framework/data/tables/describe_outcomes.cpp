#include "data/tables/describe_outcomes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "core/error.hpp"
#include "core/routing/arms.hpp"
#include "core/routing/peers.hpp"
#include "data/tables/describe_arms.hpp"
#include "data/tables/table_meta.hpp"
#include "files/suggestion.hpp"

namespace offload {
namespace {

using Json = nlohmann::ordered_json;
using Turns = std::vector<std::uint32_t>;

Turns turns_of(const EpisodeTable& table, const std::string& task) {
  Turns turns;
  const auto found = std::ranges::find(table.tasks, task);
  if (!task.empty() && found == table.tasks.end()) {
    fail(ErrorKind::config, "--task: no task '{}'{}; tasks: {}", printable(task),
         suggestion(task, table.tasks), printable(fmt::format("{}", fmt::join(table.tasks, ", ")), 2000));
  }
  const auto id = static_cast<std::uint8_t>(found - table.tasks.begin());
  for (std::uint32_t t = 0; t < table.turns(); ++t) {
    if (task.empty() || table.task[t] == id) turns.push_back(t);
  }
  return turns;
}

Json oracle_json(const OutcomeTable& table, const QueryOracle& oracle) {
  Json calls = Json::object();
  for (std::size_t a = 0; a < table.arms.size(); ++a) {
    if (oracle.calls[a] > 0) calls[table.arms[a].name] = oracle.calls[a];
  }
  Json json = {{"acc", number_or_null(oracle.quality)}, {"latency_s", number_or_null(oracle.latency_s)}};
  add_cost_figures(oracle.quality, oracle.cost_usd, json);
  json["calls"] = calls;
  json["reads_as"] = table.notes.draws_per_cell == 1
                         ? "upper bound, one draw per arm: partly luck, no regret to be closed"
                         : "upper bound: nobody knows outcomes beforehand";
  return json;
}

bool all_right_or_wrong(const OutcomeTable& table, const Turns& turns) {
  return std::ranges::all_of(turns, [&](std::uint32_t t) {
    for (std::size_t a = 0; a < table.arms.size(); ++a) {
      const double quality = table.quality[table.cell(t, a)];
      if (quality != table.notes.quality_low && quality != table.notes.quality_high) return false;
    }
    return true;
  });
}

// Two arms as RouteLLM reads them: the weak one is the worse on average.
Json pair_json(const OutcomeTable& table, const Turns& all, const std::vector<ArmMeans>& means) {
  const Turns turns = complete_turns(table, all);
  const std::size_t weak = means[1].quality < means[0].quality ? 1 : 0, strong = 1 - weak;
  Json json = {{"weak_arm", table.arms[weak].name}, {"strong_arm", table.arms[strong].name}};
  if (all_right_or_wrong(table, turns)) {
    const PairCounts counts = pair_counts(table, turns, weak, strong);
    const auto percent = [&](std::size_t n) {
      return 100 * static_cast<double>(n) / static_cast<double>(turns.size());
    };
    json.update({{"n", counts.queries},
                 {"weak", counts.weak},
                 {"strong", counts.strong},
                 {"weak_pct", percent(counts.weak)},
                 {"strong_pct", percent(counts.strong)},
                 {"weak_only", counts.weak_only},
                 {"strong_only", counts.strong_only},
                 {"both", counts.both},
                 {"neither", counts.neither},
                 {"either", counts.either()},
                 {"oracle_pct", percent(counts.either())},
                 {"oracle_strong_calls", counts.strong_only}});
  }
  std::vector<double> of_weak, of_strong;
  for (const std::uint32_t t : turns) {
    of_weak.push_back(table.quality[table.cell(t, weak)]);
    of_strong.push_back(table.quality[table.cell(t, strong)]);
  }
  if (turns.empty()) return json;
  const auto curve = call_curve(of_weak, of_strong, best_call_order(of_weak, of_strong));
  const double low = curve.front().quality, high = curve.back().quality;
  json["apgr_best_order"] = number_or_null(apgr_as_published(curve, low, high));
  json["cpt50_best_order_pct"] = number_or_null(100 * cpt_as_published(curve, low, high, .5));
  return json;
}

// Of conversations: means by turn, and what staying with the better arm of each conversation is worth.
Json conversations_json(const EpisodeTable& table, const Turns& turns, const QueryOracle& per_turn) {
  const OutcomeTable& outcomes = *table.outcomes;
  const std::size_t arms = outcomes.arms.size();
  const std::set<std::uint32_t> chosen(turns.begin(), turns.end());
  std::size_t n = 0, ties = 0;
  double oracle = 0;
  std::vector<std::vector<std::pair<double, std::size_t>>> by_turn;
  for (std::size_t e = 0; e < table.episodes(); ++e) {
    if (!chosen.contains(static_cast<std::uint32_t>(table.turn(e, 0)))) continue;
    std::vector<double> sum(arms);
    const auto length = static_cast<std::size_t>(table.length(e));
    if (by_turn.size() < length) by_turn.resize(length, std::vector<std::pair<double, std::size_t>>(arms));
    for (std::size_t t = 0; t < length; ++t) {
      for (std::size_t a = 0; a < arms; ++a) {
        const std::size_t turn = table.turn(e, static_cast<int>(t));
        const double quality = outcomes.is_known(turn, a) ? outcomes.quality[outcomes.cell(turn, a)] : NAN;
        sum[a] += quality;
        by_turn[t][a].first += quality;
        ++by_turn[t][a].second;
      }
    }
    const double best = *std::ranges::max_element(sum);
    ties += std::ranges::count(sum, best) > 1;
    oracle += best / static_cast<double>(length);
    ++n;
  }
  Json json = {{"n", n}, {"conversation_ties", ties}};
  json["oracle_per_conversation"] = number_or_null(oracle / static_cast<double>(n));
  json["oracle_per_turn_invented"] = number_or_null(per_turn.quality);
  for (std::size_t a = 0; a < arms; ++a) {
    Json list = Json::array();
    for (const auto& turn : by_turn)
      list.push_back(number_or_null(turn[a].first / static_cast<double>(turn[a].second)));
    json["by_turn"][outcomes.arms[a].name] = list;
  }
  return json;
}

// Per session: below `some_from` nobody can do more than the cheapest, from `all_from` on everybody
// everything.
Json choice_json(const EpisodeTable& table, const Turns& turns, const std::vector<std::int64_t>& column,
                 double unit) {
  if (column.empty()) return {};
  const OutcomeTable& outcomes = *table.outcomes;
  const std::set<std::uint32_t> chosen(turns.begin(), turns.end());
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t some = kNever, all = 0;
  for (std::size_t e = 0; e < table.episodes(); ++e) {
    std::int64_t cheapest = 0, dearest = 0, step = kNever;
    for (int i = 0; i < table.length(e); ++i) {
      const std::size_t turn = table.turn(e, i);
      if (!chosen.contains(static_cast<std::uint32_t>(turn))) continue;
      std::vector<std::int64_t> amounts;
      for (std::size_t a = 0; a < outcomes.arms.size(); ++a) {
        if (column[outcomes.cell(turn, a)] != kUnknownAmount)
          amounts.push_back(column[outcomes.cell(turn, a)]);
      }
      if (amounts.empty()) continue;
      std::ranges::sort(amounts);
      cheapest += amounts[0];
      dearest += amounts.back();
      if (amounts.size() > 1) step = std::min(step, amounts[1] - amounts[0]);
    }
    if (step != kNever) some = std::min(some, cheapest + step);
    all = std::max(all, dearest);
  }
  if (some == kNever) return {};
  return {{"some_from", static_cast<double>(some) / unit}, {"all_from", static_cast<double>(all) / unit}};
}

Json notes_json(const OutcomeNotes& notes) {
  return {{"source", notes.source},
          {"commit", notes.commit},
          {"sha256", notes.source_sha256},
          {"licence", licence_text(notes)},
          {"quality_scale", {notes.quality_low, notes.quality_high}},
          {"draws_per_cell", notes.draws_per_cell == 0 ? Json("not stated") : Json(notes.draws_per_cell)},
          {"latency", latency_name(notes.latency)},
          {"price_table_sha256", notes.price_table_sha256},
          {"price_table_date", notes.price_date},
          {"independence", notes.same_arm_path ? "same-arm-path" : "independent"},
          {"inventions", notes.inventions}};
}

// Of prompt groups, how often one comes again in another episode.
std::size_t repeated_prompts(const EpisodeTable& table, const Turns& turns) {
  std::set<std::pair<std::size_t, std::uint32_t>> places;
  std::set<std::uint32_t> groups;
  std::size_t episode = 0;
  for (const std::uint32_t t : turns) {
    while (table.first_turn[episode + 1] <= t) ++episode;
    places.emplace(episode, table.outcomes->prompt_group[t]);
    groups.insert(table.outcomes->prompt_group[t]);
  }
  return places.size() - groups.size();
}

Json tasks_json(const EpisodeTable& table, const Turns& turns) {
  Json tasks = Json::array();
  std::vector<Turns> of_task(table.tasks.size());
  for (const std::uint32_t t : turns) of_task[table.task[t]].push_back(t);
  for (std::size_t c = 0; c < of_task.size(); ++c) {
    if (of_task[c].empty()) continue;
    Json quality = Json::object();
    const std::vector<ArmMeans> means = arm_means(*table.outcomes, of_task[c]);
    for (std::size_t a = 0; a < means.size(); ++a)
      quality[table.outcomes->arms[a].name] = number_or_null(means[a].quality);
    tasks.push_back({{"task", table.tasks[c]}, {"n", of_task[c].size()}, {"acc", quality}});
  }
  return tasks;
}

Json aiq_json(const std::vector<ArmMeans>& means) {
  std::vector<CostQuality> points;
  double largest = 0, least = INFINITY, at_least = 0;
  for (const ArmMeans& arm : means) {
    if (!std::isfinite(arm.cost_usd)) return {};
    points.push_back({arm.cost_usd, arm.quality});
    largest = std::max(largest, arm.cost_usd);
    if (arm.cost_usd < least) least = arm.cost_usd, at_least = arm.quality;
  }
  return {{"as_published", number_or_null(aiq_as_published(points, largest))},
          {"as_defined", number_or_null(aiq_as_defined(points, {least, largest, at_least}))}};
}

}  // namespace

std::string licence_text(const OutcomeNotes& notes) {
  return notes.licence.empty() ? "licence not stated" : notes.licence;
}

nlohmann::ordered_json describe_outcomes(const EpisodeTable& table, const std::string& task) {
  const OutcomeTable& outcomes = *table.outcomes;
  const Turns turns = turns_of(table, task);
  const std::vector<ArmMeans> means = arm_means(outcomes, turns);
  const QueryOracle oracle = query_oracle(outcomes, turns);
  Json json = {{"source", table.source}, {"sha256", table.sha256}, {"world", notes_json(outcomes.notes)}};
  if (!task.empty()) json["task"] = task;
  std::size_t known = 0;
  std::vector<double> quality;
  for (std::size_t a = 0; a < means.size(); ++a) {
    known += means[a].known;
    quality.push_back(means[a].quality);
    json["models"][outcomes.arms[a].name] = arm_description(outcomes, turns, a, means[a]);
  }
  json["n"] = turns.size();
  json["episodes"] = table.episodes();
  json["domains"] = table.tasks.size();
  json["dup_prompts"] = repeated_prompts(table, turns);
  json["known_cells"] = known;
  json["cells"] = turns.size() * means.size();
  json["complete_queries"] = complete_turns(outcomes, turns).size();
  const std::size_t best = best_arm(quality);
  json["best_constant"] = {{"arm", outcomes.arms[best].name}, {"acc", number_or_null(quality[best])}};
  json["oracle"] = oracle_json(outcomes, oracle);
  json["ties_at_best"] = oracle.ties_at_best;
  json["all_equal"] = oracle.all_equal;
  json["all_right"] = oracle.at_high;
  json["none_right"] = oracle.at_low;
  json["aiq_of_constants"] = aiq_json(means);
  json["choice"] = {{"latency_s", choice_json(table, turns, outcomes.latency_ns, 1e9)},
                    {"cost_usd", choice_json(table, turns, outcomes.cost_pusd, 1e12)}};
  const bool conversations = table.longest() > 1;
  if (means.size() == 2 && !conversations) json["pair"] = pair_json(outcomes, turns, means);
  if (conversations) json["conversations"] = conversations_json(table, turns, oracle);
  json["tasks"] = tasks_json(table, turns);
  return json;
}

}  // namespace offload
