// Remembers what a response model said. The futures of all episodes form a trie over (task, then action and
// next task); a node is one history, holds the scores asked for so far, and is found again by a table walk.
// Results never depend on what is remembered. Not thread-safe; one per worker.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "core/outcomes/response_model.hpp"

namespace offload {

class ResponseMemo {
 public:
  using Node = std::int32_t;
  // No node: beyond the limit, or an action space too wide to remember. Scores are then computed each time.
  static constexpr Node kNone = -1;

  // Histories have up to `turns_max` turns.
  ResponseMemo(const ResponseModel& model, int actions, int tasks, int turns_max,
               std::size_t limit_bytes = kDefaultLimit);

  const ResponseModel& model() const { return *model_; }
  // The node of an episode's first turn.
  Node root(int task) const { return roots_.empty() ? kNone : roots_[static_cast<std::size_t>(task)]; }
  // The node reached by an action and the next turn's task; of a node before the last possible turn.
  Node child(Node node, int action, int task) {
    if (node == kNone) return kNone;
    const Node next = child_of(node, action, task);
    return next != kNone ? next : grow(node, action, task);
  }
  // The score at a node; history() gives what the node stands for and is called only where it is not known.
  template <typename HistoryOf>
  double score(Node node, const HistoryOf& history, int action) {
    if (node == kNone) return model_->score(history(), action);
    double& known = words_[entry(node, action)].score;
    if (known != known) [[unlikely]]
      known = model_->score(history(), action);
    return known;
  }
  // Where score() and child() will read, for a prefetch; nullptr where nothing is remembered.
  const void* place(Node node, int action) const {
    return node == kNone ? nullptr : words_.data() + entry(node, action);
  }

 private:
  static constexpr std::size_t kDefaultLimit = std::size_t{96} << 20;
  static constexpr int kWidestActions = 64;

  // A node is an entry per action: the score, NaN where not asked yet, then the children by next task, two to
  // a word; together, because a step touches both. Before the entries stands the number of turns left. Nodes
  // of the last possible turn, most of all, have scores alone.
  union Word {
    double score;
    Node child[2];
    std::int64_t turns_left;
  };

  // Handles are twice the index of the first entry's word, plus one for the last possible turn.
  static std::size_t first_entry(Node node) { return static_cast<std::size_t>(node >> 1); }
  std::size_t entry(Node node, int action) const {
    // Without a branch: whether a turn can be the last is as good as random.
    const std::size_t width = 1 + (entry_words_ - 1) * static_cast<std::size_t>(~node & 1);
    return first_entry(node) + static_cast<std::size_t>(action) * width;
  }
  Node& child_of(Node node, int action, int task) {
    const auto t = static_cast<std::size_t>(task);
    return words_[entry(node, action) + 1 + t / 2].child[t % 2];
  }
  Node add_node(std::int64_t turns_left);
  Node grow(Node node, int action, int task);

  const ResponseModel* model_;
  std::size_t actions_, entry_words_, limit_words_;
  std::vector<Node> roots_;
  std::vector<Word> words_;
};

}  // namespace offload
