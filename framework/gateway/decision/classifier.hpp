// Whom to ask which task a message is, where nobody told: a small model, as a rule on this machine. It costs
// time, which is the turn's, and no money: what it answers is booked by nobody.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/decision/endpoint.hpp"

namespace offload {

class Classifier {
 public:
  // The number of the task, or -1: it does not answer, or names none of them.
  using Told = std::function<void(int)>;

  // `tasks`: as the suite's data name them. `endpoint` outlives the object.
  Classifier(Endpoint& endpoint, std::string instruction, std::vector<std::string> tasks);

  // Calls `told` once, later and on the io thread. `text`: what the user said.
  void ask(const std::string& text, Told told);
  // The task that an answer names: as a whole, as a number, or as the only one within it; -1 for none.
  int task_in(std::string answer) const;

 private:
  class Question;
  Endpoint& endpoint_;
  std::string instruction_;
  std::vector<std::string> tasks_;
};

}  // namespace offload
