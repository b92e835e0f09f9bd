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

namespace {

// Blocks that the actions after one history have to look at for picking out points to pay.
constexpr std::size_t kBlocksToPick = 256;
// Of more, the sum by itself is faster.
constexpr std::size_t kRowsAtOnce = 16;

}  // namespace

struct KnnScan::Shared {
  const Block* sum = nullptr;       // [blocks] of the history
  const Block* answers = nullptr;   // [answer's rows][blocks]
  std::size_t blocks = 0;           // of a row
  std::vector<std::uint32_t> kept;  // the points that these are of, ascending; empty: all
  std::vector<Block> kept_sum, kept_answers;
};

struct KnnScan::Scratch {
  std::vector<Block> history, total;
  std::vector<KnnNear> near;
  Shared shared;
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
      answer_most_(static_cast<std::uint16_t>(1 + actions.modalities())),
      points_(points),
      width_(distance_bytes(farthest)),
      window_(layout.window()),
      groups_(groups_of(actions.modalities())),
      row_blocks_(blocks_of(points)) {
  group_row_[0] = 0;
  for (int g = 0; g < groups_; ++g) {
    group_row_[g + 1] = group_row_[g] + static_cast<std::size_t>(content(g, actions.size() - 1)) + 1;
  }
  const std::size_t group_rows = group_row_[groups_];
  frame_rows_ = 1 + static_cast<std::size_t>(tasks) + group_rows;
  const std::size_t answer = static_cast<std::size_t>(window_) * frame_rows_;
  table_.resize((answer + group_rows + 1) * row_blocks_);
  for (int z = 0; z < window_; ++z) fill_frame(columns.data(), tasks, z);
  fill_groups(columns.data() + static_cast<std::size_t>(layout.frames()) * points, answer);
  // Of the answer's first group every query takes a row, or the last row, and no other is anything but 0
  // there: no point, so far.
  for (std::size_t r = 0; r < group_row_[1]; ++r) end_row(answer + r);
  end_row(answer + group_rows);
}

void KnnScan::end_row(std::size_t row) {
  auto* bytes = table_[row * row_blocks_].bytes;
  std::fill(bytes + points_ * width_, bytes + row_blocks_ * kKnnBlock, std::uint8_t{0xff});
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

void KnnScan::add_history(const History& history, Of of, Rows& rows) const {
  const int turns = static_cast<int>(history.task.size());
  std::size_t frame = 0;
  for (int turn = turns - window_; turn < turns; ++turn, frame += frame_rows_) {
    const auto t = static_cast<std::size_t>(std::max(turn, 0));
    rows.row[rows.count++] = row(frame + (turn < 0 ? 0U : 1U + history.task[t]));
    if (turn > 0 && of == Of::tasks) continue;
    const int before = turn < 0 ? int{kMissing} : turn == 0 ? int{kFirst} : history.action[t - 1];
    add_groups(frame + frame_rows_ - group_row_[groups_], before, rows);
  }
}

std::span<const KnnNear> KnnScan::search(const Rows& rows, std::size_t blocks, std::uint16_t more) const {
  Scratch& work = scratch();
  if (work.total.size() < row_blocks_) work.total.resize(row_blocks_);
  if (work.near.size() < points_) work.near.resize(points_);
  const std::size_t bytes = blocks * kKnnBlock;
  const void* const* row = rows.row;
  const void* const total = work.total.data();
  std::size_t count = rows.count;
  if (count > kRowsAtOnce) {
    loops_->sum(row, count, bytes, work.total.data());
    row = &total;
    count = 1;
  }
  const std::size_t found = loops_->nearest(row, count, bytes, more, work.total.data(), work.near.data());
  return std::span(work.near).first(found);
}

std::span<const KnnNear> KnnScan::near(const History& history, int action) const {
  Rows rows;
  add_history(history, Of::all, rows);
  add_groups(static_cast<std::size_t>(window_) * frame_rows_, action, rows);
  return search(rows, row_blocks_, 0);
}

// The rows of these points alone.
template <typename Distance>
void KnnScan::pick(std::span<const KnnNear> kept, Shared& shared) const {
  const std::size_t rows = group_row_[groups_], blocks = blocks_of(kept.size());
  shared.kept_sum.assign(blocks, Block{});
  shared.kept_answers.resize(rows * blocks);
  auto* sum = reinterpret_cast<Distance*>(shared.kept_sum.data());
  for (std::size_t i = 0; i < kept.size(); ++i) sum[i] = static_cast<Distance>(kept[i].distance);
  for (std::size_t r = 0; r < rows; ++r) {
    const auto* from = reinterpret_cast<const Distance*>(shared.answers + r * row_blocks_);
    auto* to = reinterpret_cast<Distance*>(shared.kept_answers.data() + r * blocks);
    for (std::size_t i = 0; i < kept.size(); ++i) to[i] = from[kept[i].point];
    // As in the table.
    const auto beyond = static_cast<Distance>(r < group_row_[1] ? -1 : 0);
    std::fill(to + kept.size(), to + blocks * kKnnBlock / sizeof(Distance), beyond);
  }
  for (const KnnNear& point : kept) shared.kept.push_back(point.point);
  shared.sum = shared.kept_sum.data();
  shared.answers = shared.kept_answers.data();
  shared.blocks = blocks;
}

const KnnScan::Shared& KnnScan::share(const History& history, int actions) const {
  Rows rows;
  add_history(history, Of::all, rows);
  Scratch& work = scratch();
  if (work.history.size() < row_blocks_) work.history.resize(row_blocks_);
  loops_->sum(rows.row, rows.count, row_blocks_ * kKnnBlock, work.history.data());
  Shared& shared = work.shared;
  shared.sum = work.history.data();
  shared.answers = table_.data() + static_cast<std::size_t>(window_) * frame_rows_ * row_blocks_;
  shared.blocks = row_blocks_;
  shared.kept.clear();
  if (static_cast<std::size_t>(actions) * row_blocks_ < kBlocksToPick) return shared;
  // Whoever is near for some action is within the history's radius and what an answer adds at most.
  Rows alone;
  alone.row[alone.count++] = shared.sum;
  alone.row[alone.count++] = shared.answers + group_row_[groups_] * row_blocks_;
  const std::span<const KnnNear> kept = search(alone, row_blocks_, answer_most_);
  if (2 * kept.size() > points_) return shared;
  width_ == 1 ? pick<std::uint8_t>(kept, shared) : pick<std::uint16_t>(kept, shared);
  return shared;
}

std::span<const KnnNear> KnnScan::near(const Shared& shared, int action) const {
  Rows rows;
  rows.row[rows.count++] = shared.sum;
  for (int g = 0; g < groups_; ++g) {
    const std::size_t answer = group_row_[g] + static_cast<std::size_t>(content(g, action));
    rows.row[rows.count++] = shared.answers + answer * shared.blocks;
  }
  const std::span<const KnnNear> found = search(rows, shared.blocks, 0);
  if (shared.kept.empty()) return found;
  std::vector<KnnNear>& near = scratch().near;
  for (std::size_t i = 0; i < found.size(); ++i) near[i].point = shared.kept[near[i].point];
  return found;
}

void KnnScan::constants(std::span<const std::span<const std::uint8_t>> episodes, int actions,
                        const Found& found) const {
  const std::size_t bytes = row_blocks_ * kKnnBlock, answer = static_cast<std::size_t>(window_) * frame_rows_;
  std::vector<Block> shared(row_blocks_), own(static_cast<std::size_t>(actions) * row_blocks_);
  const auto own_of = [&](int a) { return own.data() + static_cast<std::size_t>(a) * row_blocks_; };
  std::size_t longest = 0;
  for (const std::span<const std::uint8_t> task : episodes) longest = std::max(longest, task.size());
  for (std::size_t t = 0; t < longest; ++t) {
    // The oldest frame that shows the action, of those that come into sight.
    const std::size_t frame = (static_cast<std::size_t>(window_) - t) * frame_rows_;
    for (int a = 0; a < actions && t > 0 && t <= static_cast<std::size_t>(window_); ++a) {
      Rows rows;
      rows.row[rows.count++] = own_of(a);
      add_groups(frame + frame_rows_ - group_row_[groups_], a, rows);
      loops_->sum(rows.row, rows.count, bytes, own_of(a));
    }
    std::size_t before = 0;
    for (const std::span<const std::uint8_t> task : episodes) {
      const std::size_t turn = before + t;
      before += task.size();
      if (t >= task.size()) continue;
      Rows history;
      add_history({task.first(t + 1), {}}, Of::tasks, history);
      loops_->sum(history.row, history.count, bytes, shared.data());
      for (int a = 0; a < actions; ++a) {
        Rows rows;
        rows.row[rows.count++] = shared.data();
        rows.row[rows.count++] = own_of(a);
        add_groups(answer, a, rows);
        found(a, turn, search(rows, row_blocks_, 0));
      }
    }
  }
}

}  // namespace offload
