// What a process takes on with a learner: LibTorch only where a row asks for autograd.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "check/sample_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated.hpp"

namespace offload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kLearners[] = {"rc-ppo", "rc-a2c", "rc-dqn"};

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string path_of(const std::string& learner) { return PLUGINS "/" + learner + ".so"; }

// In a child: makes the agent, lets it decide, and returns its facts and what the process has mapped.
std::string after_deciding(const std::string& learner, const std::string& compute,
                           const char* library = nullptr) {
  return run_isolated(learner, [&] {
    if (library != nullptr) setenv("OFFLOAD_AUTOGRAD", library, 1);
    const SampleEnvironment environment;
    AgentInstance agent(path_of(learner), {{"compute", {compute, "s.toml:4"}}}, environment.raw());
    const SampleTurns turns(environment.raw(), 3);
    const offload_view view = turns.view();
    std::vector<std::int32_t> action(3, -1);
    agent.act(view, OFFLOAD_EXPLORE, action.data());
    std::string said = agent.portable_bits() ? "portable\n" : "of this machine\n";
    for (const auto& [key, value] : agent.facts()) said += key + "=" + value + "\n";
    return said + text_of("/proc/self/maps");
  });
}

TEST(Learners, NeedNoLibTorch) {
  for (const std::string& learner : kLearners) {
    const std::string image = text_of(path_of(learner));
    EXPECT_THAT(image, Not(HasSubstr("libtorch_cpu"))) << learner;
    EXPECT_THAT(image, Not(HasSubstr("libopenblas.so"))) << learner;
    EXPECT_THAT(image, HasSubstr("offload_autograd_factory")) << learner;
  }
}

TEST(Learners, LoadNoneForTheFusedKernels) {
  for (const std::string& learner : kLearners) {
    EXPECT_THAT(after_deciding(learner, "fused"),
                AllOf(testing::StartsWith("portable\nkernels=fused "), HasSubstr(learner + ".so"),
                      Not(HasSubstr("libtorch")), Not(HasSubstr("libopenblas")), Not(HasSubstr("libblas")),
                      Not(HasSubstr("liboffload-autograd"))))
        << learner;
  }
}

TEST(Learners, LoadItForAutograd) {
  if (!std::ifstream(PLUGINS "/../liboffload-autograd.so")) GTEST_SKIP() << "built without LibTorch";
  for (const std::string& learner : kLearners) {
    EXPECT_THAT(after_deciding(learner, "autograd"),
                AllOf(testing::StartsWith("of this machine\n"), HasSubstr("aten="),
                      HasSubstr("blas=OpenBLAS"), HasSubstr("kernels=autograd"), HasSubstr("libtorch="),
                      HasSubstr("libtorch_cpu"), HasSubstr("liboffload-autograd.so")))
        << learner;
  }
}

std::string refusal(const char* library) {
  return message_of(ErrorKind::plugin, [&] { after_deciding("rc-ppo", "autograd", library); });
}

TEST(Learners, SayWhereNoAutogradIs) {
  EXPECT_THAT(refusal("/nowhere/autograd.so"),
              AllOf(HasSubstr("compute = \"autograd\": /nowhere/autograd.so: cannot be loaded: "),
                    HasSubstr("OFFLOAD_AUTOGRAD"), HasSubstr("or use compute = \"fused\"")));
}

TEST(Learners, RefuseAutogradOfAnotherBuild) {
  EXPECT_THAT(refusal(OTHER_AUTOGRAD),
              HasSubstr(": is of another build than this plugin; build and install both"));
  EXPECT_THAT(refusal(PLUGINS "/rc-dqn.so"), HasSubstr("is of another build"));
}

}  // namespace
}  // namespace offload
