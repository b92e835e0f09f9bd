// Episodes of a world in slots, as Gymnasium's vector environments want them: what a step shows lies in
// arrays that are made once, two frames in turn, so that what the last step showed stays valid during the
// next one. With `next_step` a slot whose episode ended shows its last state first and begins the next one in
// the step after, which takes no action; without, the next episode's first state is shown at once. A slot
// goes through the same episodes and numbers either way, until one is begun by hand, and through those of a
// training run of that many slots.
// One caller at a time; nothing is allocated per step.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/simulation/batch_environment.hpp"
#include "python/slot_episodes.hpp"
#include "python/world.hpp"

namespace offload {

struct BatchSettings {
  std::size_t split = 0;
  bool test = false;  // the split's test episodes, as evaluation rewards them; else its training episodes
  TrainingBudgets budgets;
  std::size_t cell = 0;  // whose limits they are where they are per cell
  int slots = 1;
  bool next_step = false;
};

// What a step shows; D numbers of an observation, A actions, K resources (s, USD). With slots [slots] each.
struct Frame {
  float* observation = nullptr;  // [D]
  std::uint8_t* mask = nullptr;  // [A]
  double* limit = nullptr;       // [K]
  double* spent = nullptr;       // [K]
  std::vector<double> reward;    // 0 where no action was taken, and so on
  std::vector<double> cost;      // 1 on the step after which a budget is exceeded that was not before
  std::vector<double> quality, association;
  std::vector<double> consumed;  // [K]
  std::vector<std::uint8_t> terminal;
  std::vector<std::uint8_t> infeasible;  // no actions fit the budgets any more; the mask is all 1
  std::vector<std::int64_t> episode;     // id of the state's episode
  // Where the environment's own arrays do not show the right state.
  std::vector<float> own_observation = {};
  std::vector<std::uint8_t> own_mask = {};
  std::vector<double> own_limit = {}, own_spent = {};
};

// Whether the row has exceeded a budget.
inline bool exceeded(const offload_view& view, std::size_t row) {
  static_assert(kResources == 2);
  const double *spent = view.spent + row * kResources, *limit = view.limit + row * kResources;
  return (spent[0] > limit[0]) | (spent[1] > limit[1]);
}

// An episode by name; what is left out is drawn as always.
struct NamedStart {
  std::optional<std::int64_t> episode;                  // id in the data set
  std::optional<std::array<double, kResources>> limit;  // s, USD; infinite: none
  std::optional<std::uint64_t> rng_stream;
};

class Batch final : private EpisodeSource {
 public:
  // Throws Error(config) for settings that do not fit the world.
  Batch(std::shared_ptr<World> world, const BatchSettings& settings);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  const Scenario& scenario() const { return played_.scenario; }
  int slots() const { return settings_.slots; }
  bool next_step() const { return settings_.next_step; }
  int observation_size() const { return scenario().layout().size(); }
  int actions() const { return scenario().actions().size(); }
  // The stream that a seed draws episodes from: of a TrainingSource.
  static std::uint64_t stream_of(std::uint64_t seed);

  // Begins this seed's first episode in every slot.
  void seed(std::uint64_t seed);
  // Begins an episode in one slot: the next one, which a slot that waits for it has drawn already, or the
  // named one. Throws Error(config) for an unknown id or a limit out of range.
  void restart(int slot, const NamedStart& start);
  // action [slots], each 0 .. actions - 1 (else Error(config)), not looked at where a slot begins an episode.
  // Returns whether an episode ended.
  bool step(const std::int32_t* action);
  // Whether the slot's episode is over and the next one not begun: with next_step alone.
  bool over(int slot) const { return over_[static_cast<std::size_t>(slot)] != 0; }

  int shown() const { return shown_; }  // which frame
  const Frame& frame(int index) const { return frames_[index]; }
  // [slots][D] where an episode ended the last state of it; until the next step. Without next_step alone.
  const float* final_observation() const { return final_; }

 private:
  bool next(int slot, EpisodeStart& start) override;
  std::unique_ptr<EpisodeSource> source_of(std::uint64_t stream) const;
  void begin(int slot, const EpisodeStart& start);
  void make_frames();
  void check(const std::int32_t* action) const;
  bool step_all(const std::int32_t* action);
  bool step_ready(const std::int32_t* action);
  const offload_transition* step_acting(const std::int32_t* action);
  void take_outcome(const offload_transition& step, std::size_t row, Frame& frame, std::size_t slot);
  void take_state(const offload_view& view, std::size_t row, Frame& frame, std::size_t slot) const;
  void show_start(std::size_t slot);

  std::shared_ptr<World> world_;
  BatchSettings settings_;
  Played& played_;
  std::size_t slots_;
  std::unique_ptr<EpisodeSource> episodes_;
  std::vector<std::int64_t> begun_;  // [slots] id of the episode begun last
  std::optional<BatchEnvironment> environment_;
  Frame frames_[2];
  int shown_ = 0;
  const float* final_ = nullptr;
  std::vector<std::uint8_t> over_;      // [slots]
  std::vector<std::uint8_t> exceeded_;  // [slots] whether the running episode has exceeded a budget
  std::vector<int> acting_;
  std::vector<std::int32_t> action_;
};

}  // namespace offload
