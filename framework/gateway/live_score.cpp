#include <algorithm>
#include <map>
#include <span>

#include "core/error.hpp"
#include "gateway/review.hpp"
#include "gateway/session/ledger.hpp"

namespace offload {
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
    } else if (const auto* told = std::get_if<TaskTold>(&event)) {
      LiveSession& session = sessions_[told->session];
      session.spent = plus(session.spent, told->amount);
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
  const Experiment& experiment = *policy_.experiment;
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
