#include "python/slot_episodes.hpp"

namespace offload {

SlotEpisodes::SlotEpisodes(const Scenario& scenario, TrainingSource source, int slots)
    : scenario_(scenario), source_(source), waiting_(static_cast<std::size_t>(slots)) {
  for (int slot = 0; slot < slots; ++slot) due_.push({0, slot});
}

bool SlotEpisodes::next(int slot, EpisodeStart& start) {
  std::deque<EpisodeStart>& own = waiting_[static_cast<std::size_t>(slot)];
  while (own.empty()) {
    const Due due = due_.top();
    due_.pop();
    EpisodeStart drawn;
    source_.next(due.slot, drawn);
    due_.push({due.step + static_cast<std::uint64_t>(scenario_.data().length(drawn.episode)), due.slot});
    waiting_[static_cast<std::size_t>(due.slot)].push_back(drawn);
  }
  start = own.front();
  own.pop_front();
  return true;
}

}  // namespace offload
