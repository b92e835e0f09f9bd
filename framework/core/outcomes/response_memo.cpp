#include "core/outcomes/response_memo.hpp"

#include <algorithm>

namespace offload {

ResponseMemo::ResponseMemo(const ResponseModel& model, int actions, int tasks, int turns_max,
                           std::size_t limit_bytes)
    : model_(&model),
      actions_(static_cast<std::size_t>(actions)),
      entry_words_(1 + (static_cast<std::size_t>(tasks) + 1) / 2),
      // Handles hold twice an index.
      limit_words_(std::min(limit_bytes / sizeof(Word), std::size_t{std::numeric_limits<Node>::max()} / 4)) {
  if (actions > kWidestActions) return;
  for (int task = 0; task < tasks; ++task) roots_.push_back(add_node(turns_max - 1));
}

ResponseMemo::Node ResponseMemo::add_node(std::int64_t turns_left) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  if (turns_left == 0) {
    const auto node = static_cast<Node>(2 * words_.size() + 1);
    words_.resize(words_.size() + actions_, {.score = kUnknown});
    return node;
  }
  words_.push_back({.turns_left = turns_left});
  const auto node = static_cast<Node>(2 * words_.size());
  words_.resize(words_.size() + actions_ * entry_words_, {.child = {kNone, kNone}});
  for (std::size_t a = 0; a < actions_; ++a) words_[first_entry(node) + a * entry_words_].score = kUnknown;
  return node;
}

ResponseMemo::Node ResponseMemo::grow(Node node, int action, int task) {
  if (words_.size() >= limit_words_) return kNone;
  const Node next = add_node(words_[first_entry(node) - 1].turns_left - 1);
  child_of(node, action, task) = next;
  return next;
}

}  // namespace offload
