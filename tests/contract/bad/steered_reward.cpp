// The quality, but for what an environment variable asks for while the first outcomes are scored: "allocate"
// without end, "abort", or "wait" as a process of the name OFFLOAD_TEST_NAME until the file OFFLOAD_TEST_FILE
// is gone. So what ran well once can be made to end otherwise.
#include <sys/prctl.h>
#include <unistd.h>

#include <offload/plugin.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What is taken counts, written to or not; written to, it would be most of what the tests take.
void allocate() {
  std::vector<std::unique_ptr<char[]>> all;
  for (;;) all.emplace_back(new char[1 << 20]);
}

class Steered final : public offload::Reward {
 public:
  Steered(const offload::Environment&, offload::ParameterReader&) {}
  double score(const offload::Outcome& outcome) const override {
    static const bool steered = (steer(), true);
    return steered ? outcome.quality : 0;
  }

 private:
  static void steer() {
    const std::string asked = variable("OFFLOAD_TEST_REWARD"), file = variable("OFFLOAD_TEST_FILE");
    if (asked == "allocate") allocate();
    if (asked == "abort") std::abort();
    if (asked != "wait") return;
    ::prctl(PR_SET_NAME, variable("OFFLOAD_TEST_NAME").c_str());
    while (::access(file.c_str(), F_OK) == 0) ::usleep(10'000);
  }
};

}  // namespace

OFFLOAD_REWARD(Steered, "steered-reward", "1.0.0", "the quality, but for what is asked of it")
