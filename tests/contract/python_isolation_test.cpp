// The attempts of isolation_test.cpp by a reward in Python: each is held there, and each but those that need
// a host works by itself, so that what is held is no accident. And what a nursery of Python's begins: held
// alike, and as if started.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <regex>

#include "check/random_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/python_source.hpp"
#include "plugin/sample_environment.hpp"
#include "process/sandbox.hpp"
#include "remote/remote_reward.hpp"
#include "temporary_folder.hpp"
#include "test_python.hpp"

namespace offload {
namespace {

using testing::HasSubstr;

const std::string kBad = std::string(OFFLOAD_SOURCE_DIR) + "/tests/contract/bad/";
const std::string kSource = kBad + "escaper.py", kNewborn = kBad + "newborn.py";

class PythonIsolation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (python_.empty()) GTEST_SKIP() << test::kNoPython;
    const std::uint64_t held = reward("none").held();
    if ((held & kHeldFiles) == 0 || (held & kHeldCalls) == 0)
      GTEST_SKIP() << "not held here: " << missing_text(held);
  }

  RemoteReward reward(const std::string& attempt) const {
    return {kSource + ":Escaper",
            {{"attempt", {attempt, ""}}, {"target", {target_.string(), ""}}},
            environment_.raw(),
            RemoteSettings{.python = python_}};
  }
  std::vector<double> scores(RemoteReward& reward, std::size_t rows) const {
    std::vector<double> scores(rows, -1);
    reward.score(random_outcomes(environment_.raw(), std::vector<std::size_t>(rows, 0)).raw(), scores.data());
    return scores;
  }
  std::string in_isolation(const std::string& attempt) const {
    return message_of(ErrorKind::plugin, [&] {
      RemoteReward asked = reward(attempt);
      scores(asked, 1);
    });
  }
  std::string by_itself(const std::string& attempt) const {
    const std::string command = fmt::format("{} {} {} {} 2>&1", python_, kSource, attempt, target_.string());
    FILE* const output = popen(command.c_str(), "r");
    std::string said(1000, '\0');
    said.resize(fread(said.data(), 1, said.size(), output));
    pclose(output);
    return said;
  }
  void expect_held(const std::string& attempt) const {
    EXPECT_THAT(in_isolation(attempt), HasSubstr("reward 'escaper' failed in score: RuntimeError: held"));
    EXPECT_THAT(by_itself(attempt), testing::StartsWith("escaped: "));
  }

  const std::string python_ = test::test_python();
  const SampleEnvironment environment_;
  const test::TemporaryFolder folder_;
  const std::filesystem::path target_ = folder_.write("data", "of the test alone");
};

TEST_F(PythonIsolation, NoDataFile) { expect_held("data"); }
TEST_F(PythonIsolation, NoMemoryOfOthers) { expect_held("memory"); }
TEST_F(PythonIsolation, NoMappedData) { expect_held("mapped"); }
TEST_F(PythonIsolation, NoNetwork) { expect_held("network"); }
TEST_F(PythonIsolation, NothingIsWritten) { expect_held("write"); }
TEST_F(PythonIsolation, NoProcesses) { expect_held("process"); }
TEST_F(PythonIsolation, NoSharedMemory) { expect_held("shared"); }

TEST_F(PythonIsolation, NoInheritedDescriptors) {
  // Without O_CLOEXEC; two, as the first may be where an agent has its transport.
  const int files[] = {open("/dev/null", O_RDONLY), open(target_.c_str(), O_RDONLY)};
  expect_held("descriptors");
  for (const int file : files) close(file);
}

TEST_F(PythonIsolation, NoWordForACopy) {
  RemoteReward earlier = reward("none");
  EXPECT_EQ(scores(earlier, 1), std::vector<double>(1, 0));
  expect_held("copy");
  std::filesystem::remove("/tmp/offload-escaper-python");
}

TEST_F(PythonIsolation, WhatIsDoneAtLoadIsHeld) {
  setenv("OFFLOAD_TEST_TARGET", target_.c_str(), 1);
  expect_held("load");
  unsetenv("OFFLOAD_TEST_TARGET");
}

TEST_F(PythonIsolation, ExitHandlersAreHeld) {
  RemoteReward leaving = reward("exit");
  EXPECT_THROW(scores(leaving, 1), AgentEnded);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "at-exit"));
  by_itself("exit");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "at-exit"));
}

