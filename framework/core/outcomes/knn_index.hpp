// The points of a nearest-neighbour model as a trie: a level per frame of the window, oldest first, then one
// for the action; siblings are the distinct values seen there. A search adds squared distances level by level
// and leaves a branch as soon as they exceed the radius, so it visits little of a large, dense set; for a few
// hundred points a scan is faster. Immutable, safe to search from several threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/outcomes/knn_kernels.hpp"

namespace offload {

class KnnIndex {
 public:
  // `points` [points][sum of widths], distinct and in ascending lexicographic order; `widths` [levels] the
  // coordinates of each level.
  KnnIndex(std::span<const std::int8_t> points, std::vector<int> widths);

  // Every point within the smallest tried radius that holds points with a summed `weight` [points] of at
  // least `enough`, or every point there is; ascending. `query` as one point; `out` is overwritten.
  void search(const std::int8_t* query, std::span<const std::uint16_t> weight, std::uint32_t enough,
              std::vector<KnnNear>& out) const;

 private:
  // Nodes of a level are numbered along the level; on the last one they are the points.
  struct Level {
    int width;
    std::vector<std::int8_t> values;      // [values][width] distinct, ascending
    std::vector<std::uint16_t> value;     // [nodes]
    std::vector<std::uint32_t> children;  // [nodes + 1] the first child on the next level
  };
  class Search;

  std::vector<Level> levels_;
};

}  // namespace offload
