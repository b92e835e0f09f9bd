#include "gateway/collect/episode.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/session/ledger.hpp"

namespace offload {
namespace {

class EpisodeMaker {
 public:
  EpisodeMaker(const EpisodeMakers& makers, CollectedEpisode& episode)
      : makers_(makers),
        plan_(makers.plan),
        dialogue_(makers.dialogues.all[episode.dialogue]),
        actions_(makers.dialogues.modalities),
        episode_(episode) {}

  void turn() {
    const auto t = episode_.turns.size();
    const std::size_t number =
        episode_.dialogue * static_cast<std::size_t>(plan_.draws) + static_cast<std::size_t>(episode_.draw);
    CollectedTurn turn;
    turn.choice = makers_.chooser.choose(number, dialogue_, chosen_, spent_);
    turn.images = actions_.images(turn.choice.action);
    makers_.log.note_choice(place(kLocalRole), turn.choice.action, turn.choice.propensity);
    const Role role = actions_.cloud(turn.choice.action) ? kCloudRole : kLocalRole;
    turn.answer = makers_.caller.ask(place(role), chat_request(plan_, role, dialogue_, before_, turn.images));
    const std::uint32_t all = actions_.images(actions_.size() - 1);
    const Reply reference = makers_.caller.ask(
        place(kReferenceRole),
        chat_request(plan_, kReferenceRole, dialogue_, before_, actions_.size() > 2 ? all : 0));
    judge(turn, reference.text);
    if (plan_.roles[kAssociationRole] && actions_.modalities() > 0) {
      const Reply scores =
          makers_.caller.ask(place(kAssociationRole), association_request(plan_, dialogue_, t));
      turn.association = nlohmann::json::parse(scores.text).get<std::vector<double>>();
    }
    chosen_.push_back({turn.choice.action, spent_});
    spent_ = plus(spent_, Amounts{turn.answer.latency_ns, turn.answer.amount_pusd});
    before_.push_back({turn.images, turn.answer.text});
    episode_.turns.push_back(std::move(turn));
  }

 private:
  CallPlace place(Role role, int ask = 0) const {
    return {role, episode_.dialogue, episode_.draw, static_cast<int>(episode_.turns.size()), ask};
  }

  // Every verdict that cannot be read is asked for again, as often as the plan says, and then missing.
  void judge(CollectedTurn& turn, const std::string& reference) {
    double candidate = 0, other = 0;
    for (int k = 0; k < plan_.judge_asks; ++k) {
      const bool swapped = k % 2 == 1;
      const RoleRequest request =
          judge_request(plan_, dialogue_, episode_.turns.size(), turn.answer.text, reference, swapped);
      for (int tried = 0; tried < plan_.judge_tries; ++tried) {
        const Reply reply = makers_.caller.ask(place(kJudgeRole, k * plan_.judge_tries + tried), request);
        auto verdict = read_verdict(reply.text);
        if (!verdict) continue;
        if (swapped) std::swap(verdict->first, verdict->second);
        candidate += verdict->first;
        other += verdict->second;
        turn.verdicts.push_back(*verdict);
        break;
      }
    }
    if (turn.verdicts.empty())
      throw EpisodeLost(place(kJudgeRole).text() + ": no verdict could be read", CallState::begun);
    turn.score = candidate / other;
  }

  const EpisodeMakers& makers_;
  const CollectPlan& plan_;
  const Dialogue& dialogue_;
  ActionSpace actions_;
  CollectedEpisode& episode_;
  std::vector<AnsweredTurn> before_;
  std::vector<ChosenTurn> chosen_;
  Amounts spent_{};
};

// Every answer as long as one may be.
void bound_dialogue(const CollectPlan& plan, const Dialogue& dialogue, CollectBound& bound) {
  const std::uint32_t all = (1U << dialogue.views.size()) - 1;
  const std::string candidate(std::max(plan.answer_bytes(kLocalRole), plan.answer_bytes(kCloudRole)), 'x');
  const std::string reference(plan.answer_bytes(kReferenceRole), 'x');
  std::vector<AnsweredTurn> before;
  const auto add = [&](Role role, const RoleRequest& request, std::int64_t calls) {
    bound.calls[role] += calls;
    for (std::int64_t c = 0; c < calls; ++c) bound.pusd[role] = plus(bound.pusd[role], request.bound_pusd);
  };
  for (std::size_t t = 0; t < dialogue.turns.size(); ++t) {
    const RoleRequest local = chat_request(plan, kLocalRole, dialogue, before, 0);
    const RoleRequest cloud = chat_request(plan, kCloudRole, dialogue, before, all);
    const bool dearer = cloud.bound_pusd >= local.bound_pusd;
    add(dearer ? kCloudRole : kLocalRole, dearer ? cloud : local, 1);
    add(kReferenceRole, chat_request(plan, kReferenceRole, dialogue, before, all), 1);
    add(kJudgeRole, judge_request(plan, dialogue, t, candidate, reference, false),
        std::int64_t{plan.judge_asks} * plan.judge_tries);
    if (plan.roles[kAssociationRole] && !dialogue.views.empty())
      add(kAssociationRole, association_request(plan, dialogue, t), 1);
    before.push_back({all, candidate});
  }
}

}  // namespace

CollectedEpisode collect_episode(const EpisodeMakers& makers, std::size_t dialogue, int draw) {
  CollectedEpisode episode;
  episode.dialogue = dialogue;
  episode.draw = draw;
  EpisodeMaker maker(makers, episode);
  try {
    while (episode.turns.size() < makers.dialogues.all[dialogue].turns.size()) maker.turn();
  } catch (const EpisodeLost& lost) {
    episode.lost = lost.what();
    episode.state = lost.state();
  }
  return episode;
}

CollectBound bound_collection(const CollectPlan& plan, const Dialogues& dialogues) {
  CollectBound bound;
  for (const Dialogue& dialogue : dialogues.all) bound_dialogue(plan, dialogue, bound);
  for (std::size_t r = 0; r < kRoles; ++r) {
    bound.calls[r] *= plan.draws;
    std::int64_t all = 0;
    if (__builtin_mul_overflow(bound.pusd[r], std::int64_t{plan.draws}, &all)) all = kUnlimited;
    bound.pusd[r] = all;
    bound.total_pusd = plus(bound.total_pusd, all);
  }
  return bound;
}

}  // namespace offload
