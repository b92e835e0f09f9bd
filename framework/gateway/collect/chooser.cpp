#include "gateway/collect/chooser.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <mutex>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "gateway/decision/episode_actor.hpp"
#include "gateway/decision/policy.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kCollectPurpose = 0x636f6c6c;  // "coll"
constexpr std::chrono::milliseconds kAnswerLimit{120'000};

class RandomChooser final : public Chooser {
 public:
  RandomChooser(const CollectPlan& plan, int modalities) : plan_(plan), actions_(modalities) {}

  Choice choose(std::size_t episode, const Dialogue&, const std::vector<ChosenTurn>& before,
                const Amounts&) override {
    Random random(stream(plan_.seed, kCollectPurpose, episode, before.size()));
    auto [local, text, views] = plan_.propensity;
    if (actions_.size() == 2) {  // no views: what they would have had goes to the text
      text += views;
      views = 0;
    }
    const double draw = random.uniform();
    if (draw < local) return {0, local};
    if (draw < local + text || views == 0) return {1, text};
    const auto others = static_cast<std::uint64_t>(actions_.size() - 2);
    return {2 + static_cast<int>(random.below(others)), views / static_cast<double>(others)};
  }

 private:
  const CollectPlan& plan_;
  ActionSpace actions_;
};

// In a process of its own, and asked as one that is served.
class AgentChooser final : public Chooser {
 public:
  AgentChooser(const CollectPlan& plan, const Dialogues& dialogues, const PluginSearch& search)
      : seed_(plan.seed), policy_(load_policy(*plan.agent, search)) {
    const std::string& place = plan.agent->place;
    if (policy_.scenario().actions().modalities() != dialogues.modalities)
      fail(ErrorKind::config, "{}: the suite's data has {} and the dialogues have {}; name another suite",
           place, counted(policy_.scenario().actions().modalities(), "view"), dialogues.modalities);
    for (const Dialogue& dialogue : dialogues.all) {
      for (const DialogueTurn& turn : dialogue.turns) {
        if (policy_.task(turn.task) < 0)
          fail(ErrorKind::config, "{}: the suite's data has no task '{}', which dialogue '{}' has", place,
               printable(turn.task), printable(dialogue.id));
      }
    }
    agent_ = policy_.start(seed_, 1, kAnswerLimit);
    actor_ = std::make_unique<EpisodeActor>(
        policy_.scenario(), *agent_, std::max(policy_.settings().training.slots, agent_->training_slots()));
  }

  Choice choose(std::size_t episode, const Dialogue& dialogue, const std::vector<ChosenTurn>& before,
                const Amounts& spent) override {
    ServedEpisode served;
    served.session = episode + 1;
    served.rng_stream = stream(seed_, kCollectPurpose, episode);
    for (std::size_t t = 0; t <= before.size(); ++t) {
      PastTurn turn;
      turn.task = policy_.task(dialogue.turns[t].task);
      turn.action = t < before.size() ? before[t].action : 0;
      turn.views = static_cast<int>(dialogue.views.size());
      turn.spent = t < before.size() ? before[t].spent : spent;
      turn.limit = policy_.limit;
      turn.features = policy_.features(dialogue.turns[t].question);
      served.turns.push_back(turn);
      for (const std::uint8_t bit : see_turn(policy_.scenario(), served, t).mask)
        served.turns.back().mask += bit != 0 ? '1' : '0';
    }
    const std::lock_guard lock(mutex_);
    return {actor_->act(served), 0};
  }
  std::string warning() const override {
    return policy_.untrained(*agent_) ? policy_.untrained_warning() : std::string();
  }

 private:
  std::uint64_t seed_;
  ServedPolicy policy_;
  std::unique_ptr<RemoteAgent> agent_;
  std::unique_ptr<EpisodeActor> actor_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Chooser> make_chooser(const CollectPlan& plan, const Dialogues& dialogues,
                                      const PluginSearch& search) {
  if (plan.agent) return std::make_unique<AgentChooser>(plan, dialogues, search);
  return std::make_unique<RandomChooser>(plan, dialogues.modalities);
}

}  // namespace offload
