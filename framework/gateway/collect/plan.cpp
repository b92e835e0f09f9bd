#include "gateway/collect/plan.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/error.hpp"
#include "files/json_reader.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "files/toml_reader.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPlanMost = 1 << 20;
constexpr const char* kJudging =
    "You compare two answers, A and B, to the last question of a conversation. Give each a whole number from "
    "1 (useless) to 10 (perfect) for how right and how helpful it is. Reply with one line and nothing else, "
    "of this form:\nA: 5, B: 5";

class PlanReader {
 public:
  explicit PlanReader(const fs::path& file)
      : file_(file.string()),
        base_(file.parent_path()),
        text_(read_bounded(file, kPlanMost)),
        document_(parse_toml(text_, printable(file_))) {}

  CollectPlan read() {
    TomlTable root(document_, file_, "", text_);
    plan_.file = file_;
    collect(root.table("collect"));
    policy(root.table("policy"));
    for (int r = 0; r < kRoles; ++r) {
      const char* name = kRoleNames[static_cast<std::size_t>(r)];
      if (r == kAssociationRole && !root.has(name)) continue;
      plan_.roles[static_cast<std::size_t>(r)] = role(root.table(name), static_cast<Role>(r));
    }
    root.finish();
    return std::move(plan_);
  }

 private:
  void collect(TomlTable table);
  void policy(TomlTable table);
  void agent(TomlTable& table);
  EndpointSettings role(TomlTable table, Role role);

  std::string file_;
  fs::path base_;
  CollectPlan plan_;
  std::string text_;
  toml::table document_;
};

void PlanReader::collect(TomlTable table) {
  plan_.name = table.required_text("name");
  if (file_name(plan_.name) != plan_.name)
    table.refuse("name", "name: files are called by it; use letters, digits, '-' and '_'");
  plan_.dialogues = base_ / table.required_text("dialogues");
  plan_.out = base_ / table.text("out", plan_.name);
  plan_.seed =
      static_cast<std::uint64_t>(table.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  plan_.draws = static_cast<int>(table.integer("draws", 1, 1, 10'000));
  plan_.parallel = static_cast<int>(table.integer("parallel", 4, 1, 256));
  const double none = std::numeric_limits<double>::infinity();
  plan_.max_cost_usd = table.number("max_cost_usd", none, 0, none);
  plan_.system = table.text("system", "");
  plan_.judging = table.text("judging", kJudging);
  plan_.judge_asks = static_cast<int>(table.integer("judge_asks", 2, 1, 100));
  plan_.judge_tries = static_cast<int>(table.integer("judge_tries", 3, 1, 10));
  table.finish();
}

void PlanReader::policy(TomlTable table) {
  if (table.choice("kind", "random", {"random", "agent"}) == "agent") {
    agent(table);
  } else {
    const bool given = table.has("local") || table.has("cloud_text") || table.has("cloud_views");
    if (given) {
      plan_.propensity = {table.number("local", 0, 0, 1), table.number("cloud_text", 0, 0, 1),
                          table.number("cloud_views", 0, 0, 1)};
      const double sum = plan_.propensity[0] + plan_.propensity[1] + plan_.propensity[2];
      if (std::abs(sum - 1) > 1e-9)
        table.refuse("local",
                     "local, cloud_text and cloud_views: probabilities, and they do not add up to 1");
    }
  }
  table.finish();
}

// A row decides as one that is served does.
void PlanReader::agent(TomlTable& table) {
  ServeSettings& served = plan_.agent.emplace();
  served.file = file_;
  served.place = table.place("row");
  served.suite = base_ / table.required_text("suite");
  served.row = table.required_text("row");
  const std::string data = table.text("dataset", ""), checkpoint = table.text("checkpoint", "");
  served.dataset = data.empty() || data.find(':') != std::string::npos ? data : (base_ / data).string();
  if (!checkpoint.empty()) served.checkpoint = base_ / checkpoint;
  served.cell_place = table.place("cell");
  served.cell = table.text("cell", "");
  served.seed = plan_.seed;
}

EndpointSettings PlanReader::role(TomlTable table, Role role) {
  const bool sees = role == kCloudRole || role == kReferenceRole || role == kAssociationRole;
  EndpointSettings settings = read_endpoint(table, base_, !sees);
  const Price price = settings.prices.dearest();
  if (role == kCloudRole && price.input == 0 && price.output == 0)
    table.refuse("price",
                 "price: a cloud that is free leaves nothing to weigh; give input and output in USD per "
                 "million tokens");
  if (settings.model.empty() && role != kLocalRole)
    table.refuse("model", "model: name the model that is asked for");
  table.finish();
  return settings;
}

std::string price_text(const Prices& prices) {
  const auto text = [](const Price& price) {
    return fmt::format("{},{},{},{}", price.input, price.cached, price.output, price.image);
  };
  if (prices.dated().empty()) return text(prices.at(0));
  std::string all;
  for (const DatedPrice& one : prices.dated()) all += one.date + ":" + text(one.price) + ";";
  return all;
}

}  // namespace

std::size_t CollectPlan::answer_bytes(Role role) const {
  return static_cast<std::size_t>(roles[role]->max_output * kAnswerBytesPerToken);
}

std::vector<std::string> CollectPlan::unpriced_roles() const {
  std::vector<std::string> told;
  for (const Role role : {kReferenceRole, kJudgeRole, kAssociationRole}) {
    if (!roles[role] || (role == kAssociationRole && is_on_this_machine(*roles[role]))) continue;
    told.push_back(
        unpriced(*roles[role], kRoleNames[role],
                 "its calls are counted at 0 USD and neither max_cost_usd nor --max-cost guards them"));
  }
  std::erase(told, "");
  return told;
}

std::string CollectPlan::digest() const {
  std::string text = fmt::format("collect/1\n{}\n{}\n{}\n{}\n{}\n{}\n", seed, draws, judge_asks, judge_tries,
                                 json_text(system), json_text(judging));
  if (agent) {
    text += fmt::format("agent {} {} {}\n", sha256_of_file(agent->suite), agent->row, agent->cell);
    if (!agent->checkpoint.empty()) text += sha256_of_file(agent->checkpoint) + "\n";
  } else {
    text += fmt::format("random {} {} {}\n", propensity[0], propensity[1], propensity[2]);
  }
  for (int r = 0; r < kRoles; ++r) {
    const auto& role = roles[static_cast<std::size_t>(r)];
    if (!role) continue;
    const EndpointSettings& end = *role;
    text += fmt::format("{} {} {} {} {} {} {} {} {}\n", r, end.url.authority(), end.url.base,
                        json_text(end.model), price_text(end.prices), end.max_output, end.tokens_per_image,
                        end.limit_key, end.images);
  }
  return sha256_of(text);
}

CollectPlan read_collect_plan(const fs::path& file) { return PlanReader(file).read(); }

}  // namespace offload
