// The environment for many episodes at once. Rows are running episodes, each in a slot; a step takes one
// action per row, and a row whose episode ended starts the next one that the source gives, or goes. Views and
// transitions are the very structs that agents get through the plugin ABI, so nothing is converted between.
// Not thread-safe; nothing is allocated per step.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/outcomes/response_memo.hpp"
#include "core/simulation/reward_model.hpp"
#include "core/simulation/scenario.hpp"
#include "core/simulation/view_features.hpp"

namespace offload {

struct EpisodeStart {
  EpisodeStart() = default;
  EpisodeStart(std::uint32_t of, const Amounts& within, std::uint64_t bits, int margin = 0)
      : episode(of), margin_percent(margin), limit(within), rng_stream(bits) {}

  std::uint32_t episode = 0;  // index into the data set
  int margin_percent = 0;     // agents and masks (mask_with_margin) see `limit` lowered by it
  Amounts limit = {kUnlimited, kUnlimited};
  std::uint64_t rng_stream = 0;  // what the agent's random bits of this episode are derived from
};

// Gives each slot its next episode.
class EpisodeSource {
 public:
  virtual ~EpisodeSource() = default;
  // Returns false when the slot has nothing more to do.
  virtual bool next(int slot, EpisodeStart& start) = 0;
};

// A finished episode, valid during the call that hands it over.
struct FinishedEpisode {
  std::uint32_t episode;
  int slot;
  Amounts limit, spent;                    // spent: as totals enter the report (compat may cut them)
  bool infeasible, departed;               // nothing was allowed at the first, at a later turn
  int masked_actions;                      // actions taken that the mask excluded
  std::span<const std::uint16_t> actions;  // [turns]
  std::span<const double> reward, quality, association_raw, association;  // [turns]

  bool exceeds(int resource) const {
    const auto k = static_cast<std::size_t>(resource);
    return limit[k] != kUnlimited && spent[k] > limit[k];
  }
};

// What a step asks: a response model by way of a memo, or a world's table. No virtual call stands between.
struct StepOutcomes {
  StepOutcomes(ResponseMemo& responses) : memo(&responses) {}  // NOLINT: either is what a step asks
  StepOutcomes(const TableOutcomes& known) : table(&known) {}  // NOLINT

  ResponseMemo* memo = nullptr;
  const TableOutcomes* table = nullptr;
};

class EpisodeSink {
 public:
  virtual ~EpisodeSink() = default;
  virtual void finished(const FinishedEpisode& episode) = 0;
};

class BatchEnvironment final : public ViewFeatures {
 public:
  enum class Purpose { training, evaluation };

  // `first_slot` is the id of the first slot; rows carry first_slot .. first_slot + slots - 1. All references
  // must outlive the environment. `sink` may be null.
  BatchEnvironment(const Scenario& scenario, const StepOutcomes& outcomes, RewardModel& reward,
                   EpisodeSource& source, EpisodeSink* sink, Purpose purpose, int slots, int first_slot);
  BatchEnvironment(const BatchEnvironment&) = delete;
  BatchEnvironment& operator=(const BatchEnvironment&) = delete;

  // The rows to act on; n is 0 when everything is done.
  const offload_view& view() const { return view_[current_].raw; }
  // action [view().n], each in 0 .. actions-1 (else Error(plugin)), none whose outcome is not known (else
  // Error(data)). The transition and the views in it are
  // valid until the next step; view() then shows the next rows.
  const offload_transition& step(std::span<const std::int32_t> action);
  // Of view(), and of the last transition's views.
  const float* features(const offload_view& view) const override;

  // The same for the rows `acting` alone, which ascend, with an action for each of them: the transition has
  // these rows, told apart by their slots. The others stay where they are. Costs a copy of those.
  const offload_transition& step_some(std::span<const int> acting, std::span<const std::int32_t> action);
  // Leaves the row's episode where it is, unknown to the sink, and begins `start` in its slot. The source is
  // not asked. The last transition stays valid.
  void restart(int row, const EpisodeStart& start);
  // Whether no choice of actions fits the row's budgets any more, from now to its episode's end: its mask is
  // all 1.
  bool infeasible(int row) const {
    const Row& r = rows_[static_cast<std::size_t>(row)];
    return r.infeasible || r.departed;
  }

 private:
  struct ViewBuffers {
    offload_view raw{};
    std::vector<std::int32_t> slot;
    std::vector<std::uint8_t> first, mask;
    std::vector<std::uint64_t> rng;
    std::vector<float> observation;
    std::vector<double> limit, spent;
    std::vector<float> features;
  };
  static constexpr int kIdle = -1;
  struct Row {
    int slot;  // kIdle: nothing more to do
    EpisodeStart start;
    int turn, length;
    std::size_t first_turn;
    ResponseMemo::Node node;
    Amounts spent;                                            // what masks and observations see
    Amounts totals;                                           // what enters the report
    Amounts seen_limit;                                       // under the margin
    std::array<double, kResources> spent_value, limit_value;  // the same in s and USD
    bool infeasible, departed;
    bool narrow;  // the mask is more than the budgets' alone
    int masked_actions;
  };

  void allocate(ViewBuffers& view) const;
  bool begin(int index, int slot);
  void place(Row& row, int slot);
  void write_start(int index, ViewBuffers& view);
  void write_state(int index, int previous, int task, const float* window, ViewBuffers& view);
  int followed(const Row& row, int action) const;
  void answer(int index, int action);
  void look_up(int index, int action);
  bool write_narrow_mask(const Row& row, std::uint8_t* mask) const;
  void record(int index);
  void advance(std::span<const std::int32_t> action);
  void hand_over(const Row& row);
  void write_features(const Row& row, std::size_t index, ViewBuffers& view) const;
  void copy_rows(const ViewBuffers& from, std::size_t from_row, ViewBuffers& to, std::size_t to_row,
                 std::size_t rows) const;
  void settle();
  void close_gaps(ViewBuffers& view);
  void park(std::span<const int> acting);
  void unpark();
  History history(const Row& row) const;
  std::size_t episode_offset(const Row& row) const;

  const Scenario& scenario_;
  ResponseMemo* responses_;     // null in a world
  const TableOutcomes* world_;  // null for logged data
  RewardModel& reward_;
  EpisodeSource& source_;
  EpisodeSink* sink_;
  bool logged_, zero_over_budget_, raw_association_, cut_totals_, restricted_;
  int first_slot_;
  std::size_t slots_, turns_;
  std::size_t features_ = 0;  // of a query
  std::vector<Row> rows_;
  // Per slot and turn of the running episode [slots][turns].
  std::vector<std::uint16_t> actions_;
  std::vector<double> episode_reward_, episode_quality_, episode_raw_, episode_association_;
  ViewBuffers view_[2], after_;
  int current_ = 0;
  // Rows that do not act, while the others step; nothing is allocated before the first.
  std::vector<Row> parked_;
  ViewBuffers parked_view_;
  // One step's outcomes [slots].
  std::vector<double> quality_, association_raw_, association_, rewarded_association_, reward_out_;
  std::vector<double> consumed_, relative_, total_;
  std::vector<std::uint8_t> terminal_;
  std::vector<int> going_, ended_;  // rows, ascending; the first ended_rows_ of ended_ count
  std::size_t ended_rows_ = 0;
  offload_outcomes outcomes_{};
  offload_transition transition_{};
};

}  // namespace offload
