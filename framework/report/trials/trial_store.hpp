// The trials of a report, one per row and split, so that their number costs little memory: of each a few
// words stay, and the rest is packed and put away (spool.hpp), to be unpacked row by row where figures are
// made. One thread at a time, const calls too.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "report/trials/condensed.hpp"
#include "report/trials/spool.hpp"

namespace offload {

// What stays of a trial.
struct TrialHead {
  bool present = false;  // false: has not run, or was left out; the rest is nothing then
  TrialStatus status = TrialStatus::ok;
  bool has_curve = false;
  std::uint32_t bytes = 0;  // packed
  std::uint64_t at = 0;
  std::int64_t seed = 0;
  std::shared_ptr<const TrialOrigin> origin;
  std::shared_ptr<const std::vector<std::int64_t>> episode_ids;  // [tests]
};

class TrialStore {
 public:
  explicit TrialStore(std::size_t rows = 0, std::size_t splits = 0);

  void put(std::size_t row, std::size_t split, const CondensedTrial& trial);
  void drop(std::size_t row, std::size_t split);
  // After the last put: lays the trials of a row side by side, so that a row is read at once.
  void settle();

  std::size_t rows() const { return head_.size(); }
  std::size_t splits() const { return splits_; }
  const TrialHead& head(std::size_t row, std::size_t split) const { return head_[row][split]; }
  // Of one that is present, once settled. Holds until trials of kRowsKept other rows were asked for.
  const CondensedTrial& trial(std::size_t row, std::size_t split) const;
  // Likewise, by itself: for going through all of them once.
  CondensedTrial unpacked(std::size_t row, std::size_t split) const;

  static constexpr std::size_t kRowsKept = 4;

 private:
  struct UnpackedRow {
    std::vector<std::unique_ptr<CondensedTrial>> trial;  // [splits]
    std::size_t bytes = 0;                               // packed
    std::uint64_t used = 0;
  };

  UnpackedRow& unpacked_row(std::size_t row) const;
  void forget_others(std::size_t row) const;

  std::size_t splits_;
  std::unique_ptr<Spool> spool_;
  std::vector<std::vector<TrialHead>> head_;                    // [rows][splits]
  mutable std::vector<std::unique_ptr<UnpackedRow>> unpacked_;  // [rows]; null: not unpacked
  mutable std::size_t unpacked_bytes_ = 0, unpacked_rows_ = 0;
  mutable std::uint64_t uses_ = 0;
  mutable std::string buffer_;
};

}  // namespace offload
