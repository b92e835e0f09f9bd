#include "core/statistics/margin_search.hpp"

#include <unordered_map>
#include <utility>

namespace offload {
namespace {

// A session to come may be over at worst; whole numbers that are written as .05 x 20 count as such.
bool holds(double lost, double share, std::size_t groups) {
  return lost + 1 <= share * static_cast<double>(groups + 1) * (1 + 1e-12);
}

}  // namespace

MarginSearch::MarginSearch(std::vector<int> margins, double share, std::span<const std::uint32_t> group)
    : margins_(std::move(margins)), share_(share), left_(margins_.size()), over_(group.size()) {
  std::unordered_map<std::uint32_t, std::size_t> index;
  for (const std::uint32_t name : group) {
    const auto [found, fresh] = index.emplace(name, sizes_.size());
    if (fresh) sizes_.push_back(0);
    group_.push_back(found->second);
    ++sizes_[found->second];
  }
  ended_ = !holds(0, share_, groups());
}

std::optional<int> MarginSearch::next() const {
  if (ended_ || left_ == 0) return std::nullopt;
  return margins_[left_ - 1];
}

// A session counts as over from the largest margin under which it was: so the loss never falls with a smaller
// margin, whatever the policy does, and the first margin that is not enough ends the search.
void MarginSearch::add(const std::vector<bool>& over) {
  double lost = 0;
  for (std::size_t i = 0; i < over_.size(); ++i) {
    over_[i] = over_[i] || over[i];
    if (over_[i]) lost += 1 / sizes_[group_[i]];
  }
  --left_;
  ended_ = !holds(lost, share_, groups());
  if (!ended_) least_ = margins_[left_];
}

std::size_t MarginSearch::fewest_groups(double share) {
  std::size_t groups = 0;
  while (!holds(0, share, groups)) ++groups;
  return groups;
}

}  // namespace offload
