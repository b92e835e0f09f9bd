// A reward in a process of its own scores as it does in this one, to the bit, from copies of this process as
// well, and cannot hurt this one.
#include "remote/remote_reward.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <numeric>

#include "check/random_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated.hpp"
#include "plugin/sample_environment.hpp"
#include "process/copies/copy.hpp"
#include "temporary_folder.hpp"
#include "test_python.hpp"

namespace offload {
namespace {

using testing::HasSubstr;

constexpr const char* kInPython = R"(import os
class QualityPrice:
    """quality less prices"""
    def __init__(self, env, parameters):
        self.usd = parameters.number("lambda_usd", 0, 0, 1e12, "quality that a US dollar is worth")
        self.s = parameters.number("lambda_s", 0, 0, 1e12, "quality that a second is worth")
    def score(self, outcomes):
        return outcomes.quality - self.usd * outcomes.consumed[:, 1] - self.s * outcomes.consumed[:, 0]

def weighted(outcomes):
    third = 1.0 / 3
    relative = outcomes.consumed_relative
    outcomes.reward[:] = (outcomes.quality + third * outcomes.association - third * relative[:, 0]
                          - third * relative[:, 1])

def ends(outcomes):
    os._exit(3)

def late(outcomes):
    if outcomes.n > 1:
        raise ValueError("too many at once")
    return outcomes.quality

def route(view):
    view.action[:] = 0
)";

class RemoteRewardTest : public ::testing::Test {
 protected:
  std::vector<double> scores(RewardModel& reward, std::size_t n = 10'000) const {
    std::vector<std::size_t> rows(n);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    std::vector<double> scores(n);
    reward.score(random_outcomes(environment_.raw(), rows).raw(), scores.data());
    return scores;
  }
  std::string shipped(const std::string& id) const { return std::string(PLUGINS) + "/" + id + ".so"; }
  RemoteReward remote(const std::string& library, const Parameters& parameters = {}) const {
    return {library, parameters, environment_.raw(), RemoteSettings{.python = python_}};
  }
  std::string in_python(const std::string& name) const {
    folder_.write("rewards.py", kInPython);
    return (folder_ / "rewards.py").string() + ":" + name;
  }

  const SampleEnvironment environment_;
  const test::TemporaryFolder folder_;
  const std::string python_ = test::test_python();  // empty: there is none
  const Parameters prices_ = {{"lambda_usd", {3.7, "s.toml:3"}}, {"lambda_s", {.011, "s.toml:3"}}};
};

TEST_F(RemoteRewardTest, ScoresAsInThisProcess) {
  for (const char* id : {"tmo-weighted", "budget-aware", "quality-price"}) {
    SCOPED_TRACE(id);
    RewardInstance here(shipped(id), {}, environment_.raw());
    RemoteReward there = remote(shipped(id));
    EXPECT_EQ(scores(here), scores(there));
    EXPECT_EQ(scores(there, 0), std::vector<double>());
    EXPECT_EQ(here.resolved(), there.resolved());
    EXPECT_EQ(here.info().id, there.info().id);
    EXPECT_EQ(here.info().sha256, there.info().sha256);
    EXPECT_EQ(here.portable_bits(), there.portable_bits());
  }
}

TEST_F(RemoteRewardTest, ScoresInPythonAsInCpp) {
  if (python_.empty()) GTEST_SKIP() << test::kNoPython;
  RewardInstance here(shipped("quality-price"), prices_, environment_.raw());
  RemoteReward there = remote(in_python("QualityPrice"), prices_);
  EXPECT_EQ(scores(here), scores(there));
  EXPECT_EQ(there.info().id, "quality-price");
  EXPECT_EQ(there.info().summary, "quality less prices");
  EXPECT_EQ(here.resolved(), there.resolved());
  EXPECT_GT(there.facts().count("numpy"), 0U);
  RewardInstance weighted(shipped("tmo-weighted"), {}, environment_.raw());
  RemoteReward function = remote(in_python("weighted"));
  EXPECT_EQ(scores(weighted), scores(function));
}

// What `body` comes to in a contained process, which is where copies are made.
std::string contained(const std::function<std::string()>& body) { return run_isolated("it", body); }

// As copies of a trained agent do, one after the other; and it is no child that forbids them.
TEST_F(RemoteRewardTest, ScoresForCopiesOfThisProcess) {
  RewardInstance here(shipped("tmo-weighted"), {}, environment_.raw());
  const std::vector<double> expected = scores(here);
  EXPECT_EQ(contained([&] {
              RemoteReward there = remote(shipped("tmo-weighted"));
              std::string found = has_children() ? "a child" : "none";
              for (int copy = 0; copy < 3; ++copy) {
                found += run_in_copy([&] { return scores(there) == expected ? " same" : " other"; });
                found += scores(there) == expected ? " same" : " other";
              }
              there.end();
              return found;
            }),
            "none same same same same same same");
}

TEST_F(RemoteRewardTest, SaysWhatWentWrong) {
  const std::string bad = std::string(BAD_PLUGINS) + "/bad-reward.so";
  RewardInstance here(bad, {}, environment_.raw());
  RemoteReward there = remote(bad);
  const auto words = [this](RewardModel& reward) {
    return message_of(ErrorKind::plugin, [&] { scores(reward); });
  };
  EXPECT_EQ(words(here), words(there));
  EXPECT_THAT(words(there), HasSubstr("reward is NaN"));
  EXPECT_THROW(remote(shipped("random")), NotAnAgent);
}

// The process itself is looked at, not the one that stands between.
TEST_F(RemoteRewardTest, HasNoThreadsWithoutEnd) {
  const std::string bad = std::string(BAD_PLUGINS) + "/bad-reward.so";
  const Parameters threads = {{"threads", {std::int64_t{600}, ""}}};
  EXPECT_THAT(message_of(ErrorKind::plugin,
                         [&] {
                           RemoteReward there = remote(bad, threads);
                           scores(there, 1);
                         }),
              HasSubstr("has more than 512 threads"));
}

TEST_F(RemoteRewardTest, EndsAsItsProcessEnds) {
  if (python_.empty()) GTEST_SKIP() << test::kNoPython;
  const auto ends = [this](const std::function<void(RemoteReward&)>& asked) {
    return message_of(ErrorKind::plugin, [&] {
      contained([&]() -> std::string {
        RemoteReward there = remote(in_python("ends"));
        asked(there);
        return "goes on";
      });
    });
  };
  const std::string end = "reward 'ends': its process ended with exit code 3";
  EXPECT_THAT(ends([this](RemoteReward& there) { scores(there); }), HasSubstr(end));
  EXPECT_THAT(
      ends([this](RemoteReward& there) { run_in_copy([&] { return scores(there).empty() ? "" : "all"; }); }),
      HasSubstr(end));
  RemoteReward late = remote(in_python("late"));
  EXPECT_EQ(scores(late, 1).size(), 1U);
  EXPECT_THAT(message_of(ErrorKind::plugin, [&] { scores(late, 2); }),
              HasSubstr("reward 'late' failed in score: ValueError: too many at once (rewards.py:"));
  EXPECT_THROW(remote(in_python("route")), NotAnAgent);
}

}  // namespace
}  // namespace offload
