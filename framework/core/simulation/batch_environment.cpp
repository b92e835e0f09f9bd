#include "core/simulation/batch_environment.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/simulation/turn_encoder.hpp"

namespace offload {

BatchEnvironment::BatchEnvironment(const Scenario& scenario, const StepOutcomes& outcomes,
                                   RewardModel& reward, EpisodeSource& source, EpisodeSink* sink,
                                   Purpose purpose, int slots, int first_slot)
    : scenario_(scenario),
      responses_(outcomes.memo),
      world_(outcomes.table),
      reward_(reward),
      source_(source),
      sink_(sink),
      first_slot_(first_slot) {
  const Compat& compat = scenario.compat();
  const bool training = purpose == Purpose::training;
  logged_ = training && compat.logged_next_state;
  zero_over_budget_ = training && compat.zero_reward_over_budget;
  raw_association_ = !training && compat.raw_evaluation_association;
  cut_totals_ = compat.totals_within_window;
  slots_ = static_cast<std::size_t>(slots);
  turns_ = static_cast<std::size_t>(scenario.turns_max());
  restricted_ = scenario.restricted();
  if (world_ != nullptr) features_ = world_->table().feature_names.size();
  actions_.resize(slots_ * turns_);
  for (auto* values : {&episode_reward_, &episode_quality_, &episode_raw_, &episode_association_}) {
    values->resize(slots_ * turns_);
  }
  for (auto* values : {&quality_, &association_raw_, &association_, &rewarded_association_, &reward_out_}) {
    values->resize(slots_);
  }
  for (auto* values : {&consumed_, &relative_, &total_}) values->resize(slots_ * kResources);
  terminal_.resize(slots_);
  going_.resize(slots_);
  ended_.resize(slots_);
  for (ViewBuffers* view : {&view_[0], &view_[1], &after_}) allocate(*view);
  outcomes_ = {sizeof(offload_outcomes),
               0,
               kResources,
               nullptr,
               quality_.data(),
               association_raw_.data(),
               rewarded_association_.data(),
               consumed_.data(),
               relative_.data(),
               nullptr,
               total_.data()};
  rows_.reserve(slots_);
  for (int slot = first_slot; slot < first_slot + slots; ++slot) {
    rows_.emplace_back();
    const int row = static_cast<int>(rows_.size()) - 1;
    if (begin(row, slot)) {
      write_start(row, view_[0]);
    } else {
      rows_.pop_back();
    }
  }
  view_[0].raw.n = static_cast<std::int32_t>(rows_.size());
}

bool BatchEnvironment::begin(int index, int slot) {
  Row& row = rows_[static_cast<std::size_t>(index)];
  row.start = {};
  if (!source_.next(slot, row.start)) return false;
  place(row, slot);
  return true;
}

// `start` is there already.
void BatchEnvironment::place(Row& row, int slot) {
  row.slot = slot;
  const EpisodeTable& data = scenario_.data();
  row.first_turn = data.turn(row.start.episode, 0);
  row.length = data.length(row.start.episode);
  row.node = world_ ? ResponseMemo::kNone : responses_->root(data.task[row.first_turn]);
  row.turn = row.masked_actions = 0;
  row.infeasible = row.departed = false;
  row.spent = row.totals = {};
  row.spent_value = {};
  row.narrow = restricted_ || row.start.margin_percent > 0;
  row.seen_limit =
      row.start.margin_percent > 0 ? lowered(row.start.limit, row.start.margin_percent) : row.start.limit;
  for (std::size_t k = 0; k < kResources; ++k) {
    row.limit_value[k] = from_amount(row.seen_limit[k], static_cast<int>(k));
  }
}

void BatchEnvironment::write_start(int index, ViewBuffers& view) {
  const ObservationLayout& layout = scenario_.layout();
  float* observation =
      view.observation.data() + static_cast<std::size_t>(index) * static_cast<std::size_t>(layout.size());
  std::fill_n(observation, layout.frames(), -1.0F);
  write_state(index, -1, scenario_.data().task[rows_[static_cast<std::size_t>(index)].first_turn],
              observation, view);
}

// `window` is the observation whose frames move up by one; it may be the one that is written.
void BatchEnvironment::write_state(int index, int previous, int task, const float* window,
                                   ViewBuffers& view) {
  const ObservationLayout& layout = scenario_.layout();
  Row& row = rows_[static_cast<std::size_t>(index)];
  const auto i = static_cast<std::size_t>(index);
  const auto actions = static_cast<std::size_t>(scenario_.actions().size());
  std::uint8_t* mask = view.mask.data() + i * actions;
  view.slot[i] = row.slot;
  view.first[i] = row.turn == 0;
  write_turn(layout, {row.turn, row.turn == row.length, row.spent, row.seen_limit, row.start.rng_stream},
             previous, task, window,
             {view.observation.data() + i * static_cast<std::size_t>(layout.size()), mask, &view.rng[i]});
  if (features_ > 0) write_features(row, i, view);
  if (row.turn == row.length) {
    std::fill_n(mask, actions, std::uint8_t{1});
  } else if (!(row.narrow ? write_narrow_mask(row, mask)
                          : scenario_.feasibility().mask(row.turn, row.spent, row.start.limit, mask))) {
    (row.turn == 0 ? row.infeasible : row.departed) = true;
  }
  for (std::size_t k = 0; k < kResources; ++k) {
    view.limit[i * kResources + k] = row.limit_value[k];
    view.spent[i * kResources + k] = row.spent_value[k];
  }
}

// By a margin, or where the world allows less than the budgets.
bool BatchEnvironment::write_narrow_mask(const Row& row, std::uint8_t* mask) const {
  return mask_with_margin(row.start.limit, row.start.margin_percent, [&](const Amounts& limit) {
    // What the session began with is looked for only where it matters.
    if (!restricted_) return scenario_.feasibility().mask(row.turn, row.spent, limit, mask);
    return scenario_.mask(row.first_turn, row.turn, actions_[episode_offset(row)], row.spent, limit, mask);
  });
}

std::size_t BatchEnvironment::episode_offset(const Row& row) const {
  return static_cast<std::size_t>(row.slot - first_slot_) * turns_;
}

// The history that the response model sees: the agent's own, or the logged one under that quirk.
History BatchEnvironment::history(const Row& row) const {
  if (logged_) return scenario_.logged_history(row.start.episode, row.turn);
  return scenario_.history(row.start.episode, row.turn, {actions_.data() + episode_offset(row), turns_});
}

// The action that the state of this turn follows from.
int BatchEnvironment::followed(const Row& row, int action) const {
  return logged_ ? scenario_.data().action[row.first_turn + static_cast<std::size_t>(row.turn - 1)] : action;
}

void BatchEnvironment::answer(int index, int action) {
  Row& row = rows_[static_cast<std::size_t>(index)];
  const auto i = static_cast<std::size_t>(index), a = static_cast<std::size_t>(action);
  const Consumption& consumption = scenario_.consumption();
  quality_[i] = responses_->score(
      row.node, [&] { return history(row); }, action);
  const Association value =
      association(scenario_.data().associations(row.first_turn + static_cast<std::size_t>(row.turn)),
                  scenario_.actions().images(action));
  association_raw_[i] = value.raw;
  association_[i] = value.normalized;
  rewarded_association_[i] = raw_association_ ? value.raw : value.normalized;
  const bool counted = !cut_totals_ || row.turn <= scenario_.layout().window();
  for (std::size_t k = 0; k < kResources; ++k) {
    row.spent[k] += consumption.of_action(action)[k];
    if (counted) row.totals[k] = row.spent[k];
    consumed_[i * kResources + k] = consumption.values()[a * kResources + k];
    relative_[i * kResources + k] = scenario_.relative()[a * kResources + k];
    row.spent_value[k] = from_amount(row.spent[k], static_cast<int>(k));
    total_[i * kResources + k] = row.spent_value[k];
  }
  const std::size_t at = episode_offset(row) + static_cast<std::size_t>(row.turn);
  actions_[at] = static_cast<std::uint16_t>(action);
  row.masked_actions += view_[current_].mask[i * static_cast<std::size_t>(consumption.actions()) + a] == 0;
}

// The same in a world, whose data have no association scores: there they stay 0.
void BatchEnvironment::look_up(int index, int action) {
  Row& row = rows_[static_cast<std::size_t>(index)];
  const auto i = static_cast<std::size_t>(index), a = static_cast<std::size_t>(action);
  const std::size_t turn = row.first_turn + static_cast<std::size_t>(row.turn);
  const Outcome outcome =
      world_->same_arm() ? world_->of(turn, history(row), action) : world_->at(turn, action);
  quality_[i] = outcome.quality;
  for (std::size_t k = 0; k < kResources; ++k) {
    row.spent[k] += outcome.amounts[k];
    row.totals[k] = row.spent[k];
    consumed_[i * kResources + k] = from_amount(outcome.amounts[k], static_cast<int>(k));
    relative_[i * kResources + k] = scenario_.reward_scale().relative_of(outcome.amounts[k], k);
    row.spent_value[k] = from_amount(row.spent[k], static_cast<int>(k));
    total_[i * kResources + k] = row.spent_value[k];
  }
  const std::size_t at = episode_offset(row) + static_cast<std::size_t>(row.turn);
  actions_[at] = static_cast<std::uint16_t>(action);
  row.masked_actions +=
      view_[current_].mask[i * static_cast<std::size_t>(scenario_.actions().size()) + a] == 0;
}

void BatchEnvironment::record(int index) {
  Row& row = rows_[static_cast<std::size_t>(index)];
  const auto i = static_cast<std::size_t>(index);
  if (zero_over_budget_) {
    for (std::size_t k = 0; k < kResources; ++k) {
      if (row.start.limit[k] != kUnlimited && row.spent[k] > row.start.limit[k]) reward_out_[i] = 0;
    }
  }
  const std::size_t at = episode_offset(row) + static_cast<std::size_t>(row.turn);
  episode_reward_[at] = reward_out_[i];
  episode_quality_[at] = quality_[i];
  episode_raw_[at] = association_raw_[i];
  episode_association_[at] = association_[i];
}

// Which episodes end is as good as random: rows are sorted into those that go on and those that end without a
// branch, and no later branch on it is mispredicted.
void BatchEnvironment::advance(std::span<const std::int32_t> action) {
  std::size_t going = 0, ended = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    const bool over = ++row.turn == row.length;
    terminal_[i] = over;
    going_[going] = ended_[ended] = static_cast<int>(i);
    going += !over;
    ended += over;
  }
  ended_rows_ = ended;
  const EpisodeTable& data = scenario_.data();
  const auto observation = static_cast<std::size_t>(scenario_.layout().size());
  const auto write = [&](int index, int previous, int task) {
    write_state(index, previous, task,
                view_[current_].observation.data() + static_cast<std::size_t>(index) * observation, after_);
  };
  for (const int index : std::span(going_).first(going)) {
    Row& row = rows_[static_cast<std::size_t>(index)];
    const int previous = followed(row, action[static_cast<std::size_t>(index)]);
    const int task = data.task[row.first_turn + static_cast<std::size_t>(row.turn)];
    if (!world_) row.node = responses_->child(row.node, previous, task);
    write(index, previous, task);
  }
  for (const int index : std::span(ended_).first(ended)) {
    write(index, followed(rows_[static_cast<std::size_t>(index)], action[static_cast<std::size_t>(index)]),
          -1);
  }
}

