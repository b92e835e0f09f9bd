// Whom to ask which task a message is, where nobody told: a small model, as a rule on this machine and free.
// It costs time, which is the turn's; what it costs beside is booked by who asks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/decision/endpoint.hpp"

namespace offload {

// What asking came to.
struct Classified {
  int task = -1;  // its number, or -1: it does not answer, or names none of them
  std::int64_t amount_pusd = 0;
  openai::Usage usage;
  bool estimated = false;  // it may have been charged for and told no usage: the amount is the bound
};

class Classifier {
 public:
  using Told = std::function<void(const Classified&)>;

  // `tasks`: as the suite's data name them. `endpoint` outlives the object.
  Classifier(Endpoint& endpoint, std::string instruction, std::vector<std::string> tasks);

  // Whether it can be asked now.
  bool available() const { return endpoint_.available(); }
  // What asking about this text now may cost at most.
  std::int64_t bound_pusd(const std::string& text) const;
  // Calls `told` once, later and on the io thread. `text`: what the user said.
  void ask(const std::string& text, Told told);
  // The task that an answer names: as a whole, as a number, or as the only one within it; -1 for none.
  int task_in(std::string answer) const;

 private:
  class Question;
  std::string body_of(const std::string& text) const;
  Endpoint& endpoint_;
  std::string instruction_;
  std::vector<std::string> tasks_;
};

}  // namespace offload
