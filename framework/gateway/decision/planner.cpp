#include "gateway/decision/planner.hpp"
#include "core/counted.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace offload {
namespace {

constexpr std::size_t kRuleText = 1024;  // bytes of what the user said that rules look at

std::string mask_text(const std::vector<std::uint8_t>& mask) {
  std::string text;
  for (const std::uint8_t bit : mask) text += bit != 0 ? '1' : '0';
  return text;
}

}  // namespace

Planner::Planner(const ServeSettings& settings, const ServedPolicy& policy, Endpoint& local, Endpoint& cloud)
    : settings_(settings), policy_(policy), local_(local), cloud_(cloud) {}

int Planner::task_of(const openai::ChatRequest& request, std::string_view body, const TurnHeaders& headers,
                     std::string& from) const {
  const auto known = [this, &from](const std::string& name, const char* where) {
    from = where;
    const int task = policy_.task(name);
    if (task < 0)
      throw Refusal{400,
                    fmt::format("the task named by the {} is none of the {} that this gateway knows", where,
                                policy_.scenario().tasks()),
                    "invalid_request_error", "unknown_task"};
    return task;
  };
  if (!headers.task.empty()) return known(headers.task, "header");
  if (!request.task.empty()) return known(request.task, "metadata");
  if (const TaskRule* rule = rule_for(request, body)) return known(rule->task, "rule");
  if (headers.classified >= 0) {
    from = "classifier";
    return headers.classified;
  }
  if (settings_.unknown == ServeSettings::Unknown::fallback) return known(settings_.unknown_task, "default");
  throw Refusal{400, "no task: name one by the header x-offload-task or metadata.offload_task",
                "invalid_request_error", "no_task"};
}

const TaskRule* Planner::rule_for(const openai::ChatRequest& request, std::string_view body) const {
  if (settings_.rules.empty()) return nullptr;
  const std::string text = openai::last_user_text(request, body, kRuleText);
  const auto fits = [&text](const TaskRule& rule) { return std::regex_search(text, rule.pattern); };
  const auto found = std::ranges::find_if(settings_.rules, fits);
  return found == settings_.rules.end() ? nullptr : &*found;
}

bool Planner::task_is_open(const Session& session, const openai::ChatRequest& request, std::string_view body,
                           const TurnHeaders& headers) const {
  int turn = 0;
  return place(session, request, turn) == TurnPlan::Kind::fresh && headers.task.empty() &&
         request.task.empty() && rule_for(request, body) == nullptr;
}

int Planner::views_of(const openai::ChatRequest& request) const {
  const int images = static_cast<int>(openai::turn_images(request).size());
  if (!request.views.empty() && static_cast<int>(request.views.size()) != images)
    throw Refusal{400, "'offload_views' names another number of views than the message has images",
                  "invalid_request_error", "views"};
  const int most = policy_.scenario().actions().modalities();
  if (images > most)
    throw Refusal{400,
                  fmt::format("the last message has {}, and this policy decides about {} at most",
                              counted(images, "image"), most),
                  "invalid_request_error", "views"};
  return images;
}

// Counted by the user's messages, from the first that came through here.
TurnPlan::Kind Planner::place(const Session& session, const openai::ChatRequest& request, int& turn) const {
  const int decided = static_cast<int>(session.turns.size());
  turn = std::clamp(request.user_turns - 1 - session.messages_before, 0, decided);
  if (turn == decided) return TurnPlan::Kind::fresh;
  if (turn + 1 < decided) return TurnPlan::Kind::fresh;  // an edited history: a branch
  return request.ends_with_user ? TurnPlan::Kind::again : TurnPlan::Kind::tool;
}

Amounts Planner::limits(const Session& session, const TurnHeaders& headers) const {
  Amounts limit = session.limit;
  if (headers.latency_ns) limit[0] = std::min(limit[0], *headers.latency_ns);
  if (headers.cost_pusd) limit[1] = std::min(limit[1], *headers.cost_pusd);
  return limit;
}

void Planner::reserve(TurnPlan& plan, const openai::ChatRequest& request, std::string_view body) const {
  const Consumption& consumption = policy_.scenario().consumption();
  plan.reserve.resize(static_cast<std::size_t>(consumption.kinds()));
  for (int kind = 0; kind < consumption.kinds(); ++kind) {
    const Endpoint& end = kind == 0 ? local_ : cloud_;
    const auto k = static_cast<std::size_t>(kind);
    Amounts& amounts = plan.reserve[k] = consumption.of_kind(kind);
    CallBound bound;
    bound.text_bytes = body.size() - request.image_bytes;
    bound.images = kind == 0 ? 0 : kind - 1;
    bound.tokens_per_image = end.settings.tokens_per_image;
    bound.output_tokens =
        (request.has_max_tokens ? request.max_tokens : end.settings.max_output) * request.choices;
    plan.tokens.push_back(token_bound(bound));
    if (!settings_.measured) continue;
    amounts[0] = std::max(amounts[0], end.latency[k].quantile_ns());
    const Price& price = end.settings.prices.at(plan.time_ms);
    amounts[1] = cost_bound(price, bound);
    if (settings_.reserve_cost != ServeSettings::Reserve::quantile) continue;
    const std::int64_t seen = end.usage[k].quantile_pusd(price, bound.images);
    if (seen > 0) amounts[1] = std::min(amounts[1], seen);
  }
}

