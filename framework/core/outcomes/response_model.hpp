// Response models (environment.md 4): what score an answer would have got, given the history of the episode
// and the action. Each is fitted on a stated set of episodes and is a pure function afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/environment/action_space.hpp"
#include "core/environment/episode.hpp"
#include "core/environment/observation.hpp"
#include "core/outcomes/knn_index.hpp"
#include "core/outcomes/knn_scan.hpp"
#include "core/outcomes/synthetic_truth.hpp"

namespace offload {

// Turns that are over: tasks [t], actions [t].
struct Past {
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
};

class ResponseModel {
 public:
  virtual ~ResponseModel() = default;
  // Expected score of answering the history's last turn with `action`. Safe to call from several threads.
  virtual double score(const History& history, int action) const = 0;
  // All actions at once; out [actions].
  virtual void scores(const History& history, std::span<double> out) const;
  // What each action would score at every turn of these episodes [tasks], had it been taken at all turns
  // before: out [actions][turns of all episodes, in their order].
  virtual void constants(std::span<const std::span<const std::uint8_t>> episodes,
                         std::span<double> out) const;
  // What score() costs of so many actions after one history, in bytes that it looks at, the same on every
  // machine; 0: next to nothing. Who asks very often asks less often where this is much.
  virtual std::int64_t query_bytes(int /*actions*/) const { return 0; }
  // No history of up to `turns` turns that ends in this task scores more: the oracles' bound where they do
  // not look further. +infinity where the model knows none.
  virtual double highest(int task, int action, int turns) const;
  // Leaves of a past the part that answers depend on, now and later: pasts that are left equal go on alike,
  // whatever the turn, and what is left scores as the whole does. How many pasts are left apart is a matter
  // of their length and actions, not of which tasks they met. All of it unless a model says otherwise.
  virtual void forget(Past& past) const;
  // Whether that makes some pasts of episodes of up to `turns` turns equal.
  virtual bool forgets(int turns) const;
};

// How a nearest-neighbour model finds its neighbours; scores are the same to the bit.
struct KnnSearch {
  // Distinct points from which on an index is searched; left out: where it is the faster one.
  std::optional<std::size_t> indexed_from = {};
  const KnnKernels* kernels = nullptr;  // nullptr: the widest
};

// The model of the reference, with ties shared: k nearest neighbours over the window of the logged history
// and the action bits.
class KnnModel final : public ResponseModel {
 public:
  static constexpr int kNeighbours = 5;
  // A logged turn.
  struct Point {
    std::vector<std::int8_t> at;  // coordinates: the window of its history, then the action's bits
    double score;
  };
  // Throws Error(config) where window and number of tasks make squared distances exceed 16 bits.
  KnnModel(const EpisodeTable& data, std::span<const std::uint32_t> episodes, const ActionSpace& actions,
           const ObservationLayout& layout, const KnnSearch& search = {});
  double score(const History& history, int action) const override;
  double highest(int task, int action, int turns) const override;
  void scores(const History& history, std::span<double> out) const override;
  void constants(std::span<const std::span<const std::uint8_t>> episodes,
                 std::span<double> out) const override;
  // Of a scan; an index is searched where that is dearer.
  std::int64_t query_bytes(int actions) const override;
  // Keeps the window.
  void forget(Past& past) const override;
  bool forgets(int turns) const override { return turns > layout_.window(); }
  // Points after merging those with equal coordinates.
  std::size_t distinct_points() const { return count_.size(); }

 private:
  friend class KnnFutures;

  std::vector<std::int8_t> merge(const std::vector<Point>& points);
  void add_action(int action, const std::uint16_t* history_distance, std::uint16_t* distance) const;
  double blend(std::span<const KnnNear> near) const;

  const ActionSpace* actions_;
  ObservationLayout layout_;
  int dimensions_;
  std::size_t stride_;                 // points
  std::vector<std::int8_t> column_;    // [dimensions_][stride_]
  std::vector<std::uint32_t> count_;   // [points] merged per point
  std::vector<std::uint16_t> capped_;  // [points] min(count, kNeighbours)
  std::vector<double> sum_;            // [points] of the merged scores
  std::vector<double> weight_;         // [squared distance]
  double highest_ = 0;                 // score of a point
  std::optional<KnnScan> scan_;        // this one
  std::optional<KnnIndex> index_;      // or that
};

// Shrunken mean per task and action kind, without history.
class TableModel final : public ResponseModel {
 public:
  TableModel(const EpisodeTable& data, std::span<const std::uint32_t> episodes, const ActionSpace& actions);
  double score(const History& history, int action) const override;
  double highest(int task, int action, int turns) const override;
  // Keeps nothing.
  void forget(Past& past) const override { past = {}; }
  bool forgets(int turns) const override { return turns > 1; }

 private:
  const ActionSpace* actions_;
  std::vector<double> mean_;  // [tasks][kinds]
};

// What is known of how a data set's scores came about; monostate for a real one.
using Truth = std::variant<std::monostate, SyntheticTruth, ScenarioTruth>;

// The generator's own expectation; synthetic data only, so truth must not be monostate.
class TrueMeanModel final : public ResponseModel {
 public:
  TrueMeanModel(Truth truth, const ActionSpace& actions) : truth_(std::move(truth)), actions_(&actions) {}
  double score(const History& history, int action) const override;
  double highest(int task, int action, int turns) const override;
  // Keeps the images sent: which ones, or how many.
  void forget(Past& past) const override;
  bool forgets(int turns) const override { return turns > 1; }

 private:
  Truth truth_;
  const ActionSpace* actions_;
};

}  // namespace offload
