// Remembers what a response model said. The futures of all episodes form a trie over (task, then action and
// next task); a node is one history, holds the scores asked for so far, and is found again by a table walk.
// Results never depend on what is remembered. Not thread-safe; one per worker.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "core/response_model.hpp"

namespace offload {

class ResponseMemo {
 public:
  using Node = std::int32_t;
  // No node: beyond the limit, or an action space too wide to remember. Scores are then computed each time.
  static constexpr Node kNone = -1;

  ResponseMemo(const ResponseModel& model, int actions, int tasks, std::size_t limit_bytes = kDefaultLimit);

  const ResponseModel& model() const { return *model_; }
  // The node of an episode's first turn.
  Node root(int task) const { return roots_.empty() ? kNone : roots_[static_cast<std::size_t>(task)]; }
  // The node reached by an action and the next turn's task.
  Node child(Node node, int action, int task) {
    if (node == kNone) return kNone;
    const std::int64_t block = record(node)[actions_].block;
    if (block >= 0) {
      const Node next = children_[static_cast<std::size_t>(block) + child_index(action, task)];
      if (next != kNone) return next;
    }
    return grow(node, action, task);
  }
  // The score at a node; history() gives what the node stands for and is called only where it is not known.
  template <typename HistoryOf>
  double score(Node node, const HistoryOf& history, int action) {
    if (node == kNone) return model_->score(history(), action);
    double& known = record(node)[action].score;
    if (known != known) [[unlikely]] known = model_->score(history(), action);
    return known;
  }
  // Asks the processor for what score(), then child(), will touch: a batch's walks wait for memory together.
  void prefetch_score(Node node, int action) const {
    if (node == kNone) return;
    __builtin_prefetch(record(node) + action);
    __builtin_prefetch(record(node) + actions_);
  }
  void prefetch_child(Node node, int action, int task) const {
    if (node == kNone) return;
    const std::int64_t block = record(node)[actions_].block;
    if (block >= 0) __builtin_prefetch(children_.data() + block + child_index(action, task));
  }
  std::size_t nodes() const { return records_.size() / stride_; }

 private:
  static constexpr std::size_t kDefaultLimit = std::size_t{96} << 20;
  static constexpr int kWidestActions = 64;

  // A node's record is a score per action, NaN where not asked yet, then where its children start, -1 without
  // any: together, because a step touches both.
  union Slot {
    double score;
    std::int64_t block;
  };

  std::size_t child_index(int action, int task) const {
    return static_cast<std::size_t>(action) * tasks_ + static_cast<std::size_t>(task);
  }
  Slot* record(Node node) { return records_.data() + static_cast<std::size_t>(node) * stride_; }
  const Slot* record(Node node) const { return records_.data() + static_cast<std::size_t>(node) * stride_; }
  Node add_node();
  Node grow(Node node, int action, int task);
  std::size_t bytes() const;

  const ResponseModel* model_;
  std::size_t actions_, tasks_, stride_, limit_bytes_;
  std::vector<Node> roots_;
  std::vector<Slot> records_;   // [nodes][actions + 1]
  std::vector<Node> children_;  // blocks of [actions][tasks]
};

}  // namespace offload
