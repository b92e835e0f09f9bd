#include "cli/datasets/datasets_outcomes.hpp"

#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/text/terminal.hpp"
#include "report/text/text.hpp"

namespace offload::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{:.6g}", value.get<double>());
}

// In columns, where figures stand below each other: of quality and seconds, and of dollars.
std::string fixed(const Json& value) { return value.is_null() ? "-" : text::fixed(value.get<double>(), 3); }
std::string cost(const Json& value) { return value.is_null() ? "-" : text::cost(value.get<double>()); }

void print_world(const Json& world) {
  const auto text = [&](const char* key) { return printable(world[key].get<std::string>()); };
  const Json& draws = world["draws_per_cell"];
  const std::string commit = text("commit");
  put("  source   {}{}\n  licence  {}\n", text("source"), commit.empty() ? "" : " " + commit,
      text("licence"));
  put("  quality  {} to {}, draws per cell: {}; latency {}; {}\n", world["quality_scale"][0].dump(),
      world["quality_scale"][1].dump(), draws.is_string() ? draws.get<std::string>() : draws.dump(),
      text("latency"), text("independence"));
  if (!text("price_table_date").empty() || !text("price_table_sha256").empty())
    put("  prices   {} {}\n", text("price_table_date"), text("price_table_sha256"));
  for (const Json& invention : world["inventions"])
    put("  decided at import: {}\n", printable(invention.get<std::string>()));
}

void print(const Table& table) {
  Terminal terminal(wants_color(), table_width());
  terminal.line("");
  terminal.table(table);
  fmt::print("{}", terminal.take());
}

void print_arms(const Json& models) {
  Table table{
      {"Arm", "known", "quality", "latency s", "USD per 1k", "failed", "placement"}, 0, {}, {}, {1, 6, 5}};
  for (const auto& [name, arm] : models.items()) {
    table.rows.push_back(
        {{printable(name, 60), std::to_string(arm["known"].get<std::size_t>()), fixed(arm["acc"]),
          fixed(arm["latency_s"]), cost(arm["cost_per_1k"]), std::to_string(arm["failed"].get<std::size_t>()),
          arm["placement"].get<std::string>()},
         Style::plain});
  }
  print(table);
}

void print_oracle(const Json& data) {
  const Json& oracle = data["oracle"];
  put("\nBest constant arm   {}: {}\n", printable(data["best_constant"]["arm"].get<std::string>()),
      shown(data["best_constant"]["acc"]));
  std::string spent;
  if (!oracle["latency_s"].is_null()) spent += fmt::format("; {} s", shown(oracle["latency_s"]));
  if (!oracle["cost_per_1k"].is_null()) spent += fmt::format("; {} USD per 1k", shown(oracle["cost_per_1k"]));
  put("Per-query oracle    {} ({}){}\n", shown(oracle["acc"]), oracle["reads_as"].get<std::string>(), spent);
  put("Ties at best        {} of {}; all arms equal {}, at the high end {}, none above the low end {}\n",
      data["ties_at_best"].get<std::size_t>(), data["n"].get<std::size_t>(),
      data["all_equal"].get<std::size_t>(), data["all_right"].get<std::size_t>(),
      data["none_right"].get<std::size_t>());
  put("Known cells         {} of {}; {} complete, {} repeat a prompt\n",
      data["known_cells"].get<std::size_t>(), data["cells"].get<std::size_t>(),
      counted(data["complete_queries"].get<std::size_t>(), "query"), data["dup_prompts"].get<std::size_t>());
}

void print_choice(const Json& choice) {
  for (const auto& [key, unit] : {std::pair{"cost_usd", "USD"}, std::pair{"latency_s", "s"}}) {
    if (choice[key].is_null()) {
      put("Budgets in {:<8} none: the table does not say\n", unit);
    } else {
      put("Budgets in {:<8} {} to {} per episode: below, no episode affords more than its cheapest arms; "
          "above, every one affords all\n",
          unit, shown(choice[key]["some_from"]), shown(choice[key]["all_from"]));
    }
  }
}

void print_pair(const Json& pair) {
  put("\n{} (weak) and {} (strong)\n", printable(pair["weak_arm"].get<std::string>()),
      printable(pair["strong_arm"].get<std::string>()));
  for (const char* key : {"weak_pct", "strong_pct", "either", "both", "neither", "strong_only", "weak_only",
                          "apgr_best_order", "cpt50_best_order_pct"}) {
    if (pair.contains(key)) put("  {:<22} {}\n", key, shown(pair[key]));
  }
}

// Mean quality of every arm, in the order of the arms above.
void print_tasks(const Json& tasks, const Json& models) {
  constexpr int kName = 20, kShortName = 10;
  std::vector<std::string> arms;
  for (const auto& [name, arm] : models.items()) arms.push_back(name);
  Table table{{"Task, quality by arm", "queries"}, 0, {}, {"Task, quality by arm", "queries"}, {}};
  for (const std::string& name : text::shown_names(arms, kName)) table.heads.push_back(name);
  for (const std::string& name : text::shown_names(arms, kShortName)) table.short_heads.push_back(name);
  for (std::size_t arm = 1; arm <= arms.size(); ++arm)
    table.less_needed.insert(table.less_needed.begin(), arm + 1);
  for (const Json& task : tasks) {
    std::vector<std::string> cells = {printable(task["task"].get<std::string>(), 60),
                                      std::to_string(task["n"].get<std::size_t>())};
    for (const std::string& arm : arms)
      cells.push_back(task["acc"].contains(arm) ? fixed(task["acc"][arm]) : "-");
    table.rows.push_back({cells, Style::plain});
  }
  print(table);
}

}  // namespace

void print_outcomes(const nlohmann::ordered_json& data) {
  put("{}\n  SHA-256  {}\n  episodes {}, queries {}, arms {}, tasks {}\n",
      printable(data["source"].get<std::string>()), data["sha256"].get<std::string>(),
      data["episodes"].get<std::size_t>(), data["n"].get<std::size_t>(), data["models"].size(),
      data["domains"].get<std::size_t>());
  print_world(data["world"]);
  print_arms(data["models"]);
  print_oracle(data);
  print_choice(data["choice"]);
  if (data.contains("pair")) print_pair(data["pair"]);
  if (data.contains("conversations")) {
    const Json& talks = data["conversations"];
    put("\nConversations       {}; the better arm of each: {} (per turn, which nobody observed: {})\n",
        talks["n"].get<std::size_t>(), shown(talks["oracle_per_conversation"]),
        shown(talks["oracle_per_turn_invented"]));
  }
  print_tasks(data["tasks"], data["models"]);
}

}  // namespace offload::cli
