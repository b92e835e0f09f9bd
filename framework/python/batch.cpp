#include "python/batch.hpp"

#include <offload/random.hpp>

#include <algorithm>

#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kGymPurpose = 0x67796d;  // "gym"
constexpr int kMostSlots = 65536;

}  // namespace

std::uint64_t Batch::stream_of(std::uint64_t seed) { return stream(seed, kGymPurpose); }

Batch::Batch(std::shared_ptr<World> world, const BatchSettings& settings)
    : world_(std::move(world)),
      settings_(settings),
      played_(world_->played(settings.split)),
      slots_(static_cast<std::size_t>(settings.slots)) {
  if (settings.slots < 1 || settings.slots > kMostSlots) {
    fail(ErrorKind::config, "{} environments; ask for 1 to {}", settings.slots, kMostSlots);
  }
  begun_.resize(slots_);
  over_.resize(slots_);
  exceeded_.resize(slots_);
  acting_.reserve(slots_);
  action_.resize(slots_);
  const std::lock_guard lock(played_.busy);
  episodes_ = source_of(0);
  using Purpose = BatchEnvironment::Purpose;
  const StepOutcomes outcomes =
      played_.memo ? StepOutcomes(*played_.memo) : StepOutcomes(*scenario().world());
  environment_.emplace(scenario(), outcomes, played_.reward, static_cast<EpisodeSource&>(*this), nullptr,
                       settings_.test ? Purpose::evaluation : Purpose::training, settings_.slots, 0);
  make_frames();
}

std::unique_ptr<EpisodeSource> Batch::source_of(std::uint64_t stream) const {
  const Split& split = world_->experiment().splits[settings_.split];
  TrainingSource source(scenario(), settings_.test ? split.test : split.train, settings_.budgets,
                        world_->experiment().cells[settings_.cell], stream);
  // Without waiting the slots ask in a training run's order by themselves.
  if (!settings_.next_step) return std::make_unique<TrainingSource>(source);
  return std::make_unique<SlotEpisodes>(scenario(), source, settings_.slots);
}

void Batch::make_frames() {
  for (Frame& frame : frames_) {
    for (auto* values : {&frame.reward, &frame.cost, &frame.quality, &frame.association})
      values->resize(slots_);
    frame.consumed.resize(slots_ * kResources);
    frame.terminal.resize(slots_);
    frame.infeasible.resize(slots_);
    frame.episode.resize(slots_);
  }
  if (settings_.next_step) {
    for (Frame& frame : frames_) {
      frame.own_observation.resize(slots_ * static_cast<std::size_t>(observation_size()));
      frame.own_mask.resize(slots_ * static_cast<std::size_t>(actions()));
      frame.own_limit.resize(slots_ * kResources);
      frame.own_spent.resize(slots_ * kResources);
      frame.observation = frame.own_observation.data();
      frame.mask = frame.own_mask.data();
      frame.limit = frame.own_limit.data();
      frame.spent = frame.own_spent.data();
    }
    return;
  }
  // A step of nobody shows where the environment's arrays are.
  const offload_transition& nobody = environment_->step_some({}, {});
  final_ = nobody.after->observation;
  const offload_view* views[] = {nobody.before, &environment_->view()};
  for (int i = 0; i < 2; ++i) {
    // They are its own to write, and others' to read.
    frames_[i].observation = const_cast<float*>(views[i]->observation);
    frames_[i].mask = const_cast<std::uint8_t*>(views[i]->mask);
    frames_[i].limit = const_cast<double*>(views[i]->limit);
    frames_[i].spent = const_cast<double*>(views[i]->spent);
  }
  shown_ = 1;
}

bool Batch::next(int slot, EpisodeStart& start) {
  episodes_->next(slot, start);
  begun_[static_cast<std::size_t>(slot)] = scenario().data().id[start.episode];
  return true;
}

void Batch::begin(int slot, const EpisodeStart& start) {
  begun_[static_cast<std::size_t>(slot)] = scenario().data().id[start.episode];
  environment_->restart(slot, start);
  show_start(static_cast<std::size_t>(slot));
}

void Batch::show_start(std::size_t slot) {
  Frame& frame = frames_[shown_];
  if (settings_.next_step) take_state(environment_->view(), slot, frame, slot);
  frame.episode[slot] = begun_[slot];
  frame.infeasible[slot] = environment_->infeasible(static_cast<int>(slot));
  over_[slot] = exceeded_[slot] = 0;
}

void Batch::seed(std::uint64_t seed) {
  const std::lock_guard lock(played_.busy);
  episodes_ = source_of(stream_of(seed));
  for (int slot = 0; slot < settings_.slots; ++slot) {
    EpisodeStart start;
    episodes_->next(slot, start);
    begin(slot, start);
  }
}

void Batch::restart(int slot, const NamedStart& named) {
  const std::lock_guard lock(played_.busy);
  if (slot < 0 || slot >= settings_.slots) {
    fail(ErrorKind::config, "environment {} is outside 0..{}", slot, settings_.slots - 1);
  }
  if (over(slot) && !named.episode && !named.limit && !named.rng_stream) {
    show_start(static_cast<std::size_t>(slot));
    return;
  }
  EpisodeStart start;
  episodes_->next(slot, start);
  if (named.episode) {
    const auto& ids = scenario().data().id;
    const auto found = std::find(ids.begin(), ids.end(), *named.episode);
    if (found == ids.end()) {
      fail(ErrorKind::config, "episode_id: no episode {} in {}", *named.episode,
           printable(scenario().data().source));
    }
    start.episode = static_cast<std::uint32_t>(found - ids.begin());
  }
  if (named.limit) {
    start.limit = {to_amount((*named.limit)[0], 0, "limit, latency_s"),
                   to_amount((*named.limit)[1], 1, "limit, cost_usd")};
  }
  start.rng_stream = named.rng_stream.value_or(start.rng_stream);
  begin(slot, start);
}

void Batch::check(const std::int32_t* action) const {
  const int most = actions() - 1;
  for (std::size_t i = 0; i < slots_; ++i) {
    if (action[i] >= 0 && action[i] <= most) continue;
    fail(ErrorKind::config, "action {} of environment {} is outside 0..{}", action[i], i, most);
  }
}

bool Batch::step(const std::int32_t* action) {
  check(action);
  const std::lock_guard lock(played_.busy);
  return settings_.next_step ? step_ready(action) : step_all(action);
}

bool Batch::step_all(const std::int32_t* action) {
  const offload_transition& step = environment_->step({action, slots_});
  shown_ = 1 - shown_;
  Frame& frame = frames_[shown_];
  std::copy_n(step.reward, slots_, frame.reward.data());
  std::copy_n(step.quality, slots_, frame.quality.data());
  std::copy_n(step.association, slots_, frame.association.data());
  std::copy_n(step.consumed, slots_ * kResources, frame.consumed.data());
  std::copy_n(step.terminal, slots_, frame.terminal.data());
  std::copy_n(begun_.data(), slots_, frame.episode.data());
  std::uint8_t ended = 0;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    const std::uint8_t now = exceeded(*step.after, slot), terminal = step.terminal[slot];
    frame.cost[slot] = now & ~exceeded_[slot] & 1;
    exceeded_[slot] = now & ~terminal & 1;
    frame.infeasible[slot] = environment_->infeasible(static_cast<int>(slot));
    ended |= terminal;
  }
  return ended != 0;
}

}  // namespace offload