// What the budgets allow as it is reserved, less what has no image to send and, unless nothing else is left,
// what cannot be reached now. Where the budgets allow nothing, what could be done.
void Planner::restrict_mask(TurnPlan& plan) const {
  const ActionSpace& actions = policy_.scenario().actions();
  const PastTurn& turn = plan.episode.turns.back();
  const std::size_t count = plan.seen.mask.size();
  std::vector<std::uint8_t> possible(count), reachable(count), allowed(count);
  plan.room.resize(count);
  const bool up[] = {local_.available(), cloud_.available()};
  for (int a = 0; a < actions.size(); ++a) {
    const auto i = static_cast<std::size_t>(a);
    possible[i] = turn.views >= actions.modalities() || actions.images(a) >> turn.views == 0;
    reachable[i] = possible[i] && up[actions.cloud(a) ? 1 : 0];
    const bool room = !settings_.measured ||
                      fits(turn.spent, plan.reserve[static_cast<std::size_t>(actions.kind(a))], turn.limit);
    plan.room[i] = possible[i] && plan.seen.allowed && plan.seen.mask[i] != 0 && room;
    allowed[i] = plan.room[i] != 0 && reachable[i] != 0;
  }
  const auto some = [](const std::vector<std::uint8_t>& mask) {
    return std::ranges::find(mask, 1) != mask.end();
  };
  plan.exhausted = !some(plan.room);
  if (plan.exhausted) {
    plan.seen.mask = some(reachable) ? reachable : possible;
  } else {
    plan.seen.mask = some(allowed) ? allowed : plan.room;
  }
  plan.episode.turns.back().mask = mask_text(plan.seen.mask);
}

TurnPlan Planner::plan(const Session& session, const openai::ChatRequest& request, std::string_view body,
                       const TurnHeaders& headers, std::int64_t time_ms) const {
  TurnPlan plan;
  plan.time_ms = time_ms;
  plan.kind = place(session, request, plan.turn);
  const auto turn = static_cast<std::size_t>(plan.turn);
  PastTurn now;
  if (plan.kind == TurnPlan::Kind::fresh) {
    now.task = task_of(request, body, headers, plan.task_from);
    now.views = views_of(request);
    if (policy_.reads_text())
      now.features = policy_.features(openai::last_user_text(request, body, body.size()));
  } else {
    now = session.turns[turn];
    plan.task_from = "turn";
  }
  now.spent = session.spent;
  now.limit = limits(session, headers);
  plan.episode = {session.number,
                  session.rng_stream,
                  {session.turns.begin(), session.turns.begin() + static_cast<std::ptrdiff_t>(turn)}};
  plan.episode.turns.push_back(now);
  plan.seen = see_turn(policy_.scenario(), plan.episode, turn);
  reserve(plan, request, body);
  restrict_mask(plan);
  return plan;
}

int Planner::cheapest(const std::vector<std::uint8_t>& mask) const {
  const Consumption& consumption = policy_.scenario().consumption();
  int best = -1;
  for (int a = 0; a < consumption.actions(); ++a) {
    if (mask[static_cast<std::size_t>(a)] == 0) continue;
    const auto key = [&consumption](int action) {
      return std::pair(consumption.of_action(action)[1], consumption.of_action(action)[0]);
    };
    if (best < 0 || key(a) < key(best)) best = a;
  }
  return std::max(best, 0);
}

int Planner::all_views(int views) const {
  const ActionSpace& actions = policy_.scenario().actions();
  return actions.cloud_action((1U << std::min(views, actions.modalities())) - 1);
}

int Planner::other(const TurnPlan& plan, int action) const {
  if (!endpoint(action == 0 ? 1 : 0).available()) return -1;
  std::vector<std::uint8_t> mask = plan.seen.mask;
  const ActionSpace& actions = policy_.scenario().actions();
  for (int a = 0; a < actions.size(); ++a) {
    if (actions.cloud(a) == (action > 0)) mask[static_cast<std::size_t>(a)] = 0;
  }
  return std::ranges::find(mask, 1) == mask.end() ? -1 : cheapest(mask);
}

}  // namespace offload
