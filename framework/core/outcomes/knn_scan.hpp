// The points of a nearest-neighbour model as a table of distances. A squared distance is a sum over the parts
// of a query: of each frame of the window the task and the action before, and the answer. A part has few
// possible contents; each has a row with what it adds to the distance of every point, so a query adds up a
// row per part, of bytes where no distance needs more. Immutable, safe to search from several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/environment/observation.hpp"
#include "core/outcomes/knn_kernels.hpp"

namespace offload {

// Those that this processor can run, the widest last.
std::span<const KnnKernels* const> knn_kernels();

class KnnScan {
 public:
  // `columns` [coordinates][points]: the frames of `layout`, then the answer as a frame without its task. No
  // squared distance exceeds `farthest`, less than 65,535. `actions` must outlive it.
  KnnScan(std::span<const std::int8_t> columns, std::size_t points, int tasks, const ActionSpace& actions,
          const ObservationLayout& layout, std::int64_t farthest, const KnnKernels& kernels);
  // Rows that a query adds up, each with the distances of all points.
  static std::int64_t query_rows(int window, int modalities) {
    return std::int64_t{window} * (1 + groups_of(modalities)) + groups_of(modalities);
  }
  static std::size_t distance_bytes(std::int64_t farthest) { return farthest < 0xff ? 1 : 2; }

  // Every point within a radius that holds at least kKnnPlaces points, or every point there is; ascending,
  // valid until the thread's next near().
  std::span<const KnnNear> near(const History& history, int action) const;
  // The same for so many actions after one history, whose rows are added up once; where that pays, points
  // that are near for no action are left out once for all. Valid until the thread's next share().
  struct Shared;
  const Shared& share(const History& history, int actions) const;
  std::span<const KnnNear> near(const Shared& shared, int action) const;
  // The same where one action was taken at all turns, for every turn of these episodes [tasks] and every
  // action: what frames add for their tasks is added up once a turn, and what they add for an action once an
  // action. `turn` counts those of all episodes, in their order.
  using Found = std::function<void(int action, std::size_t turn, std::span<const KnnNear> near)>;
  void constants(std::span<const std::span<const std::uint8_t>> episodes, int actions,
                 const Found& found) const;

 private:
  struct alignas(kKnnBlock) Block {
    std::uint8_t bytes[kKnnBlock];
  };
  // A query's rows, of the actions' bits a row per group of views.
  static constexpr int kGroupViews = 5;
  static constexpr int kGroups = kMaxModalities / kGroupViews;
  static int groups_of(int modalities) {
    return modalities <= kGroupViews ? 1 : (modalities + kGroupViews - 1) / kGroupViews;
  }
  static constexpr std::size_t kMostRows = 64 * (1 + kGroups) + kGroups;
  struct Rows {
    const void* row[kMostRows];
    std::size_t count = 0;
  };
  struct Scratch;

  static Scratch& scratch();
  // What a group of views says of a missing frame, of a first turn or of an action.
  enum : int { kMissing = -2, kFirst = -1 };
  int views(int group) const;
  int content(int group, int action) const;
  void fill_frame(const std::int8_t* columns, int tasks, int position);
  void fill_groups(const std::int8_t* columns, std::size_t row);
  void end_row(std::size_t row);
  void fill(const std::int8_t* columns, std::span<const std::int8_t> values, std::size_t row);
  const void* row(std::size_t row) const { return table_.data() + row * row_blocks_; }
  std::size_t blocks_of(std::size_t points) const { return (points * width_ + kKnnBlock - 1) / kKnnBlock; }
  // `tasks`: without what frames after a first turn say of the action before.
  enum class Of { all, tasks };
  void add_history(const History& history, Of of, Rows& rows) const;
  void add_groups(std::size_t first, int action, Rows& rows) const;
  std::span<const KnnNear> search(const Rows& rows, std::size_t blocks, std::uint16_t more) const;
  template <typename Distance>
  void pick(std::span<const KnnNear> kept, Shared& shared) const;

  const ActionSpace* actions_;
  const KnnScanLoops* loops_;
  std::uint16_t answer_most_;   // that an answer's part of a distance comes to
  std::size_t points_, width_;  // of a distance, in bytes
  int window_, groups_;
  std::size_t group_row_[kGroups + 1];  // where a group's rows begin, and where all end
  std::size_t frame_rows_;              // of a frame: its tasks', then its groups'
  std::size_t row_blocks_;
  std::vector<Block> table_;  // [window][frame_rows_][row_blocks_], then the answer's groups, then one of 0
};

}  // namespace offload
