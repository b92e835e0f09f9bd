// The attempts of isolation_test.cpp by a reward in Python: each is held there, and each but those that need
// a host works by itself, so that what is held is no accident. And what a nursery of Python's begins: held
// alike, and as if started.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
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
    EXPECT_THAT(in_isolation(attempt),
                HasSubstr("reward 'escaper' failed in score: RuntimeError: held, started"));
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
    if (!OFFLOAD_PYTHON_NURSERY) GTEST_SKIP() << "sanitizers would have to be loaded before an interpreter";
    ASSERT_TRUE(std::filesystem::exists(python_folder() / "liboffload_nursery.so"));
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
                HasSubstr("reward 'escaper' failed in score: RuntimeError: held, born"))
        << attempt;
  }
  unsetenv("OFFLOAD_TEST_TARGET");
}

TEST_F(PythonNursery, BeginsWhatAStartBegins) {
  const std::regex parts("(.*); left (\\d+) MB; drawn (\\d+) (\\d+); (born|started)");
  const auto seen = [&](const RemoteSettings& settings) {
    std::smatch found;
    const std::string text = said(kNewborn, settings);
    if (!std::regex_search(text, found, parts)) throw std::runtime_error(text);
    return std::vector<std::string>(found.begin() + 1, found.end());
  };
  const auto started = seen({.memory_mb = 300}), born = seen(nursed()), later = seen(nursed());
  EXPECT_EQ(started[4], "started");
  EXPECT_EQ(born[4], "born");
  EXPECT_EQ(born[0], started[0]);
  EXPECT_EQ(later[0], started[0]);
  EXPECT_NEAR(std::stod(born[1]), std::stod(started[1]), 3);
  // By NumPy and by Python.
  EXPECT_NE(born[2], later[2]);
  EXPECT_NE(born[3], later[3]);
}

TEST_F(PythonNursery, WhatIsUnusualIsStarted) {
  const std::filesystem::path own = folder_ / "own" / "own.py";
  std::filesystem::create_directory(own.parent_path());
  const auto write = [&](const char* name, const std::string& text) {
    folder_.write((std::filesystem::path("own") / name).string(), text);
  };
  write("own.py", R"(import os, resource, tempfile
def Own(outcomes):
    with open("/proc/self/cmdline", "rb") as file:
        born = b"--nursery" in file.read()
    raise RuntimeError("%s%s %s" % (getattr(tempfile, "MINE", ""), getattr(resource, "MINE", ""), "born" if born else "started"))
)");
  // What is no module.
  write("tempfile.toml", "");
  EXPECT_THAT(said(own, nursed()), HasSubstr(" born"));
  // What limits alone import, and there are none.
  write("resource.py", "MINE = 'my own'\n");
  RemoteSettings unlimited = nursed();
  unlimited.memory_mb = 0;
  EXPECT_THAT(said(own, unlimited), HasSubstr("my own born"));
  std::filesystem::remove(own.parent_path() / "resource.py");
  // What the nursery has imported already.
  write("tempfile.py", "MINE = 'my own'\n");
  EXPECT_THAT(said(own, nursed()), HasSubstr("my own started"));
  std::filesystem::remove(own.parent_path() / "tempfile.py");
  // What an interpreter runs as it begins.
  write("sitecustomize.py", "open('" + (folder_ / "ran").string() + "', 'w')\n");
  write("usercustomize.py", "open('" + (folder_ / "ran").string() + "', 'w')\n");
  const auto expect_started = [&](const char* variable, const std::string& value) {
    const char* const before = std::getenv(variable);
    const std::string kept = before == nullptr ? "" : before;
    setenv(variable, value.c_str(), 1);
    Nursery another;
    RemoteSettings settings = nursed();
    settings.nursery = &another;
    EXPECT_THAT(said(own, settings), HasSubstr(" started")) << variable << "=" << value;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
    before == nullptr ? unsetenv(variable) : setenv(variable, kept.c_str(), 1);
  };
  const std::string folder = own.parent_path().string();
  expect_started("PYTHONPATH", folder);
  expect_started("PYTHONPATH", folder.substr(1));  // from "/", where it begins
  expect_started("HOME", folder);
  // A line that leads there, and what pip's imports.
  const char* const version = "user/lib/python3.99/site-packages";
  std::filesystem::create_directories(folder_ / version);
  folder_.write(std::string(version) + "/mine.pth", "../../../../own\n");
  expect_started("PYTHONUSERBASE", (folder_ / "user").string());
  folder_.write(std::string(version) + "/mine.pth", "import __editable___mine_finder\n");
  folder_.write(std::string(version) + "/__editable___mine_finder.py",
                "MAPPING = {'mine': '" + folder + "'}\n");
  expect_started("PYTHONUSERBASE", (folder_ / "user").string());
  folder_.write(std::string(version) + "/__editable___mine_finder.py", "MAPPING = {}\n");
  setenv("PYTHONUSERBASE", (folder_ / "user").c_str(), 1);
  EXPECT_THAT(said(own, nursed()), HasSubstr(" born"));
  unsetenv("PYTHONUSERBASE");
  // An environment in the plugin's folder.
  std::filesystem::create_directories(own.parent_path() / "venv/bin");
  std::filesystem::create_symlink(std::filesystem::canonical(python_), own.parent_path() / "venv/bin/python");
  write("venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\n");
  expect_started("OFFLOAD_BENCH_PYTHON", folder + "/venv/bin/python");
  // Any other interpreter than the caller's.
  RemoteSettings settings = nursed();
  const std::filesystem::path default_one = python_;
  settings.python = (default_one.parent_path() / "." / default_one.filename()).string();
  EXPECT_THAT(said(own, settings), HasSubstr(" started"));
}

