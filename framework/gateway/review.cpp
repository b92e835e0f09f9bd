#include "gateway/review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "gateway/decision/episode_actor.hpp"
#include "gateway/session/ledger.hpp"

namespace offload {
namespace {

constexpr std::size_t kShownMost = 100;

// One of serve.toml's agents, in a process of its own.
class AskedAgent {
 public:
  AskedAgent(const ServedPolicy& policy, std::uint64_t seed)
      : policy_(policy),
        agent_(policy.start(seed, EpisodeActor::kTogether, std::chrono::milliseconds(0))),
        actor_(policy.scenario(), *agent_,
               std::max(policy.settings().training.slots, agent_->training_slots())) {}

  const ServedPolicy& policy() const { return policy_; }
  bool untrained() const { return policy_.untrained(*agent_); }
  int act(const ServedEpisode& episode) { return actor_.act(episode); }

 private:
  const ServedPolicy& policy_;
  std::unique_ptr<RemoteAgent> agent_;
  EpisodeActor actor_;
};

// An agent as a journal names it. `here` is null where serve.toml has none like it: that is wrong, unless a
// later reload has replaced it.
struct JournalAgent {
  AskedAgent* here = nullptr;
  int reload = 0;
  std::size_t asked = 0, unasked = 0;
  std::vector<std::string> wrong;  // what serve.toml's differs in, and what that one does otherwise
};

class Reviewer {
 public:
  Reviewer(const std::filesystem::path& file, const ServeSettings& settings, const ServedPolicies& policies)
      : file_(printable(file.native())),
        prices_sha256_(settings.prices_sha256()),
        policy_(*policies.front()) {
    for (const auto& policy : policies) {
      asked_.push_back(std::make_unique<AskedAgent>(*policy, settings.seed));
      if (asked_.back()->untrained()) review_.untrained.push_back(policy->untrained_words());
    }
  }

  void take(const JournalEvent& event) {
    ++line_;
    std::visit([this](const auto& e) { take(e); }, event);
  }
  // Once, at the end.
  JournalReview finish() {
    close_agents();
    add_wrong(other_prices_);
    if (unasked_ > 0)
      review_.believed.push_back(fmt::format(
          "decisions, {} of agents that a reload replaced: a serve.toml that names them asks them again",
          unasked_));
    if (unread_ > 0)
      review_.believed.push_back(fmt::format(
          "decisions, {} of agents that may read what the user said, which no journal holds", unread_));
    return std::move(review_);
  }

 private:
  template <typename... Args>
  void wrong(fmt::format_string<Args...> format, Args&&... args) {
    add_wrong({fmt::format("{}:{}: ", file_, line_) + fmt::format(format, std::forward<Args>(args)...)});
  }
  void add_wrong(const std::vector<std::string>& facts) {
    for (const std::string& fact : facts) {
      ++review_.wrong_count;
      if (review_.wrong.size() < kShownMost) review_.wrong.push_back(fact);
    }
  }
  void same(const char* what, const std::string& journal, const std::string& here,
            std::vector<std::string>& differences) const {
    if (journal != here)
      differences.push_back(fmt::format("{}:{}: it served {} {}, and this is {}", file_, line_, what,
                                        printable(journal, 80), here.empty() ? "none" : here));
  }
  void join(std::uint64_t number, int reload, const std::string& row, const std::string& plugin,
            const std::string& checkpoint);
  void close_agents();

  void take(const ServeOpened& e) {
    close_agents();
    opened_ = e;
    std::vector<std::string> differences;
    same("the data set", e.data_sha256, policy_.experiment->data_sha256, differences);
    add_wrong(differences);
    // Files that were added since are no fault of what was served before.
    other_prices_.clear();
    same("the files of prices", e.prices_sha256, prices_sha256_, other_prices_);
    join(0, 0, "", e.plugin_sha256, e.checkpoint_sha256);
  }
  void take(const AgentJoined& e) {
    // Those that the reload replaces may be gone for good.
    for (auto& [number, agent] : agents_) {
      if (agent.reload == e.reload || agent.wrong.empty()) continue;
      review_.asked -= agent.asked;
      agent = {nullptr, agent.reload, 0, agent.unasked + agent.asked, {}};
    }
    join(e.agent, e.reload, e.row, e.plugin_sha256, e.checkpoint_sha256);
  }
  void take(const SessionBegun& e) {
    ++review_.sessions;
    sessions_[e.session].rng_stream = e.rng_stream;
  }
  void take(const CallBegun&) {}
  void take(const TaskAsked& e) {
    if (!classifying_.emplace(e.decision, e).second) wrong("the classifier of {} is asked twice", e.decision);
  }
  void take(const TaskTold& e);
  void take(const ServeClosed&) {}
  void take(const TurnDecided& e);
  void take(const TurnSettled& e);
  void check_seen(const TurnDecided& e, const ServedEpisode& episode);
  void check_action(const TurnDecided& e, const ServedEpisode& episode);
  void check_booked(const TurnSettled& e);

