// The views of a BatchEnvironment: their memory, and which rows stand in them.
#include <algorithm>

#include "core/simulation/batch_environment.hpp"

namespace offload {

void BatchEnvironment::allocate(ViewBuffers& view) const {
  const auto observation = static_cast<std::size_t>(scenario_.layout().size());
  view.slot.resize(slots_);
  view.first.resize(slots_);
  view.rng.resize(slots_);
  view.observation.resize(slots_ * observation);
  view.mask.resize(slots_ * static_cast<std::size_t>(scenario_.actions().size()));
  view.limit.resize(slots_ * kResources);
  view.spent.resize(slots_ * kResources);
  view.features.resize(slots_ * features_);
  view.raw = {sizeof(offload_view), 0,
              view.slot.data(),     view.first.data(),
              view.rng.data(),      view.observation.data(),
              view.mask.data(),     view.limit.data(),
              view.spent.data()};
}

// Nothing where the episode is over.
void BatchEnvironment::write_features(const Row& row, std::size_t index, ViewBuffers& view) const {
  float* out = view.features.data() + index * features_;
  if (row.turn == row.length) {
    std::fill_n(out, features_, 0.0F);
  } else {
    const std::size_t turn = row.first_turn + static_cast<std::size_t>(row.turn);
    std::copy_n(world_->table().features.data() + turn * features_, features_, out);
  }
}

const float* BatchEnvironment::features(const offload_view& view) const {
  if (features_ == 0) return nullptr;
  for (const ViewBuffers* known : {&view_[0], &view_[1], &after_}) {
    if (&known->raw == &view) return known->features.data();
  }
  return nullptr;
}

void BatchEnvironment::copy_rows(const ViewBuffers& from, std::size_t from_row, ViewBuffers& to,
                                 std::size_t to_row, std::size_t rows) const {
  const auto copy = [=](const auto& source, auto& target, std::size_t width) {
    std::copy_n(source.data() + from_row * width, rows * width, target.data() + to_row * width);
  };
  copy(from.slot, to.slot, 1);
  copy(from.first, to.first, 1);
  copy(from.rng, to.rng, 1);
  copy(from.observation, to.observation, static_cast<std::size_t>(scenario_.layout().size()));
  copy(from.mask, to.mask, static_cast<std::size_t>(scenario_.actions().size()));
  copy(from.limit, to.limit, kResources);
  copy(from.spent, to.spent, kResources);
  if (features_ > 0) copy(from.features, to.features, features_);
}

// Fills the next view: rows that go on, fresh episodes, and no gaps where a slot has nothing more to do.
void BatchEnvironment::settle() {
  ViewBuffers& next = view_[1 - current_];
  copy_rows(after_, 0, next, 0, rows_.size());
  bool gaps = false;
  for (const int index : std::span(ended_).first(ended_rows_)) {
    Row& row = rows_[static_cast<std::size_t>(index)];
    hand_over(row);
    if (begin(index, row.slot)) {
      write_start(index, next);
    } else {
      row.slot = kIdle;
      gaps = true;
    }
  }
  if (gaps) close_gaps(next);
  next.raw.n = static_cast<std::int32_t>(rows_.size());
}

void BatchEnvironment::close_gaps(ViewBuffers& view) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].slot == kIdle) continue;
    if (i != kept) {
      rows_[kept] = rows_[i];
      copy_rows(view, i, view, kept, 1);
    }
    ++kept;
  }
  rows_.resize(kept);
}

}  // namespace offload
