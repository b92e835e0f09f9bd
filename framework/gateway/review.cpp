#include "gateway/review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "gateway/decision/episode_actor.hpp"
#include "gateway/session/ledger.hpp"
#include "remote/remote_agent.hpp"

namespace offload {
namespace {

constexpr std::size_t kShownMost = 100;

class Reviewer {
 public:
  Reviewer(const std::filesystem::path& file, const ServeSettings& settings, const ServedPolicy& policy)
      : file_(printable(file.native())),
        settings_(settings),
        policy_(policy),
        agent_(policy.agent_file, policy.settings().agent.parameters, policy.environment(settings.seed), {}),
        actor_(policy.scenario(), load(agent_, policy),
               std::max(policy.settings().training.slots, agent_.training_slots())) {}

  void take(const JournalEvent& event) {
    ++line_;
    std::visit([this](const auto& e) { take(e); }, event);
  }
  JournalReview& review() { return review_; }

 private:
  static AnyAgent& load(RemoteAgent& agent, const ServedPolicy& policy) {
    if (!policy.checkpoint.plugin.empty()) agent.load_checkpoint(policy.checkpoint.bytes);
    return agent;
  }

  template <typename... Args>
  void wrong(fmt::format_string<Args...> format, Args&&... args) {
    ++review_.wrong_count;
    if (review_.wrong.size() < kShownMost)
      review_.wrong.push_back(fmt::format("{}:{}: ", file_, line_) +
                              fmt::format(format, std::forward<Args>(args)...));
  }
  void same(const char* what, const std::string& journal, const std::string& here) {
    if (journal != here)
      wrong("it served {} {}, and this is {}", what, printable(journal, 80), here.empty() ? "none" : here);
  }

  void take(const ServeOpened& e) {
    opened_ = e;
    same("plugin", e.plugin_sha256, policy_.plugin_sha256);
    same("checkpoint", e.checkpoint_sha256, policy_.checkpoint.file_sha256);
    same("the data set", e.data_sha256, policy_.experiment.data_sha256);
  }
  void take(const SessionBegun& e) {
    ++review_.sessions;
    sessions_[e.session].rng_stream = e.rng_stream;
  }
  void take(const CallBegun&) {}
  void take(const ServeClosed&) {}
  void take(const TurnDecided& e);
  void take(const TurnSettled& e);
  void check_seen(const TurnDecided& e, const ServedEpisode& episode);
  void check_action(const TurnDecided& e, const ServedEpisode& episode);

