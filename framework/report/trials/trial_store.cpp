#include "report/trials/trial_store.hpp"

#include <algorithm>

#include "report/trials/packed_trial.hpp"

namespace offload {
namespace {

// Of the packed bytes of what is unpacked, which takes a few times as much. Unpacking anew for every pass
// costs a tenth of a report's processor time.
constexpr std::size_t kUnpackedMost = std::size_t{2} << 20;
constexpr std::size_t kPackedInMemory = std::size_t{1} << 20;

CondensedTrial of_head(const TrialHead& head, std::string_view bytes) {
  CondensedTrial trial = unpacked_trial(bytes);
  trial.origin = head.origin;
  trial.episode_ids = head.episode_ids;
  return trial;
}

}  // namespace

TrialStore::TrialStore(std::size_t rows, std::size_t splits)
    : splits_(splits), spool_(std::make_unique<Spool>(kPackedInMemory)), head_(rows), unpacked_(rows) {
  for (auto& row : head_) row.resize(splits);
}

void TrialStore::put(std::size_t row, std::size_t split, const CondensedTrial& trial) {
  buffer_.clear();
  pack(trial, buffer_);
  head_[row][split] = {.present = true,
                       .status = trial.status,
                       .has_curve = !trial.training.curve.empty(),
                       .bytes = static_cast<std::uint32_t>(buffer_.size()),
                       .at = spool_->append(buffer_),
                       .seed = trial.seed,
                       .origin = trial.origin,
                       .episode_ids = trial.episode_ids};
}

void TrialStore::drop(std::size_t row, std::size_t split) {
  head_[row][split] = {};
  if (unpacked_[row]) unpacked_[row]->trial[split].reset();
}

void TrialStore::settle() {
  auto settled = std::make_unique<Spool>(kPackedInMemory);
  for (auto& row : head_) {
    std::string bytes;
    for (TrialHead& head : row) {
      if (!head.present) continue;
      spool_->read(head.at, head.bytes, buffer_);
      head.at = bytes.size();
      bytes += buffer_;
    }
    const std::uint64_t begin = settled->append(bytes);
    for (TrialHead& head : row) head.at += begin;
  }
  spool_ = std::move(settled);
}

CondensedTrial TrialStore::unpacked(std::size_t row, std::size_t split) const {
  const TrialHead& head = head_[row][split];
  spool_->read(head.at, head.bytes, buffer_);
  return of_head(head, buffer_);
}

const CondensedTrial& TrialStore::trial(std::size_t row, std::size_t split) const {
  if (!unpacked_[row]) forget_others(row);
  return *unpacked_row(row).trial[split];
}

TrialStore::UnpackedRow& TrialStore::unpacked_row(std::size_t row) const {
  std::unique_ptr<UnpackedRow>& held = unpacked_[row];
  if (!held) {
    held = std::make_unique<UnpackedRow>();
    held->trial.resize(splits_);
    std::uint64_t begin = ~std::uint64_t{0}, end = 0;
    for (const TrialHead& head : head_[row]) {
      if (!head.present) continue;
      begin = std::min(begin, head.at);
      end = std::max(end, head.at + head.bytes);
      held->bytes += head.bytes;
    }
    if (held->bytes > 0) spool_->read(begin, end - begin, buffer_);
    for (std::size_t split = 0; split < splits_; ++split) {
      const TrialHead& head = head_[row][split];
      if (!head.present) continue;
      held->trial[split] = std::make_unique<CondensedTrial>(
          of_head(head, std::string_view(buffer_).substr(head.at - begin, head.bytes)));
    }
    unpacked_bytes_ += held->bytes;
    ++unpacked_rows_;
  }
  held->used = ++uses_;
  return *held;
}

// Before `row` is unpacked.
void TrialStore::forget_others(std::size_t row) const {
  std::size_t bytes = 0;
  for (const TrialHead& head : head_[row]) bytes += head.bytes;
  while (unpacked_rows_ >= kRowsKept && unpacked_bytes_ + bytes > kUnpackedMost) {
    std::unique_ptr<UnpackedRow>* oldest = nullptr;
    for (std::unique_ptr<UnpackedRow>& held : unpacked_) {
      if (held && (oldest == nullptr || held->used < (*oldest)->used)) oldest = &held;
    }
    unpacked_bytes_ -= (*oldest)->bytes;
    --unpacked_rows_;
    oldest->reset();
  }
}

}  // namespace offload
