#include "cli/datasets/datasets_outcomes.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace offload::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Json& value, double times = 1) {
  return value.is_null() ? "-" : fmt::format("{:.6g}", times * value.get<double>());
}

void print_world(const Json& world) {
  const auto text = [&](const char* key) { return printable(world[key].get<std::string>()); };
  const std::string commit = text("commit");
  fmt::print("  source   {}{}\n  licence  {}\n", text("source"), commit.empty() ? "" : " " + commit,
             text("licence"));
  fmt::print("  quality  {} to {}, draws per cell: {}; latency {}; {}\n", world["quality_scale"][0].dump(),
             world["quality_scale"][1].dump(), world["draws_per_cell"].dump(), text("latency"),
             text("independence"));
  if (!text("price_table_date").empty() || !text("price_table_sha256").empty())
    fmt::print("  prices   {} {}\n", text("price_table_date"), text("price_table_sha256"));
  for (const Json& invention : world["inventions"])
    fmt::print("  decided at import: {}\n", printable(invention.get<std::string>()));
}

void print_arms(const Json& models) {
  fmt::print("\n{:<36} {:>8} {:>9} {:>10} {:>12} {:>7} {:>9}\n", "Arm", "known", "quality", "latency s",
             "USD per 1k", "failed", "placement");
  for (const auto& [name, arm] : models.items()) {
    fmt::print("  {:<34} {:>8} {:>9} {:>10} {:>12} {:>7} {:>9}\n", printable(name, 34),
               arm["known"].get<std::size_t>(), shown(arm["acc"]), shown(arm["latency_s"]),
               shown(arm["cost_per_1k"]), arm["failed"].get<std::size_t>(),
               arm["placement"].get<std::string>());
  }
}

void print_oracle(const Json& data) {
  const Json& oracle = data["oracle"];
  fmt::print("\nBest constant arm   {}: {}\n", printable(data["best_constant"]["arm"].get<std::string>()),
             shown(data["best_constant"]["acc"]));
  std::string spent;
  if (!oracle["latency_s"].is_null()) spent += fmt::format("; {} s", shown(oracle["latency_s"]));
  if (!oracle["cost_per_1k"].is_null()) spent += fmt::format("; {} USD per 1k", shown(oracle["cost_per_1k"]));
  fmt::print("Per-query oracle    {} ({}){}\n", shown(oracle["acc"]), oracle["reads_as"].get<std::string>(),
             spent);
  fmt::print(
      "Ties at best        {} of {}; all arms equal {}, at the high end {}, none above the low end {}\n",
      data["ties_at_best"].get<std::size_t>(), data["n"].get<std::size_t>(),
      data["all_equal"].get<std::size_t>(), data["all_right"].get<std::size_t>(),
      data["none_right"].get<std::size_t>());
  fmt::print("Known cells         {} of {}; {} queries complete, {} repeat a prompt\n",
             data["known_cells"].get<std::size_t>(), data["cells"].get<std::size_t>(),
             data["complete_queries"].get<std::size_t>(), data["dup_prompts"].get<std::size_t>());
}

void print_choice(const Json& choice) {
  for (const auto& [key, unit] : {std::pair{"cost_usd", "USD"}, std::pair{"latency_s", "s"}}) {
    if (choice[key].is_null()) {
      fmt::print("Budgets in {:<8} none: the table does not say\n", unit);
    } else {
      fmt::print(
          "Budgets in {:<8} {} to {} per episode: below, no episode affords more than its cheapest arms; "
          "above, every one affords all\n",
          unit, shown(choice[key]["some_from"]), shown(choice[key]["all_from"]));
    }
  }
}

void print_pair(const Json& pair) {
  fmt::print("\n{} (weak) and {} (strong)\n", printable(pair["weak_arm"].get<std::string>()),
             printable(pair["strong_arm"].get<std::string>()));
  for (const char* key : {"weak_pct", "strong_pct", "either", "both", "neither", "strong_only", "weak_only",
                          "apgr_best_order", "cpt50_best_order_pct"}) {
    if (pair.contains(key)) fmt::print("  {:<22} {}\n", key, shown(pair[key]));
  }
}

void print_tasks(const Json& tasks) {
  fmt::print("\n{:<36} {:>8}  quality by arm, in the order above\n", "Task", "queries");
  for (const Json& task : tasks) {
    fmt::print("  {:<34} {:>8} ", printable(task["task"].get<std::string>(), 34),
               task["n"].get<std::size_t>());
    for (const auto& [arm, quality] : task["acc"].items()) fmt::print(" {}", shown(quality));
    fmt::print("\n");
  }
}

}  // namespace

void print_outcomes(const nlohmann::ordered_json& data) {
  fmt::print("{}\n  SHA-256  {}\n  episodes {}, queries {}, arms {}, tasks {}\n",
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
    fmt::print("\nConversations       {}; the better arm of each: {} (per turn, which nobody observed: {})\n",
               talks["n"].get<std::size_t>(), shown(talks["oracle_per_conversation"]),
               shown(talks["oracle_per_turn_invented"]));
  }
  print_tasks(data["tasks"]);
}

}  // namespace offload::cli
