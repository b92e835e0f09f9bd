// Who chooses where a turn of a collection is answered: chance with probabilities that are written down, or
// an agent. May be asked from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/environment/action_space.hpp"
#include "core/environment/profile.hpp"
#include "gateway/collect/dialogues.hpp"
#include "gateway/collect/plan.hpp"
#include "plugin/search.hpp"

namespace offload {

// A turn that was chosen for and answered.
struct ChosenTurn {
  int action = 0;
  Amounts spent{};  // before it
};

struct Choice {
  int action = 0;
  double propensity = 0;  // 0: an agent's, who does not say
};

class Chooser {
 public:
  virtual ~Chooser() = default;
  // Of the turn behind `before`, `spent` so far. The same for the same arguments.
  virtual Choice choose(std::size_t episode, const Dialogue& dialogue, const std::vector<ChosenTurn>& before,
                        const Amounts& spent) = 0;
  // What whoever runs this has to be told of it; empty: nothing.
  virtual std::string warning() const { return {}; }
};

// Throws Error: config for an agent that does not fit the dialogues (views, tasks), and what loading it
// throws.
std::unique_ptr<Chooser> make_chooser(const CollectPlan& plan, const Dialogues& dialogues,
                                      const PluginSearch& search);

}  // namespace offload
