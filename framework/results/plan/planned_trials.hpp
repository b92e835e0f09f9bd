// The trials of a plan. There may be many, and several plans of them in one process, so a trial takes 32
// bytes, the digest that its key is: rows and splits are kept by name, and which trials are of them by
// stretch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "files/sha256.hpp"

namespace offload {

struct PlannedTrial {
  std::string row, split, key;

  bool operator==(const PlannedTrial&) const = default;
};

// Names by number, in the order in which they came.
class NumberedNames {
 public:
  NumberedNames() = default;
  explicit NumberedNames(const std::vector<std::string>& names);

  std::size_t size() const { return names_.size(); }
  // That of a name that is not there is the next one.
  std::uint32_t number(std::string_view name);
  std::optional<std::uint32_t> find(std::string_view name) const;
  const std::string& name(std::uint32_t number) const { return names_[number]; }
  const std::vector<std::string>& names() const { return names_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
};

// A key for comparing: equal for equal texts. Keys are digests, but files from outside may call them
// anything.
struct PlannedKey {
  Digest digest;         // or else that of the text
  bool is_text = false;  // whether the key is another text than a digest in lower-case hexadecimal

  static PlannedKey of(std::string_view key);
  auto operator<=>(const PlannedKey&) const = default;
};

// Where a trial belongs: numbers of its row and split.
struct TrialPlace {
  std::uint32_t row = 0, split = 0;

  auto operator<=>(const TrialPlace&) const = default;
};

class PlannedTrials {
 public:
  std::size_t size() const { return keys_.size(); }
  bool empty() const { return keys_.empty(); }
  void clear() { *this = {}; }
  void reserve(std::size_t trials) { keys_.reserve(trials); }
  void push_back(const PlannedTrial& trial) { add(trial.row, trial.split, trial.key); }
  void add(std::string_view row, std::string_view split, std::string_view key);
  void add(std::string_view row, std::string_view split, const Digest& key);
  void set_key(std::size_t trial, std::string_view key);

  // Made anew by each call; what follows costs no memory.
  PlannedTrial operator[](std::size_t trial) const { return {row(trial), split(trial), key(trial)}; }
  const std::string& row(std::size_t trial) const { return rows_.name(place(trial).row); }
  const std::string& split(std::size_t trial) const { return splits_.name(place(trial).split); }
  std::string key(std::size_t trial) const;
  PlannedKey planned_key(std::size_t trial) const { return {keys_[trial], texts_.contains(trial)}; }
  // Numbers of `rows` and `splits`: equal for trials of the same.
  TrialPlace place(std::size_t trial) const;
  const NumberedNames& rows() const { return rows_; }
  const NumberedNames& splits() const { return splits_; }
  std::size_t count_of_row(std::string_view row) const;
  std::optional<std::size_t> find(std::string_view row, std::string_view split) const;
  // The first trial whose row and split an earlier one has.
  std::optional<std::size_t> first_repeated_place() const;

  // Each in turn, anew: for plans that are made of others.
  void change(const std::function<void(PlannedTrial&)>& change);
  void erase_if(const std::function<bool(const PlannedTrial&)>& unwanted);

  // The same trials in the same order.
  bool operator==(const PlannedTrials& other) const;

  // Gives values, so `const PlannedTrial&` lives for a turn of the loop.
  class Iterator {
   public:
    using value_type = PlannedTrial;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const PlannedTrials& trials, std::size_t at) : trials_(&trials), at_(at) {}
    PlannedTrial operator*() const { return (*trials_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++at_;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const PlannedTrials* trials_ = nullptr;
    std::size_t at_ = 0;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  // Trials come row by row, split by split: trial first + i is of split + i, up to the next stretch.
  struct Stretch {
    std::uint32_t first = 0;
    TrialPlace place;
  };
  void add(TrialPlace place);
  std::size_t end_of(std::size_t stretch) const;
  Digest kept(std::size_t trial, std::string_view key);

  std::vector<Digest> keys_;  // of a text its own
  std::vector<Stretch> stretches_;
  NumberedNames rows_, splits_;
  std::unordered_map<std::size_t, std::string> texts_;  // keys that are no digests, by trial
};

// A plan's trials by key: four bytes each. The trials outlive it and do not change.
class TrialsByKey {
 public:
  explicit TrialsByKey(const PlannedTrials& trials);

  // The trial of this key; of several the first.
  std::optional<std::size_t> find(std::string_view key) const;
  // The first trial whose key an earlier one has.
  std::optional<std::size_t> first_repeated() const;

 private:
  const PlannedTrials& trials_;
  std::vector<std::uint32_t> order_;
};

}  // namespace offload