// Of a default interpreter alone, which a suite does not choose.
class PythonNursery : public PythonIsolation {
 protected:
  void SetUp() override {
    if (!python_.empty()) setenv("OFFLOAD_BENCH_PYTHON", python_.c_str(), 1);
    if (!std::filesystem::exists(python_folder() / "liboffload_nursery.so"))
      GTEST_SKIP() << "sanitizers would have to be loaded before an interpreter";
    PythonIsolation::SetUp();
  }
  RemoteSettings nursed() {
    RemoteSettings settings;
    settings.memory_mb = 300;
    settings.nursery = &nursery_;
    return settings;
  }
  // What the reward in `source` fails with.
  std::string said(const std::filesystem::path& source, const RemoteSettings& settings) const {
    const std::string name = source.stem() == "newborn" ? "Newborn" : "Own";
    return message_of(ErrorKind::plugin, [&] {
      RemoteReward asked(source.string() + ":" + name, {}, environment_.raw(), settings);
      scores(asked, 1);
    });
  }

  Nursery nursery_;
};

TEST_F(PythonNursery, HoldsAllThatItBegins) {
  const std::uint64_t started = reward("none").held();
  setenv("OFFLOAD_TEST_TARGET", target_.c_str(), 1);
  for (const char* attempt :
       {"data", "memory", "mapped", "network", "write", "process", "shared", "descriptors", "copy", "load"}) {
    const Parameters parameters = {{"attempt", {std::string(attempt), ""}},
                                   {"target", {target_.string(), ""}}};
    EXPECT_THAT(message_of(ErrorKind::plugin,
                           [&] {
                             RemoteReward asked(kSource + ":Escaper", parameters, environment_.raw(),
                                                nursed());
                             EXPECT_EQ(asked.held(), started);
                             scores(asked, 1);
                           }),
                HasSubstr("reward 'escaper' failed in score: RuntimeError: held"))
        << attempt;
  }
  unsetenv("OFFLOAD_TEST_TARGET");
}

TEST_F(PythonNursery, BeginsWhatAStartBegins) {
  const std::regex parts("(.*); left (\\d+) MB; (drawn \\d+ \\d+); (born|started)");
  const auto seen = [&](const RemoteSettings& settings) {
    std::smatch found;
    const std::string text = said(kNewborn, settings);
    if (!std::regex_search(text, found, parts)) throw std::runtime_error(text);
    return std::vector<std::string>(found.begin() + 1, found.end());
  };
  const auto started = seen({.memory_mb = 300}), born = seen(nursed()), later = seen(nursed());
  EXPECT_EQ(started[3], "started");
  EXPECT_EQ(born[3], "born");
  EXPECT_EQ(born[0], started[0]);
  EXPECT_EQ(later[0], started[0]);
  EXPECT_NEAR(std::stod(born[1]), std::stod(started[1]), 3);
  EXPECT_NE(born[2], later[2]);
}

TEST_F(PythonNursery, WhatIsUnusualIsStarted) {
  const std::filesystem::path own = folder_ / "own" / "own.py";
  std::filesystem::create_directory(own.parent_path());
  const auto write = [&](const char* name, const std::string& text) {
    folder_.write((std::filesystem::path("own") / name).string(), text);
  };
  write("own.py", R"(import os, tempfile
def Own(outcomes):
    with open("/proc/self/cmdline", "rb") as file:
        born = b"--nursery" in file.read()
    raise RuntimeError("%s %s" % (getattr(tempfile, "MINE", ""), "born" if born else "started"))
)");
  EXPECT_THAT(said(own, nursed()), HasSubstr(" born"));
  // What the nursery has imported already.
  write("tempfile.py", "MINE = 'my own'\n");
  EXPECT_THAT(said(own, nursed()), HasSubstr("my own started"));
  std::filesystem::remove(own.parent_path() / "tempfile.py");
  // What an interpreter runs as it begins.
  write("sitecustomize.py", "open('" + (folder_ / "ran").string() + "', 'w')\n");
  setenv("PYTHONPATH", own.parent_path().c_str(), 1);
  Nursery another;
  RemoteSettings settings = nursed();
  settings.nursery = &another;
  EXPECT_THAT(said(own, settings), HasSubstr(" started"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
  unsetenv("PYTHONPATH");
  // Any other interpreter than the caller's.
  const std::filesystem::path default_one = python_;
  settings.python = (default_one.parent_path() / "." / default_one.filename()).string();
  EXPECT_THAT(said(own, settings), HasSubstr(" started"));
}

// What changes behind the host's back is either a number or a sentence; never another's memory.
TEST_F(PythonIsolation, ATransportThatChangesAllTheTime) {
  int answered = 0, refused = 0;
  // How its thread is scheduled is the machine's affair: until both have come, for long enough.
  for (int run = 0; run < 3 || (run < 50 && (answered == 0 || refused == 0)); ++run) {
    RemoteReward changing = reward("transport");
    try {
      for (int call = 0; call < 300; ++call) {
        for (const double score : scores(changing, 16)) ASSERT_TRUE(std::isfinite(score)) << score;
        ++answered;
      }
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("escaper"));
      ++refused;
    } catch (const AgentEnded&) {
      ++refused;
    }
  }
  EXPECT_GT(answered, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace offload
