#include "results/plan/planned_trials.hpp"

#include <algorithm>
#include <numeric>

namespace offload {
namespace {

// Of indices that are sorted by what must differ, and of those that do not by themselves.
template <typename Same>
std::optional<std::size_t> first_repeated_in(const std::vector<std::uint32_t>& order, const Same& same) {
  std::optional<std::size_t> first;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (!same(order[i - 1], order[i])) continue;
    if (!first || order[i] < *first) first = order[i];
  }
  return first;
}

std::vector<std::uint32_t> sorted_indices(std::size_t count, const auto& of) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&of](std::uint32_t a, std::uint32_t b) {
    const auto &of_a = of(a), &of_b = of(b);
    return of_a < of_b || (of_a == of_b && a < b);
  });
  return order;
}

}  // namespace

NumberedNames::NumberedNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) number(name);
}

std::uint32_t NumberedNames::number(std::string_view name) {
  // Trials come row by row.
  if (!names_.empty() && names_.back() == name) return static_cast<std::uint32_t>(names_.size() - 1);
  if (const auto known = find(name)) return *known;
  numbers_.emplace(name, static_cast<std::uint32_t>(names_.size()));
  names_.emplace_back(name);
  return static_cast<std::uint32_t>(names_.size() - 1);
}

std::optional<std::uint32_t> NumberedNames::find(std::string_view name) const {
  const auto known = numbers_.find(name);
  if (known == numbers_.end()) return std::nullopt;
  return known->second;
}

PlannedKey PlannedKey::of(std::string_view key) {
  if (const auto digest = digest_of_hex(key)) return {*digest, false};
  return {digest_of(key), true};
}

void PlannedTrials::add(TrialPlace place) {
  if (!stretches_.empty()) {
    const auto& [first, begun] = stretches_.back();
    if (place.row == begun.row && place.split - begun.split == keys_.size() - first) return;
  }
  stretches_.push_back({static_cast<std::uint32_t>(keys_.size()), place});
}

void PlannedTrials::add(std::string_view row, std::string_view split, std::string_view key) {
  add({rows_.number(row), splits_.number(split)});
  keys_.push_back(kept(keys_.size(), key));
}

void PlannedTrials::add(std::string_view row, std::string_view split, const Digest& key) {
  add({rows_.number(row), splits_.number(split)});
  keys_.push_back(key);
}

Digest PlannedTrials::kept(std::size_t trial, std::string_view key) {
  const PlannedKey of = PlannedKey::of(key);
  if (of.is_text)
    texts_.insert_or_assign(trial, key);
  else
    texts_.erase(trial);
  return of.digest;
}

void PlannedTrials::set_key(std::size_t trial, std::string_view key) { keys_[trial] = kept(trial, key); }

std::string PlannedTrials::key(std::size_t trial) const {
  const auto text = texts_.find(trial);
  return text == texts_.end() ? keys_[trial].hex() : text->second;
}

TrialPlace PlannedTrials::place(std::size_t trial) const {
  const Stretch& stretch = *std::prev(std::ranges::upper_bound(stretches_, trial, {}, &Stretch::first));
  return {stretch.place.row, stretch.place.split + static_cast<std::uint32_t>(trial) - stretch.first};
}

std::size_t PlannedTrials::end_of(std::size_t stretch) const {
  return stretch + 1 < stretches_.size() ? stretches_[stretch + 1].first : size();
}

std::size_t PlannedTrials::count_of_row(std::string_view row) const {
  const auto number = rows_.find(row);
  std::size_t count = 0;
  for (std::size_t i = 0; number && i < stretches_.size(); ++i) {
    if (stretches_[i].place.row == *number) count += end_of(i) - stretches_[i].first;
  }
  return count;
}

std::optional<std::size_t> PlannedTrials::find(std::string_view row, std::string_view split) const {
  const auto r = rows_.find(row), s = splits_.find(split);
  for (std::size_t i = 0; r && s && i < stretches_.size(); ++i) {
    const auto& [first, place] = stretches_[i];
    const std::uint32_t beyond = *s - place.split;
    if (place.row == *r && beyond < end_of(i) - first) return first + beyond;
  }
  return std::nullopt;
}

std::optional<std::size_t> PlannedTrials::first_repeated_place() const {
  // Stretches apart have no trial in common, and are few where trials are many.
  std::vector<std::pair<TrialPlace, std::uint64_t>> begins;  // with the split behind its last
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    const TrialPlace begin = stretches_[i].place;
    begins.emplace_back(begin, std::uint64_t{begin.split} + end_of(i) - stretches_[i].first);
  }
  std::ranges::sort(begins);
  const auto overlap = [](const auto& a, const auto& b) {
    return a.first.row == b.first.row && b.first.split < a.second;
  };
  if (std::ranges::adjacent_find(begins, overlap) == begins.end()) return std::nullopt;
  const auto of = [this](std::uint32_t trial) { return place(trial); };
  return first_repeated_in(sorted_indices(size(), of),
                           [&of](std::uint32_t a, std::uint32_t b) { return of(a) == of(b); });
}

void PlannedTrials::change(const std::function<void(PlannedTrial&)>& change) {
  PlannedTrials changed;
  changed.reserve(size());
  for (PlannedTrial trial : *this) {
    change(trial);
    changed.push_back(trial);
  }
  *this = std::move(changed);
}

void PlannedTrials::erase_if(const std::function<bool(const PlannedTrial&)>& unwanted) {
  PlannedTrials left;
  for (const PlannedTrial& trial : *this) {
    if (!unwanted(trial)) left.push_back(trial);
  }
  *this = std::move(left);
}

bool PlannedTrials::operator==(const PlannedTrials& other) const {
  if (size() != other.size()) return false;
  for (std::size_t i = 0; i < size(); ++i) {
    if (planned_key(i) != other.planned_key(i) || row(i) != other.row(i) || split(i) != other.split(i))
      return false;
  }
  return true;
}

TrialsByKey::TrialsByKey(const PlannedTrials& trials)
    : trials_(trials), order_(sorted_indices(trials.size(), [&trials](std::uint32_t trial) {
        return trials.planned_key(trial);
      })) {}

std::optional<std::size_t> TrialsByKey::find(std::string_view key) const {
  const PlannedKey wanted = PlannedKey::of(key);
  const auto of = [this](std::uint32_t trial) { return trials_.planned_key(trial); };
  const auto found = std::ranges::lower_bound(order_, wanted, {}, of);
  if (found == order_.end() || of(*found) != wanted) return std::nullopt;
  return *found;
}

std::optional<std::size_t> TrialsByKey::first_repeated() const {
  return first_repeated_in(order_, [this](std::uint32_t a, std::uint32_t b) {
    return trials_.planned_key(a) == trials_.planned_key(b);
  });
}

}  // namespace offload
