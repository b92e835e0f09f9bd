// What a verification had to believe, by name: each thing with why it could not be computed again, and whose
// it is.
#pragma once

#include <string>
#include <vector>

namespace offload {

struct Believed {
  std::string what;             // "decisions and exact values"
  std::string why;              // with the fix, where there is one: "it learned; --train runs it again"
  std::vector<std::string> of;  // rows, splits or files: "ppo (3 trials)"
};

// Adds one to the entry of the same words, or as a new one.
void believe(std::vector<Believed>& list, const std::string& what, const std::string& why,
             const std::string& of);

}  // namespace offload
