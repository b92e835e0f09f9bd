#include "results/plan/planned_trials.hpp"

#include <algorithm>
#include <cstring>
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

std::uint64_t place_of(const PlannedTrials& trials, std::size_t trial) {
  return std::uint64_t{trials.row_number(trial)} << 32 | trials.split_number(trial);
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

std::size_t PlannedTrials::ByFirstBytes::operator()(const Digest& digest) const {
  std::size_t hash;
  std::memcpy(&hash, digest.byte.data(), sizeof hash);
  return hash;
}

PlannedKey PlannedTrials::kept(std::string_view key) {
  const PlannedKey of = PlannedKey::of(key);
  if (of.is_text) texts_.try_emplace(of.digest, key);
  return of;
}

void PlannedTrials::add(std::string_view row, std::string_view split, std::string_view key) {
  trials_.push_back({kept(key), rows_.number(row), splits_.number(split)});
}

void PlannedTrials::add(std::string_view row, std::string_view split, const Digest& key) {
  trials_.push_back({{key, false}, rows_.number(row), splits_.number(split)});
}

void PlannedTrials::set_key(std::size_t trial, std::string_view key) { trials_[trial].key = kept(key); }

std::string PlannedTrials::key(std::size_t trial) const {
  const PlannedKey& key = trials_[trial].key;
  return key.is_text ? texts_.at(key.digest) : key.digest.hex();
}

std::size_t PlannedTrials::count_of_row(std::string_view row) const {
  const auto number = rows_.find(row);
  if (!number) return 0;
  return static_cast<std::size_t>(std::ranges::count(trials_, *number, &Kept::row));
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
  std::size_t left = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!unwanted((*this)[i])) trials_[left++] = trials_[i];
  }
  trials_.resize(left);
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
    : trials_(trials),
      order_(sorted_indices(trials.size(), [&trials](std::uint32_t trial) -> const PlannedKey& {
        return trials.planned_key(trial);
      })) {}

std::optional<std::size_t> TrialsByKey::find(std::string_view key) const {
  const PlannedKey wanted = PlannedKey::of(key);
  const auto of = [this](std::uint32_t trial) -> const PlannedKey& { return trials_.planned_key(trial); };
  const auto found = std::ranges::lower_bound(order_, wanted, {}, of);
  if (found == order_.end() || of(*found) != wanted) return std::nullopt;
  return *found;
}

std::optional<std::size_t> TrialsByKey::first_repeated() const {
  return first_repeated_in(order_, [this](std::uint32_t a, std::uint32_t b) {
    return trials_.planned_key(a) == trials_.planned_key(b);
  });
}

std::optional<std::size_t> first_repeated_place(const PlannedTrials& trials) {
  const auto of = [&trials](std::uint32_t trial) { return place_of(trials, trial); };
  return first_repeated_in(sorted_indices(trials.size(), of),
                           [&of](std::uint32_t a, std::uint32_t b) { return of(a) == of(b); });
}

}  // namespace offload
