// The least safety margin that keeps a promise: a policy, frozen, was tried with several margins on
// calibration sessions that neither fitted nor trained it; which margin holds the share of sessions over
// budget to what was promised? Conformal risk control, by groups of sessions: nothing is assumed of the
// policy, and of the sessions only that groups of the calibration and of the test are exchangeable (drawn
// alike).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace offload {

class MarginSearch {
 public:
  // `margins` ascend, in whatever unit; `share` within 0..1 is promised; `group` [sessions] names each
  // session's group. The mean of the groups' shares is what is held: a group counts once, however large.
  MarginSearch(std::vector<int> margins, double share, std::span<const std::uint32_t> group);

  // What to try next, from the largest margin down; empty once nothing smaller can be enough.
  std::optional<int> next() const;
  // `over` [sessions]: whether the session broke a budget under next().
  void add(const std::vector<bool>& over);
  // The least margin found to be enough; empty where none was.
  std::optional<int> least() const { return least_; }

  std::size_t groups() const { return sizes_.size(); }
  // The fewest groups by which a share can be promised at all: 19 for .05.
  static std::size_t fewest_groups(double share);

 private:
  std::vector<int> margins_;
  double share_;
  std::size_t left_;  // margins_[0 .. left_) are untried
  bool ended_ = false;
  std::optional<int> least_;
  std::vector<std::size_t> group_;  // [sessions] index into sizes_
  std::vector<double> sizes_;       // sessions by group
  std::vector<bool> over_;          // [sessions] under this margin or a larger one
};

}  // namespace offload