  std::string file_;
  const ServeSettings& settings_;
  const ServedPolicy& policy_;
  RemoteAgent agent_;
  EpisodeActor actor_;
  JournalReview review_;
  ServeOpened opened_;
  std::map<std::uint64_t, Session> sessions_;
  std::map<std::uint64_t, TurnDecided> open_;  // decided and not settled
  std::uint64_t line_ = 0;
};

// The view follows from the turns before, and nothing is shown as allowed that the budgets exclude.
void Reviewer::check_seen(const TurnDecided& e, const ServedEpisode& episode) {
  SeenTurn seen = see_turn(policy_.scenario(), episode, static_cast<std::size_t>(e.turn));
  if (seen.mask.size() != e.mask.size())
    return wrong("a mask of {} actions, where the suite has {}", e.mask.size(), seen.mask.size());
  for (std::size_t a = 0; a < seen.mask.size(); ++a) {
    const bool shown = e.mask[a] == '1';
    if (shown && seen.mask[a] == 0 && e.why != "exhausted")
      wrong("action {} is shown as allowed and does not fit the budgets", a);
    seen.mask[a] = shown;
  }
  if (seen.hash() != e.seen) wrong("what the agent saw does not follow from the session's turns before");
}

void Reviewer::check_action(const TurnDecided& e, const ServedEpisode& episode) {
  const bool was_asked = e.why == "agent" || e.why == "outside-mask" || (e.why == "shadow" && e.choice >= 0);
  if (!was_asked) {
    if (e.why == "late" && e.choice >= 0) wrong("a late agent chose {}", e.choice);
    return;
  }
  ++review_.asked;
  const int again = actor_.act(episode);
  if (again != e.choice) wrong("the agent chose {}, and chooses {} again", e.choice, again);
  if (e.why == "agent" && e.action != e.choice)
    wrong("the agent chose {}, and {} was done", e.choice, e.action);
  if (e.why == "agent" && opened_.enforced && static_cast<std::size_t>(e.action) < e.mask.size() &&
      e.mask[static_cast<std::size_t>(e.action)] != '1')
    wrong("action {} is outside the mask", e.action);
}

void Reviewer::take(const TurnDecided& e) {
  ++review_.turns;
  const auto known = sessions_.find(e.session);
  if (known == sessions_.end()) return wrong("session {} never began", e.session);
  Session& session = known->second;
  const auto turn = static_cast<std::size_t>(e.turn);
  if (turn > session.turns.size())
    return wrong("turn {} of session {} is missing", session.turns.size(), e.session);
  if (e.spent != session.spent)
    wrong("spent {} and {} so far, and the settled turns add up to {} and {}", e.spent[0], e.spent[1],
          session.spent[0], session.spent[1]);
  if (!open_.emplace(e.decision, e).second) wrong("decision {} is made twice", e.decision);
  if (e.task >= policy_.scenario().tasks() || e.action >= policy_.scenario().actions().size())
    return wrong("a task or action that the suite does not have");
  const PastTurn now{e.task, e.action, e.views, e.spent, e.limit, e.mask};
  ServedEpisode episode{e.session,
                        session.rng_stream,
                        {session.turns.begin(), session.turns.begin() + static_cast<std::ptrdiff_t>(turn)}};
  episode.turns.push_back(now);
  check_seen(e, episode);
  if (e.why == "again" || e.why == "tool") {
    if (turn >= session.turns.size() || session.turns[turn].action != e.action)
      wrong("turn {} goes on with another action than it was decided with", e.turn);
    return;
  }
  session.turns = episode.turns;
  check_action(e, episode);
}

void Reviewer::take(const TurnSettled& e) {
  const auto decided = open_.find(e.decision);
  if (decided == open_.end()) return wrong("decision {} is settled, and is not open", e.decision);
  Session& session = sessions_[e.session];
  session.spent = plus(session.spent, e.amount);
  const Amounts limit = decided->second.limit;
  if (e.over_run != !fits(session.spent, {}, limit)) wrong("over_run does not follow from what was spent");
  if (e.estimated && e.outcome != "crash" && opened_.accounting == "measured" && e.amount[1] == 0 &&
      decided->second.reserved[1] > 0)
    wrong("an answer without usage is booked as free");
  const auto turn = static_cast<std::size_t>(e.turn);
  if (turn < session.turns.size()) session.turns[turn].action = e.action;
  open_.erase(decided);
}

}  // namespace

JournalReview review_journal(const std::filesystem::path& file, const ServeSettings& settings,
                             const ServedPolicy& policy, const std::optional<ChainHead>& head) {
  Reviewer reviewer(file, settings, policy);
  const JournalEnd end = read_journal_file(file, [&](const JournalEvent& event) { reviewer.take(event); });
  JournalReview review = std::move(reviewer.review());
  review.end = end;
  const std::string name = printable(file.native());
  if (head && *head != end.head) {
    ++review.wrong_count;
    review.wrong.push_back(fmt::format(
        "{}:{}: the journal ends here, and the gateway told of {} lines with head {}: it was cut or replaced",
        name, end.head.count, head->count, head->hash));
  } else if (!head && (end.torn || !end.closed)) {
    review.believed.push_back(
        fmt::format("nothing was cut off behind line {}: the journal was not closed; --head and --lines say "
                    "what the gateway told of it",
                    end.head.count));
  }
  return review;
}

namespace {

struct LiveSession {
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
  Amounts spent{}, profile{};
  bool over = false, settled = false;
};

class Scorer {
 public:
  explicit Scorer(const ServedPolicy& policy) : policy_(policy) {}