  std::string file_, prices_sha256_;
  const ServedPolicy& policy_;
  std::vector<std::unique_ptr<AskedAgent>> asked_;
  JournalReview review_;
  ServeOpened opened_;
  std::vector<std::string> other_prices_;         // of the latest `open`
  std::map<std::uint64_t, JournalAgent> agents_;  // since the latest `open`
  std::size_t unasked_ = 0, unread_ = 0;
  std::map<std::uint64_t, Session> sessions_;
  std::map<std::uint64_t, TurnDecided> open_;  // decided and not settled
  std::map<std::uint64_t, TaskAsked> classifying_;
  std::uint64_t line_ = 0;
};

// The one of serve.toml that is like it; `row`, unless empty, in name, too.
void Reviewer::join(std::uint64_t number, int reload, const std::string& row, const std::string& plugin,
                    const std::string& checkpoint) {
  JournalAgent& agent = agents_[number] = JournalAgent{nullptr, reload, 0, 0, {}};
  for (const auto& one : asked_) {
    const ServedPolicy& policy = one->policy();
    const bool named = row.empty() ? &policy == &policy_ : policy.settings().name == row;
    if (!named) continue;
    std::vector<std::string> differences;
    same("plugin", plugin, policy.plugin_sha256, differences);
    same("checkpoint", checkpoint, policy.checkpoint.file_sha256, differences);
    agent.wrong = differences;
    if (differences.empty()) agent.here = one.get();
    // One that differs is asked all the same: what it would have done is told as well.
    if (agent.here == nullptr && row.empty()) agent.here = one.get();
    if (differences.empty()) return;
  }
  if (agent.here == nullptr && agent.wrong.empty())
    agent.wrong.push_back(fmt::format("{}:{}: it served row '{}', and serve.toml has none of it", file_,
                                      line_, printable(row)));
}

// What no reload has replaced should have been here.
void Reviewer::close_agents() {
  for (auto& [number, agent] : agents_) {
    add_wrong(agent.wrong);
    unasked_ += agent.unasked;
  }
  agents_.clear();
}

// The view follows from the turns before, and nothing is shown as allowed that the budgets exclude.
void Reviewer::check_seen(const TurnDecided& e, const ServedEpisode& episode) {
  SeenTurn seen = see_turn(policy_.scenario(), episode, static_cast<std::size_t>(e.turn));
  if (seen.mask.size() != e.mask.size())
    return wrong("a mask of {}, where the suite has {}", counted(e.mask.size(), "action"), seen.mask.size());
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
  const auto known = agents_.find(e.agent);
  if (known == agents_.end()) return wrong("agent {} never joined", e.agent);
  JournalAgent& agent = known->second;
  if (agent.here == nullptr) {
    ++agent.unasked;
    return;
  }
  if (e.why == "agent" && e.action != e.choice)
    wrong("the agent chose {}, and {} was done", e.choice, e.action);
  if (e.why == "agent" && opened_.enforced && static_cast<std::size_t>(e.action) < e.mask.size() &&
      e.mask[static_cast<std::size_t>(e.action)] != '1')
    wrong("action {} is outside the mask", e.action);
  ++agent.asked;
  ++review_.asked;
  const int again = agent.here->act(episode);
  if (again != e.choice && policy_.reads_text()) {
    ++unread_;
    --agent.asked;
    --review_.asked;
    return;
  }
  if (again != e.choice && agent.wrong.empty())
    wrong("the agent chose {}, and chooses {} again", e.choice, again);
  else if (again != e.choice)
    agent.wrong.push_back(
        fmt::format("{}:{}: the agent chose {}, and this one chooses {}", file_, line_, e.choice, again));
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

void Reviewer::take(const TaskTold& e) {
  const auto asked = classifying_.find(e.decision);
  if (asked == classifying_.end()) return wrong("no classifier was asked about decision {}", e.decision);
  if (e.session != asked->second.session) wrong("a classifier of another session is booked");
  if (e.estimated && e.amount[1] < asked->second.reserved[1])
    wrong("a classifier's answer without usage is booked below what was reserved");
  Session& session = sessions_[e.session];
  session.spent = plus(session.spent, e.amount);
  classifying_.erase(asked);
}

// A whole answer takes what the profile says of its action, or what was measured.
void Reviewer::check_booked(const TurnSettled& e) {
  if (e.outcome != "ok") return;
  if (e.action < 0 || e.action >= policy_.scenario().actions().size())
    return wrong("an action that the suite does not have");
  const Amounts taken =
      opened_.accounting == "profile" ? policy_.scenario().consumption().of_action(e.action) : e.measured;
  if (e.amount != taken)
    wrong("booked are {} and {}, where the answer took {} and {}", e.amount[0], e.amount[1], taken[0],
          taken[1]);
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
  check_booked(e);
  const auto turn = static_cast<std::size_t>(e.turn);
  if (turn < session.turns.size()) session.turns[turn].action = e.action;
  open_.erase(decided);
}

}  // namespace

JournalReview review_journal(const std::filesystem::path& file, const ServeSettings& settings,
                             const ServedPolicies& policies, const std::optional<ChainHead>& head) {
  Reviewer reviewer(file, settings, policies);
  const JournalEnd end = read_journal_file(file, [&](const JournalEvent& event) { reviewer.take(event); });
  JournalReview review = reviewer.finish();
  review.end = end;
  const std::string name = printable(file.native());
  if (head && *head != end.head) {
    ++review.wrong_count;
    review.wrong.push_back(fmt::format(
        "{}:{}: the journal ends here, and the gateway told of {} with head {}: it was cut or replaced", name,
        end.head.count, counted(head->count, "line"), head->hash));
  } else if (!head && (end.torn || !end.closed)) {
    review.believed.push_back(
        fmt::format("nothing was cut off behind line {}: the journal was not closed; --head and --lines say "
                    "what the gateway told of it",
                    end.head.count));
  }
  return review;
}

}  // namespace offload