void BatchEnvironment::hand_over(const Row& row) {
  if (sink_ == nullptr) return;
  const std::size_t at = episode_offset(row), length = static_cast<std::size_t>(row.length);
  sink_->finished(
      {row.start.episode, row.slot, row.start.limit, row.totals, row.infeasible, row.departed,
       row.masked_actions, std::span(actions_).subspan(at, length),
       std::span(episode_reward_).subspan(at, length), std::span(episode_quality_).subspan(at, length),
       std::span(episode_raw_).subspan(at, length), std::span(episode_association_).subspan(at, length)});
}

const offload_transition& BatchEnvironment::step(std::span<const std::int32_t> action) {
  const int rows = static_cast<int>(rows_.size());
  const auto checked = [&](int i) {
    const std::int32_t a = action[static_cast<std::size_t>(i)];
    if (a < 0 || a >= scenario_.actions().size()) {
      fail(ErrorKind::plugin, "action {} of row {} is outside 0..{}", a, i, scenario_.actions().size() - 1);
    }
    return a;
  };
  // A batch's walks wait for memory together. Here, and not in a function of its own: g++ 12 removes one that
  // does nothing else.
  if (world_ == nullptr) {
    for (int i = 0; i < rows; ++i)
      __builtin_prefetch(responses_->place(rows_[static_cast<std::size_t>(i)].node, checked(i)));
    for (int i = 0; i < rows; ++i) answer(i, action[static_cast<std::size_t>(i)]);
  } else {
    for (int i = 0; i < rows; ++i) {
      const Row& row = rows_[static_cast<std::size_t>(i)];
      __builtin_prefetch(world_->place(row.first_turn + static_cast<std::size_t>(row.turn), checked(i)));
    }
    for (int i = 0; i < rows; ++i) look_up(i, action[static_cast<std::size_t>(i)]);
  }
  outcomes_.n = rows;
  outcomes_.action = action.data();
  outcomes_.limit = view_[current_].limit.data();
  reward_.score(outcomes_, reward_out_.data());
  for (int i = 0; i < rows; ++i) record(i);
  advance(action);
  after_.raw.n = rows;
  transition_ = {sizeof(offload_transition),
                 rows,
                 &view_[current_].raw,
                 action.data(),
                 reward_out_.data(),
                 quality_.data(),
                 association_.data(),
                 consumed_.data(),
                 &after_.raw,
                 terminal_.data()};
  settle();
  current_ = 1 - current_;
  return transition_;
}

}  // namespace offload
