#include "report/trials/trial_store.hpp"

#include <algorithm>

#include "report/trials/packed_trial.hpp"

namespace offload {
namespace {

constexpr std::size_t kRowsKept = 2;  // a row and what it is set beside
constexpr std::uint32_t kNone = ~std::uint32_t{0};

}  // namespace

TrialStore::TrialStore(std::size_t rows, std::size_t splits)
    : splits_(splits),
      spool_(std::make_unique<Spool>()),
      number_(rows, std::vector<std::uint32_t>(splits)),
      last_origin_(rows, kNone),
      last_episodes_(splits, kNone),
      packed_(rows) {}

std::uint32_t TrialStore::number_of(std::size_t row, std::shared_ptr<const TrialOrigin> origin) {
  std::uint32_t& last = last_origin_[row];
  if (last != kNone && *origin_[last] == *origin) return last;
  buffer_.clear();
  pack(*origin, buffer_);
  const auto [known, is_new] = origin_number_.emplace(buffer_, static_cast<std::uint32_t>(origin_.size()));
  if (is_new) origin_.push_back(std::move(origin));
  return last = known->second;
}

std::uint32_t TrialStore::number_of(std::size_t split, TrialEpisodes episodes) {
  std::uint32_t& last = last_episodes_[split];
  if (last != kNone && episodes_[last].seed == episodes.seed && *episodes_[last].ids == *episodes.ids)
    return last;
  episodes_.push_back(std::move(episodes));
  return last = static_cast<std::uint32_t>(episodes_.size() - 1);
}

void TrialStore::put(std::size_t row, std::size_t split, CondensedTrial trial, std::uint32_t label) {
  TrialHead head;
  head.origin = number_of(row, std::move(trial.origin));
  head.episodes = number_of(split, {trial.seed, std::move(trial.episode_ids)});
  head.label = label;
  head.status = trial.status;
  head.has_curve = !trial.training.curve.empty();
  buffer_.clear();
  pack(trial, buffer_);
  head.bytes = static_cast<std::uint32_t>(buffer_.size());
  head.at = spool_->append(buffer_);
  head_.push_back(head);
  number_[row][split] = static_cast<std::uint32_t>(head_.size());
}

void TrialStore::drop(std::size_t row, std::size_t split) { number_[row][split] = 0; }

void TrialStore::settle(const std::vector<ScoreView>& views) {
  for (std::size_t row = 0; row < rows(); ++row) {
    RowColumns columns;
    for (std::size_t split = 0; split < splits_; ++split) {
      if (!has_finished(row, split)) {
        columns.add(nullptr, views);
        continue;
      }
      const CondensedTrial trial = unpacked(row, split);
      columns.add(&trial, views);
    }
    std::string bytes;
    if (!columns.cells.empty()) pack(columns, bytes);
    packed_[row] = {spool_->append(bytes), bytes.size(), nullptr};
  }
}

CondensedTrial TrialStore::unpacked(std::size_t row, std::size_t split) const {
  const TrialHead& of = *head(row, split);
  spool_->read(of.at, of.bytes, buffer_);
  CondensedTrial trial = unpacked_trial(buffer_);
  trial.origin = origin(of);
  trial.episode_ids = episodes(of).ids;
  return trial;
}

std::shared_ptr<const RowColumns> TrialStore::columns(std::size_t row) const {
  PackedRow& packed = packed_[row];
  if (packed.kept == nullptr) {
    std::string bytes;
    spool_->read(packed.at, packed.bytes, bytes);
    packed.kept = std::make_shared<const RowColumns>(unpacked_columns(bytes));
  }
  if (kept_rows_.empty() || kept_rows_.front() != row) {
    std::erase(kept_rows_, row);
    kept_rows_.push_front(row);
    if (kept_rows_.size() > kRowsKept) {
      packed_[kept_rows_.back()].kept.reset();
      kept_rows_.pop_back();
    }
  }
  return packed.kept;
}

}  // namespace offload
