#include "core/response_memo.hpp"

namespace offload {

ResponseMemo::ResponseMemo(const ResponseModel& model, int actions, int tasks, std::size_t limit_bytes)
    : model_(&model),
      actions_(static_cast<std::size_t>(actions)),
      tasks_(static_cast<std::size_t>(tasks)),
      stride_(actions_ + 1),
      limit_bytes_(limit_bytes) {
  if (actions > kWidestActions) return;
  for (int task = 0; task < tasks; ++task) roots_.push_back(add_node());
}

ResponseMemo::Node ResponseMemo::add_node() {
  const auto node = static_cast<Node>(nodes());
  records_.resize(records_.size() + stride_, {std::numeric_limits<double>::quiet_NaN()});
  record(node)[actions_].block = -1;
  return node;
}

std::size_t ResponseMemo::bytes() const {
  return records_.size() * sizeof(Slot) + children_.size() * sizeof(Node);
}

ResponseMemo::Node ResponseMemo::grow(Node node, int action, int task) {
  if (bytes() >= limit_bytes_) return kNone;
  std::int64_t block = record(node)[actions_].block;
  if (block < 0) {
    block = static_cast<std::int64_t>(children_.size());
    children_.resize(children_.size() + actions_ * tasks_, kNone);
    record(node)[actions_].block = block;
  }
  const Node next = add_node();
  children_[static_cast<std::size_t>(block) + child_index(action, task)] = next;
  return next;
}

}  // namespace offload
