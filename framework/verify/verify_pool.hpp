// Jobs of verification in contained processes, several at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "plugin/isolated.hpp"
#include "verify/verify.hpp"

namespace offload {

struct VerifyJob {
  std::string words;  // "exact policies of split seed0"
  std::string place;  // "references/KEY.json"; empty where the words say it
  IsolationLimits limits;
  std::function<std::string()> body;
};

struct VerifyAnswer {
  bool done = false;
  std::string text;     // what the body returned
  std::string failure;  // else one sentence, with the subject; empty where the job was left out
  ErrorKind kind = ErrorKind::plugin;
};

// Runs `jobs` in their order, `at_once` at a time, and returns their answers in the same order, whichever
// ended first. On a first signal none is begun any more, on a second those that run are killed. Calling
// thread alone.
std::vector<VerifyAnswer> run_jobs(std::size_t jobs, const std::function<VerifyJob(std::size_t)>& job,
                                   int at_once, VerifyObserver& observer);

}  // namespace offload
