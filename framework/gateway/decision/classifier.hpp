// Whom to ask which task a message is, where nobody told: a small model, as a rule on this machine and free.
// It costs time, which is the turn's; what it costs beside is booked by who asks.
#pragma once

#include <functional>
#include <memory>
#include <set>
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

  // A question and what it may cost at most, at the prices of one moment, by which it is charged as well.
  struct Quote {
    std::string body;
    std::int64_t time_ms = 0;  // of the wall clock
    std::int64_t bound_pusd = 0;
  };

  // Whether it can be asked now.
  bool available() const { return endpoint_.available(); }
  // `text`: what the user said.
  Quote quote(const std::string& text, std::int64_t time_ms) const;
  // Calls `told` once, later and on the io thread; never once the object is gone.
  void ask(Quote quote, Told told);
  // The task that an answer names: as a whole, as a number, or as the only one within it; -1 for none.
  int task_in(std::string answer) const;

 private:
  class Question;
  Endpoint& endpoint_;
  std::string instruction_;
  std::vector<std::string> tasks_;
  std::set<std::shared_ptr<Question>> open_;
};

}  // namespace offload
