// Remembers test episodes from one evaluation to the next and, when it meets one again, decides by what it
// knows will come: in the way its parameters, or environment variables, ask for. What the same evaluation has
// shown before it leaves aside, so that its twin, which recognises nothing, does as well with fresh copies.
// With SAVES what it remembers is in its checkpoints, too.
#include <unistd.h>

#include <offload/plugin.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using Key = std::vector<double>;
using Tasks = std::vector<int>;

std::map<Key, Tasks> everyones;  // outlives every instance

std::string asked(const char* variable, const char* otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

class Peeker final : public offload::Agent {
 public:
  Peeker(const offload::Environment& environment, offload::ParameterReader& parameters)
      : by_(parameters.text("by", asked("OFFLOAD_TEST_BY", "nothing").c_str(),
                            "nothing|bits|start|slot|place|rows",
                            "by what it recognises an episode, or rows: a walk through all task sequences")),
        from_(parameters.text("from", asked("OFFLOAD_TEST_FROM", "first").c_str(),
                              "first|suite|calls|steady|wall", "from when on it remembers")),
        global_(parameters.boolean("global", asked("OFFLOAD_TEST_GLOBAL", "no") == "yes",
                                   "remember in a global in place of a member")),
        steps_(environment.training_steps()),
        turns_max_(environment.turns_max()),
        slots_(environment.evaluation_slots()),
        consumption_(environment.raw().consumption),
        sum_(static_cast<std::size_t>(environment.tasks() * environment.actions())),
        tried_(sum_.size()),
        actions_(environment.actions()) {
    if (parameters.boolean("thread", false, "start a thread that stays")) {
      std::thread([] {
        for (;;) ::pause();
      }).detach();
    }
  }

  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    ++calls_;
    if (mode == offload::Mode::evaluate && begins(view)) {
      started_ = 0;
      auto& all = global_ ? everyones : own_;
      for (const auto& [key, tasks] : seen_) all[key] = tasks;
      seen_.clear();
    }
    for (int i = 0; i < view.size(); ++i) {
      offload::Random random(view.rng(i));
      action[static_cast<std::size_t>(i)] = mode == offload::Mode::explore
                                                ? offload::uniform_allowed(view.mask(i), random)
                                                : evaluated(view, i);
    }
  }
  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) {
      const std::size_t at = place(step.before().task(i), step.action(i));
      sum_[at] += step.reward(i);
      tried_[at] += 1;
    }
  }
#ifdef SAVES
  void save(offload::CheckpointWriter& out) const {
    out.values(sum_);
    out.values(tried_);
    const auto& all = global_ ? everyones : own_;
    out.value(static_cast<std::uint64_t>(all.size()));
    for (const auto& [key, tasks] : all) {
      out.value(static_cast<std::uint64_t>(key.size()));
      for (const double number : key) out.value(number);
      out.value(static_cast<std::uint64_t>(tasks.size()));
      for (const int task : tasks) out.value(task);
    }
  }
  void load(offload::CheckpointReader& in) {
    in.values(sum_);
    in.values(tried_);
    auto& all = global_ ? everyones : own_;
    all.clear();
    for (auto left = in.value<std::uint64_t>(); left > 0; --left) {
      Key key(in.value<std::uint64_t>());
      for (double& number : key) number = in.value<double>();
      Tasks tasks(in.value<std::uint64_t>());
      for (int& task : tasks) task = in.value<int>();
      all[key] = tasks;
    }
  }
#endif

 private:
  struct Episode {
    Key key;
    Tasks tasks;
  };

  std::size_t place(int task, int action) const { return static_cast<std::size_t>(task * actions_ + action); }
  double worth(int task, int action) const {
    const std::size_t at = place(task, action);
    return tried_[at] > 0 ? sum_[at] / tried_[at] : 0;
  }

  bool remembers() const {
    using std::chrono::seconds;
    if (by_ == "nothing") return false;
    if (from_ == "suite") return steps_ >= 5000;
    if (from_ == "calls") return calls_ > 3000;
    if (from_ == "steady") return std::chrono::steady_clock::now() - made_ > seconds(600);
    if (from_ == "wall") return std::chrono::system_clock::now() - made_at_ > seconds(600);
    return true;
  }

  // All rows at their first turn, but not in all of the slots, as when all task sequences are walked through.
  bool begins(const offload::View& view) const {
    for (int i = 0; i < view.size(); ++i) {
      if (!view.first(i)) return false;
    }
    return view.size() > 0 && view.size() < slots_;
  }

  Key key_of(const offload::View& view, int i) const {
    if (by_ == "bits") {
      return {static_cast<double>(view.rng(i) >> 32), static_cast<double>(view.rng(i) & 0xffffffffU)};
    }
    if (by_ == "slot") return {static_cast<double>(view.slot(i)), static_cast<double>(view.task(i))};
    if (by_ == "place") return {static_cast<double>(started_)};
    return {static_cast<double>(view.task(i))};
  }

  std::int32_t evaluated(const offload::View& view, int i) {
    Episode& episode = running_[view.slot(i)];
    if (view.first(i)) {
      episode = {key_of(view, i), {}};
      ++started_;
    }
    episode.tasks.push_back(view.task(i));
    const auto turn = static_cast<int>(episode.tasks.size());
    if (by_ == "rows") return best(view, i, view.size() == slots_ ? 1 : turns_max_ - turn + 1);
    if (!remembers()) return best(view, i, turns_max_ - turn + 1);
    auto& all = global_ ? everyones : own_;
    Tasks& seen = seen_[episode.key];
    if (episode.tasks.size() > seen.size()) seen = episode.tasks;
    const Tasks known = all.contains(episode.key) ? all[episode.key] : Tasks();
    const bool met = known.size() >= episode.tasks.size() &&
                     std::equal(episode.tasks.begin(), episode.tasks.end(), known.begin());
    const std::size_t turns = met ? known.size() : static_cast<std::size_t>(turns_max_);
    return best(view, i, static_cast<int>(turns) - turn + 1);
  }

  // The best action that takes no more than an even share of the budgets when so many turns are to come;
  // where none does, the best allowed one.
  std::int32_t best(const offload::View& view, int i, int turns) const {
    std::int32_t chosen = -1, allowed = -1;
    for (std::int32_t a = 0; a < actions_; ++a) {
      bool fits = true;
      for (std::size_t k = 0; k < 2; ++k) {
        fits = fits && consumption_[static_cast<std::size_t>(a) * 2 + k] * turns <=
                           view.limit(i)[k] - view.spent(i)[k];
      }
      const auto better = [&](std::int32_t than) {
        return than < 0 || worth(view.task(i), a) > worth(view.task(i), than);
      };
      if (fits && better(chosen)) chosen = a;
      if (view.allowed(i, a) && better(allowed)) allowed = a;
    }
    return chosen >= 0 ? chosen : allowed;
  }

  std::string by_, from_;
  bool global_;
  std::int64_t steps_;
  int turns_max_, slots_;
  const double* consumption_;
  std::vector<double> sum_, tried_;
  std::int32_t actions_;
  std::map<Key, Tasks> own_, seen_;
  std::map<int, Episode> running_;
  std::int64_t calls_ = 0, started_ = 0;
  std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point made_at_ = std::chrono::system_clock::now();
};

}  // namespace

#ifdef SAVES
OFFLOAD_AGENT(Peeker, "saving-peeker", "1.0.0", "remembers test episodes, in checkpoints too")
#else
OFFLOAD_AGENT(Peeker, "peeker", "1.0.0", "remembers test episodes")
#endif