  void take(const JournalEvent& event) {
    if (const auto* decided = std::get_if<TurnDecided>(&event)) {
      LiveSession& session = sessions_[decided->session];
      const auto turn = static_cast<std::size_t>(decided->turn);
      if (decided->task >= policy_.scenario().tasks() || turn > session.task.size())
        fail(ErrorKind::data, "the journal is not of this suite: decision {}", decided->decision);
      session.task.resize(turn);
      session.action.resize(turn);
      session.task.push_back(static_cast<std::uint8_t>(decided->task));
      session.action.push_back(static_cast<std::uint16_t>(decided->action));
    } else if (const auto* settled = std::get_if<TurnSettled>(&event)) {
      settle(*settled);
    }
  }
  LiveRow row() const;

 private:
  void settle(const TurnSettled& e) {
    LiveSession& session = sessions_[e.session];
    if (e.action >= policy_.scenario().actions().size())
      fail(ErrorKind::data, "the journal is not of this suite: action {}", e.action);
    const auto turn = static_cast<std::size_t>(e.turn);
    if (turn < session.action.size()) session.action[turn] = static_cast<std::uint16_t>(e.action);
    session.spent = plus(session.spent, e.amount);
    session.over = e.over_run;
    session.settled = true;
    estimated_ += e.estimated;
    failed_ += e.outcome != "ok";
  }
  double quality(const ResponseModel& model) const;

  const ServedPolicy& policy_;
  std::map<std::uint64_t, LiveSession> sessions_;
  std::size_t estimated_ = 0, failed_ = 0;
};

double Scorer::quality(const ResponseModel& model) const {
  double sum = 0;
  std::size_t count = 0;
  for (const auto& [number, session] : sessions_) {
    if (!session.settled) continue;
    double turns = 0;
    for (std::size_t t = 0; t < session.task.size(); ++t) {
      turns += model.score({std::span(session.task).first(t + 1), std::span(session.action).first(t)},
                           session.action[t]);
    }
    sum += turns / static_cast<double>(session.task.size());
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

LiveRow Scorer::row() const {
  LiveRow row;
  row.estimated = estimated_;
  row.failed = failed_;
  const Consumption& consumption = policy_.scenario().consumption();
  double cloud = 0;
  for (const auto& [number, session] : sessions_) {
    if (!session.settled) continue;
    ++row.sessions;
    row.turns += session.task.size();
    row.violation_rate += session.over;
    row.latency_s += from_amount(session.spent[0], 0);
    row.cost_usd += from_amount(session.spent[1], 1);
    for (const std::uint16_t action : session.action) {
      cloud += action > 0;
      row.profile_latency_s += from_amount(consumption.of_action(action)[0], 0);
      row.profile_cost_usd += from_amount(consumption.of_action(action)[1], 1);
    }
  }
  const double sessions = std::max<double>(1, static_cast<double>(row.sessions));
  for (double* mean :
       {&row.violation_rate, &row.latency_s, &row.cost_usd, &row.profile_latency_s, &row.profile_cost_usd})
    *mean /= sessions;
  row.cloud_share = row.turns == 0 ? 0 : cloud / static_cast<double>(row.turns);
  const Experiment& experiment = policy_.experiment;
  const Split& split = experiment.splits.front();
  for (const std::string& lens : experiment.suite.evaluation.lenses) {
    for (const std::string& name : experiment.suite.evaluation.models) {
      // No session is an episode of the data, so that none has to be left out of the held-out model.
      const auto& fitted = lens == "simulator" ? split.train : split.test;
      const auto model = make_response_model(name, experiment.scenario_of(split), fitted, experiment.truth);
      row.scores.push_back({lens, name, quality(*model)});
    }
  }
  return row;
}

}  // namespace

LiveRow score_journal(const std::filesystem::path& file, const ServedPolicy& policy) {
  Scorer scorer(policy);
  read_journal_file(file, [&](const JournalEvent& event) { scorer.take(event); });
  return scorer.row();
}

}  // namespace offload