// What an interpreter prints as it begins is passed on meanwhile: no pipe holds all of it.
TEST_F(PythonNursery, IsHeardWhileItBegins) {
  folder_.write("sitecustomize.py", "print('x' * 1500000)\n");
  setenv("PYTHONPATH", folder_.path().c_str(), 1);
  testing::internal::CaptureStderr();
  EXPECT_THAT(said(kNewborn, nursed()), HasSubstr("; born"));
  EXPECT_GE(testing::internal::GetCapturedStderr().size(), 1500000U);
  unsetenv("PYTHONPATH");
}

TEST_F(PythonNursery, IsWaitedForWithinALimit) {
  RemoteSettings settings = nursed();
  settings.answer_limit = std::chrono::seconds(5);
  EXPECT_THAT(said(kNewborn, settings), HasSubstr("; born"));
  std::ifstream children(fmt::format("/proc/self/task/{}/children", getpid()));
  pid_t nursery = -1;
  ASSERT_TRUE(children >> nursery);
  ASSERT_EQ(kill(nursery, SIGSTOP), 0);
  EXPECT_THAT(said(kNewborn, settings), HasSubstr("; started"));
  EXPECT_THAT(said(kNewborn, settings), HasSubstr("; born"));
}

// And what it has begun nevertheless, without a word, serves beside nobody.
TEST_F(PythonNursery, WhatNeverBeginsIsTriedOnce) {
  folder_.write("sitecustomize.py", R"(import array, mmap, os, socket, time
with open("/proc/self/cmdline", "rb") as file:
    nursery = b"--nursery" in file.read()
if nursery:
    open(")" + (folder_ / "begun").string() +
                                        R"(", "a").write("begun\n")
    asked = socket.socket(fileno=3)
    given = socket.recv_fds(asked, 1, 2)[1]
    asked.close()
    if os.fork() == 0:
        words = memoryview(mmap.mmap(given[0], os.fstat(given[0]).st_size)).cast("I")
        for _ in range(3000):
            if words[96] == 1:
                words[113], words[112] = 2, 1  # failed
                break
            time.sleep(0.001)
    os._exit(0)
)");
  setenv("PYTHONPATH", folder_.path().c_str(), 1);
  EXPECT_THAT(said(kNewborn, nursed()), HasSubstr("; started"));
  EXPECT_THAT(said(kNewborn, nursed()), HasSubstr("; started"));
  std::string begun;
  std::ifstream in(folder_ / "begun");
  std::getline(in, begun, '\0');
  EXPECT_EQ(begun, "begun\n");
  unsetenv("PYTHONPATH");
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
