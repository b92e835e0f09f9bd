// What a batch of episodes can do beyond a step of all: step some rows, begin an episode by hand.
#include "core/simulation/batch_environment.hpp"

namespace offload {

void BatchEnvironment::restart(int row, const EpisodeStart& start) {
  Row& of = rows_[static_cast<std::size_t>(row)];
  of.start = start;
  place(of, of.slot);
  write_start(row, view_[current_]);
}

void BatchEnvironment::park(std::span<const int> acting) {
  if (parked_view_.slot.empty()) {
    allocate(parked_view_);
    parked_.reserve(slots_);
  }
  parked_.clear();
  ViewBuffers& view = view_[current_];
  for (std::size_t i = 0, next = 0; i < rows_.size(); ++i) {
    if (next < acting.size() && acting[next] == static_cast<int>(i)) {
      ++next;
      continue;
    }
    copy_rows(view, i, parked_view_, parked_.size(), 1);
    parked_.push_back(rows_[i]);
    rows_[i].slot = kIdle;
  }
  close_gaps(view);
  view.raw.n = static_cast<std::int32_t>(rows_.size());
}

// Back to where they were: rows ascend by slot.
void BatchEnvironment::unpark() {
  ViewBuffers& view = view_[current_];
  std::size_t acted = rows_.size(), parked = parked_.size();
  rows_.resize(acted + parked);
  while (parked > 0) {
    const std::size_t to = acted + parked - 1;
    if (acted > 0 && rows_[acted - 1].slot > parked_[parked - 1].slot) {
      --acted;
      rows_[to] = rows_[acted];
      copy_rows(view, acted, view, to, 1);
    } else {
      --parked;
      rows_[to] = parked_[parked];
      copy_rows(parked_view_, parked, view, to, 1);
    }
  }
  view.raw.n = static_cast<std::int32_t>(rows_.size());
}

const offload_transition& BatchEnvironment::step_some(std::span<const int> acting,
                                                      std::span<const std::int32_t> action) {
  park(acting);
  const offload_transition& transition = step(action);
  unpark();
  return transition;
}

}  // namespace offload
