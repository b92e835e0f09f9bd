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
    const std::int32_t block = block_[static_cast<std::size_t>(node)];
    if (block >= 0) {
      const Node next = children_[static_cast<std::size_t>(block) + child_index(action, task)];
      if (next != kNone) return next;
    }
    return grow(node, action, task);
  }
  // The score at a node; `history` is what the node stands for.
  double score(Node node, const History& history, int action) {
    if (node == kNone) return model_->score(history, action);
    double& known = scores_[static_cast<std::size_t>(node) * actions_ + static_cast<std::size_t>(action)];
    if (known != known) known = model_->score(history, action);
    return known;
  }
  std::size_t nodes() const { return block_.size(); }

 private:
  static constexpr std::size_t kDefaultLimit = std::size_t{96} << 20;
  static constexpr int kWidestActions = 64;

  std::size_t child_index(int action, int task) const {
    return static_cast<std::size_t>(action) * tasks_ + static_cast<std::size_t>(task);
  }
  Node add_node();
  Node grow(Node node, int action, int task);
  std::size_t bytes() const;

  const ResponseModel* model_;
  std::size_t actions_, tasks_, limit_bytes_;
  std::vector<Node> roots_;
  std::vector<double> scores_;          // [nodes][actions], NaN where not asked yet
  std::vector<std::int32_t> block_;     // [nodes] start of the node's children, -1 without any
  std::vector<Node> children_;          // blocks of [actions][tasks]
};

}  // namespace offload
