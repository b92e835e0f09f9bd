// The futures of the knn model. A squared distance is a sum over frames, so the distance of a point to all
// histories that share their older frames differs by what the newest frame and the action add: a row of small
// integers per point, made once. A call adds up the older frames (one table row per frame), orders the points
// by that distance, and keeps the five smallest distances of 64 answers at once in vector registers, ending
// as soon as no further point can be among them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/induction/futures.hpp"
#include "core/induction/knn_places.hpp"

namespace offload {

class KnnFutures final : public Futures {
 public:
  // Whether the tables stay small enough to pay off.
  static bool fits(const KnnModel& model, const Scenario& scenario);
  KnnFutures(const KnnModel& model, const Scenario& scenario, places::SumPlaces* sum = places::sum_places());

  void scores(const History& history, int first_task, int tasks, const std::uint8_t* wanted,
              double* out) const override;

 private:
  struct Candidates;

  std::size_t content(int previous, int task) const;
  void fill_tables(const Scenario& scenario);
  int older_distance(const History& history, std::vector<std::uint16_t>& distance) const;
  int order(const History& history, Candidates& candidates) const;
  bool any_wanted(const std::uint8_t* wanted, std::size_t first, std::size_t last) const;

  const KnnModel* model_;
  places::SumPlaces* sum_;
  ModelFutures exact_;
  std::size_t actions_, tasks_, window_, points_, contents_;
  std::size_t stride_;                // of a row of newest_, whole vectors and one to spare
  std::vector<std::uint16_t> older_;  // [window - 1][contents][points] what a frame adds to the distance
  std::vector<std::uint8_t>
      newest_;    // [points][stride] what newest frame and answer add: [task][action][answer]
  int farthest_;  // the largest number in newest_
  std::vector<std::uint8_t> copies_;  // [points] merged points, at most kNeighbours
};

}  // namespace offload
