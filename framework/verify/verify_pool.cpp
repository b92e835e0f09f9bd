#include "verify/verify_pool.hpp"

#include <poll.h>

#include <algorithm>
#include <memory>

namespace offload {
namespace {

constexpr double kPoll_s = .1;

struct Running {
  Running(std::size_t job_number, const VerifyJob& job)
      : number(job_number),
        words(job.words),
        call(job.place.empty() ? job.words : job.place + ": " + job.words, job.body, job.limits) {}
  std::size_t number;
  std::string words;
  IsolatedCall call;
};

VerifyAnswer answer_of(const IsolatedCall& call) {
  try {
    return {true, call.result(), "", {}};
  } catch (const Error& error) {
    return {false, "", call.sentence_of(error), error.kind()};
  }
}

}  // namespace

std::vector<VerifyAnswer> run_jobs(std::size_t jobs, const std::function<VerifyJob(std::size_t)>& job,
                                   int at_once, VerifyObserver& observer) {
  const SignalState& signals = observer.begins();
  std::vector<VerifyAnswer> answers(jobs);
  std::vector<std::unique_ptr<Running>> running;
  std::size_t begun = 0;
  bool told = false;
  const auto progress = [&] {
    VerifyProgress now{begun - running.size(), jobs, {}};
    for (const auto& one : running) now.running.push_back(one->words);
    return now;
  };
  for (;;) {
    while (signals.count == 0 && running.size() < static_cast<std::size_t>(at_once) && begun < jobs) {
      running.push_back(std::make_unique<Running>(begun, job(begun)));
      ++begun;
    }
    // Destroyed, they are killed.
    if (running.empty() || signals.count > 1) return answers;
    observer.progress(progress());
    std::vector<pollfd> waits;
    double left_s = kPoll_s;
    for (const auto& one : running) left_s = std::min(left_s, one->call.add_to(waits));
    poll(waits.data(), waits.size(), static_cast<int>(left_s * 1000) + 1);
    if (signals.count > 0 && !told) observer.stopping(progress());
    told = signals.count > 0;
    std::erase_if(running, [&answers](const auto& one) {
      if (!one->call.finished()) return false;
      answers[one->number] = answer_of(one->call);
      return true;
    });
  }
}

}  // namespace offload
