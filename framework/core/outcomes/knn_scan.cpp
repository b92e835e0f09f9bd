#include "core/outcomes/knn_scan.hpp"

#include <algorithm>
#include <cstring>

#include "core/instruction_set.hpp"

namespace offload {

extern const KnnKernels knn_kernels_baseline, knn_kernels_avx2, knn_kernels_avx512;

std::span<const KnnKernels* const> knn_kernels() {
#if defined(__x86_64__)
  static constexpr const KnnKernels* all[] = {&knn_kernels_baseline, &knn_kernels_avx2, &knn_kernels_avx512};
  return std::span(all).first(1 + static_cast<std::size_t>(instruction_set_in_use()));
#else
  static constexpr const KnnKernels* all[] = {&knn_kernels_baseline};
  return all;
#endif
}

struct KnnScan::Scratch {
  std::vector<Block> history, total;
  std::vector<KnnNear> near;
};

KnnScan::Scratch& KnnScan::scratch() {
  thread_local Scratch scratch;
  return scratch;
}

KnnScan::KnnScan(std::span<const std::int8_t> columns, std::size_t points, int tasks,
                 const ActionSpace& actions, const ObservationLayout& layout, std::int64_t farthest,
                 const KnnKernels& kernels)
    : actions_(&actions),
      loops_(distance_bytes(farthest) == 1 ? &kernels.byte : &kernels.word),
      points_(points),
      width_(distance_bytes(farthest)),
      window_(layout.window()),
      groups_(groups_of(actions.modalities())),
      row_blocks_((points * width_ + kKnnBlock - 1) / kKnnBlock) {
  group_row_[0] = 0;
  for (int g = 0; g < groups_; ++g) {
    group_row_[g + 1] = group_row_[g] + static_cast<std::size_t>(content(g, actions.size() - 1)) + 1;
  }
  const std::size_t group_rows = group_row_[groups_];
  frame_rows_ = 1 + static_cast<std::size_t>(tasks) + group_rows;
  const std::size_t answer = static_cast<std::size_t>(window_) * frame_rows_;
  table_.resize((answer + group_rows) * row_blocks_);
  for (int z = 0; z < window_; ++z) fill_frame(columns.data(), tasks, z);
  fill_groups(columns.data() + static_cast<std::size_t>(layout.frames()) * points, answer);
  // Of the answer's first group every query takes a row, and no other is anything but 0 there: no point, so
  // far.
  for (std::size_t r = answer; r < answer + group_row_[1]; ++r) {
    auto* bytes = table_[r * row_blocks_].bytes;
    std::fill(bytes + points * width_, bytes + row_blocks_ * kKnnBlock, std::uint8_t{0xff});
  }
}

int KnnScan::views(int group) const {
  return std::min(kGroupViews, actions_->modalities() - group * kGroupViews);
}

// The first group has the cloud's bit, which is -1 in a first turn.
int KnnScan::content(int group, int action) const {
  if (action == kMissing) return 0;
  const auto images = action == kFirst ? 0U : actions_->images(action) >> (group * kGroupViews);
  const auto bits = static_cast<int>(images & ((1U << views(group)) - 1));
  if (group > 0) return 1 + bits;
  return action == kFirst ? 1 : actions_->cloud(action) ? 3 + bits : 2;
}

// The distances of all points' coordinates from these values.
void KnnScan::fill(const std::int8_t* columns, std::span<const std::int8_t> values, std::size_t row) {
  std::vector<std::uint16_t> sum(points_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int8_t* column = columns + i * points_;
    for (std::size_t p = 0; p < points_; ++p) {
      const int difference = column[p] - values[i];
      sum[p] = static_cast<std::uint16_t>(sum[p] + difference * difference);
    }
  }
  Block* out = table_.data() + row * row_blocks_;
  if (width_ == 2) {
    std::memcpy(out, sum.data(), points_ * sizeof sum[0]);
  } else {
    std::copy_n(sum.data(), points_, out->bytes);
  }
}

// The rows of the groups of views, one per content; the columns are the cloud and the views.
void KnnScan::fill_groups(const std::int8_t* columns, std::size_t row) {
  for (int g = 0; g < groups_; ++g) {
    const auto contents = static_cast<int>(group_row_[g + 1] - group_row_[g]);
    const auto first = static_cast<std::size_t>(g == 0 ? 0 : 1 + g * kGroupViews);
    for (int c = 0; c < contents; ++c) {
      std::vector<std::int8_t> values;
      if (g == 0) values.push_back(static_cast<std::int8_t>(c < 2 ? -1 : c > 2));
      const int bits = std::max(0, c - (g == 0 ? 3 : 1));
      for (int m = 0; m < views(g); ++m)
        values.push_back(static_cast<std::int8_t>(c == 0 ? -1 : bits >> m & 1));
      fill(columns + first * points_, values, row++);
    }
  }
}

void KnnScan::fill_frame(const std::int8_t* columns, int tasks, int position) {
  const auto frame = static_cast<std::size_t>(actions_->modalities()) + 2,
             z = static_cast<std::size_t>(position);
  columns += z * frame * points_;
  for (int task = -1; task < tasks; ++task) {
    const auto value = static_cast<std::int8_t>(task);
    fill(columns + (frame - 1) * points_, {&value, 1}, z * frame_rows_ + static_cast<std::size_t>(task + 1));
  }
  fill_groups(columns, z * frame_rows_ + 1 + static_cast<std::size_t>(tasks));
}

void KnnScan::add_groups(std::size_t first, int action, Rows& rows) const {
  for (int g = 0; g < groups_; ++g) {
    const std::size_t at = first + group_row_[g] + static_cast<std::size_t>(content(g, action));
    rows.row[rows.count++] = row(at);
  }
}

void KnnScan::add_history(const History& history, Rows& rows) const {
  const int turns = static_cast<int>(history.task.size());
  std::size_t frame = 0;
  for (int turn = turns - window_; turn < turns; ++turn, frame += frame_rows_) {
    const auto t = static_cast<std::size_t>(std::max(turn, 0));
    rows.row[rows.count++] = row(frame + (turn < 0 ? 0U : 1U + history.task[t]));
    const int before = turn < 0 ? int{kMissing} : turn == 0 ? int{kFirst} : history.action[t - 1];
    add_groups(frame + frame_rows_ - group_row_[groups_], before, rows);
  }
}

std::span<const KnnNear> KnnScan::search(const Rows& rows) const {
  Scratch& work = scratch();
  if (work.total.size() < row_blocks_) work.total.resize(row_blocks_);
  if (work.near.size() < points_) work.near.resize(points_);
  const std::size_t found =
      loops_->nearest(rows.row, rows.count, row_blocks_ * kKnnBlock, work.total.data(), work.near.data());
  return std::span(work.near).first(found);
}

std::span<const KnnNear> KnnScan::near(const History& history, int action) const {
  Rows rows;
  add_history(history, rows);
  add_groups(static_cast<std::size_t>(window_) * frame_rows_, action, rows);
  return search(rows);
}

const void* KnnScan::sum(const History& history) const {
  Rows rows;
  add_history(history, rows);
  Scratch& work = scratch();
  if (work.history.size() < row_blocks_) work.history.resize(row_blocks_);
  loops_->sum(rows.row, rows.count, row_blocks_ * kKnnBlock, work.history.data());
  return work.history.data();
}

std::span<const KnnNear> KnnScan::near(const void* sum, int action) const {
  Rows rows;
  rows.row[rows.count++] = sum;
  add_groups(static_cast<std::size_t>(window_) * frame_rows_, action, rows);
  return search(rows);
}

}  // namespace offload
