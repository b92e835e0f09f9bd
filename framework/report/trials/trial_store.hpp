// The trials of a report, at most one per row and split, so that their number costs little memory: of each a
// line stays, and the rest is packed and put away (spool.hpp), by trial and, as the statistics take it, by
// row. One thread at a time, const calls too.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "report/trials/condensed.hpp"
#include "report/trials/row_columns.hpp"
#include "report/trials/spool.hpp"

namespace offload {

// What stays of a trial.
struct TrialHead {
  std::uint64_t at = 0;      // in the spool
  std::uint32_t bytes = 0;   // packed
  std::uint32_t origin = 0;  // indices of the store's
  std::uint32_t episodes = 0;
  std::uint32_t label = 0;  // of who put it
  TrialStatus status = TrialStatus::ok;
  bool has_curve = false;
};

// The tests of a split, on which most trials agree.
struct TrialEpisodes {
  std::int64_t seed = 0;
  std::shared_ptr<const std::vector<std::int64_t>> ids;  // [tests]
};

class TrialStore {
 public:
  explicit TrialStore(std::size_t rows = 0, std::size_t splits = 0);

  void put(std::size_t row, std::size_t split, CondensedTrial trial, std::uint32_t label = 0);
  void drop(std::size_t row, std::size_t split);
  // After the last of both: lays by column what finished trials have under these views.
  void settle(const std::vector<ScoreView>& views);

  std::size_t rows() const { return number_.size(); }
  std::size_t splits() const { return splits_; }
  // Null where none has run, or was dropped.
  const TrialHead* head(std::size_t row, std::size_t split) const {
    const std::uint32_t number = number_[row][split];
    return number == 0 ? nullptr : &head_[number - 1];
  }
  bool has_finished(std::size_t row, std::size_t split) const {
    const TrialHead* const of = head(row, split);
    return of != nullptr && of->status == TrialStatus::ok;
  }
  const std::shared_ptr<const TrialOrigin>& origin(const TrialHead& head) const {
    return origin_[head.origin];
  }
  const TrialEpisodes& episodes(const TrialHead& head) const { return episodes_[head.episodes]; }

  // One that is there, unpacked anew by every call.
  CondensedTrial unpacked(std::size_t row, std::size_t split) const;
  // The row's, once settled: read anew but for the last rows that were asked for.
  std::shared_ptr<const RowColumns> columns(std::size_t row) const;

 private:
  struct PackedRow {
    std::uint64_t at = 0;
    std::size_t bytes = 0;
    std::shared_ptr<const RowColumns> kept;
  };

  std::uint32_t number_of(std::size_t row, std::shared_ptr<const TrialOrigin> origin);
  std::uint32_t number_of(std::size_t split, TrialEpisodes episodes);

  std::size_t splits_;
  std::unique_ptr<Spool> spool_;
  std::vector<std::vector<std::uint32_t>> number_;  // [rows][splits] of the head, from 1; 0: none
  std::deque<TrialHead> head_;
  std::vector<std::shared_ptr<const TrialOrigin>> origin_;
  std::unordered_map<std::string, std::uint32_t> origin_number_;  // by its bytes
  std::vector<TrialEpisodes> episodes_;
  std::vector<std::uint32_t> last_origin_, last_episodes_;  // [rows], [splits] what the next most likely has
  mutable std::vector<PackedRow> packed_;                   // [rows]
  mutable std::deque<std::size_t> kept_rows_;               // the last first
  mutable std::string buffer_;
};

}  // namespace offload
