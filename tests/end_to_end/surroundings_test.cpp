// The outcome of a campaign is the suite's alone: not the number of jobs, the order of rows, the folder, the
// machine's locale, address space, clock or disk, nor how often it was begun or over how many folders it was
// spread.
#include <gmock/gmock.h>

#include <map>
#include <optional>

#include "end_to_end/undisturbed.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

class Surroundings : public Undisturbed {
 protected:
  void SetUp() override {
    Undisturbed::SetUp();
    run_undisturbed();
  }

  // Runs the suite under `prefix` and compares.
  void expect_same(const std::string& out, const std::string& prefix, const std::string& options = "") const {
    SCOPED_TRACE(prefix + options);
    const Outcome outcome = run(arguments(out) + options, prefix);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    expect_undisturbed(out);
  }
  static std::string arguments(const std::string& out, const std::string& suite = "suite.toml") {
    return "run " + suite + " --out " + out + " --plugin-dir " BAD_PLUGINS " ";
  }

  // A shell script in a mount namespace of its own, in the test's folder; $run is the command's `run` of the
  // suite into the folder small/results. Empty where none is to be had.
  std::optional<std::string> in_own_mounts(const std::string& script) const {
    std::filesystem::create_directory(folder_ / "small");
    for (const char* unshare : {"unshare -m", "unshare -Urm"}) {
      const std::string mount = "mount -t tmpfs -o size=1m none small";
      const std::string enter = "cd '" + folder_.string() + "' && " + unshare + " sh ";
      if (std::system((enter + "-c '" + mount + "' 2>/dev/null").c_str()) != 0) continue;
      write("script", "export OFFLOAD_BENCH_CACHE='" + (folder_ / "cache").string() +
                          "'\nrun() { '" OFFLOAD_BINARY_DIR "/bin/offload-bench' " +
                          arguments("small/results") + "; }\n" + script);
      std::system((enter + "script >log 2>&1").c_str());
      return read_text(folder_ / "log");
    }
    return std::nullopt;
  }
};

TEST_F(Surroundings, JobsAndAddressSpace) {
  expect_same("one", "", "--jobs 1");
  expect_same("three", "", "--jobs 3");
  if (std::system("setarch -R true 2>/dev/null") == 0) expect_same("fixed", "setarch -R");
}

TEST_F(Surroundings, Locale) {
  expect_same("utf8", "LC_ALL=C.UTF-8");
  if (std::filesystem::exists(LOCALES "/de_DE.UTF-8"))
    expect_same("comma", "LOCPATH='" LOCALES "' LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8");
}

TEST_F(Surroundings, ClockThatJumps) { expect_same("jumps", "LD_PRELOAD='" CLOCK_JUMP "'"); }

TEST_F(Surroundings, OtherFolder) {
  std::filesystem::create_directories(folder_ / "else where");
  std::filesystem::rename(folder_ / "suite.toml", folder_ / "else where" / "suite.toml");
  const Outcome outcome =
      run(arguments("'else where/results'", "'else where/suite.toml'"), "TMPDIR=/nowhere");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  expect_undisturbed("else where/results");
  std::filesystem::rename(folder_ / "else where" / "results", folder_ / "moved");
  EXPECT_EQ(run("report moved").status, 0);
  expect_undisturbed("moved");
}

TEST_F(Surroundings, ShuffledRowsAreTheSameTrials) {
  std::string text = read_text(folder_ / "suite.toml");
  const auto first = text.find("[[row]]"), second = text.find("[[row]]", first + 1),
             end = text.find("[evaluation]");
  text = text.substr(0, first) + text.substr(second, end - second) + text.substr(first, second - first) +
         text.substr(end);
  write("shuffled.toml", text);
  ASSERT_EQ(run(arguments("results", "shuffled.toml") + "--jobs 3").status, 0);
  const auto files = [this](const std::string& folder) {
    std::map<std::string, nlohmann::json> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "trials")) {
      auto trial = nlohmann::json::parse(read_text(entry.path())).at("trial");
      trial.erase("timing");
      all[entry.path().filename()] = trial;
    }
    return all;
  };
  EXPECT_EQ(files("results"), files("calm"));
  // And into the folder of the other order: nothing is left to run.
  const Outcome again = run(arguments("results"));
  EXPECT_THAT(again.out, HasSubstr("0 trials run"));
  expect_undisturbed("results");
}

TEST_F(Surroundings, ShardsAddUp) {
  std::size_t jobs = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const std::string out = std::string("part") + shard[0];
    const Outcome outcome = run(arguments(out) + "--shard " + shard);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const char* kind : {"trials", "references"}) {
      const auto files = std::filesystem::directory_iterator(folder_ / out / kind);
      jobs += static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }
  }
  EXPECT_EQ(jobs, kJobs);
  // By naming the folders, one of them twice under another name.
  std::filesystem::copy(folder_ / "part2", folder_ / "again", std::filesystem::copy_options::recursive);
  EXPECT_EQ(run("report part1 part2 part3 again").status, 0);
  expect_undisturbed("part1");
  // By copying.
  const auto over =
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing;
  for (const char* part : {"part1", "part2", "part3"})
    std::filesystem::copy(folder_ / part, folder_ / "copied", over);
  const Outcome whole = run(arguments("copied"));
  EXPECT_THAT(whole.out, HasSubstr("0 trials run"));
  expect_undisturbed("copied");
  for (const char* wrong : {"0/3", "4/3", "1", "1/3/3", "a/b"}) {
    EXPECT_EQ(run(arguments("wrong") + "--shard " + wrong).status, 2) << wrong;
  }
}

// The same job with two outcomes: neither counts, both are named.
TEST_F(Surroundings, ConflictsAreFoundWhenFoldersAreMerged) {
  std::filesystem::copy(folder_ / "calm", folder_ / "other", std::filesystem::copy_options::recursive);
  const auto file = std::filesystem::directory_iterator(folder_ / "other" / "trials")->path();
  std::string text = read_text(file);
  text.replace(text.find("\"masked_actions\":"), 18, "\"masked_actions\":1");
  // Sealed anew, as a program of one's own could.
  const auto begin = text.find("\"trial\":\n") + 9, end = text.rfind("\n}\n");
  write("payload", text.substr(begin, end - begin));
  ASSERT_EQ(
      std::system(("sha256sum '" + (folder_ / "payload").string() + "' >'" + (folder_ / "sum").string() + "'")
                      .c_str()),
      0);
  text.replace(text.find("\"sha256\":\"") + 10, 64, read_text(folder_ / "sum").substr(0, 64));
  write_text(file, text);
  EXPECT_EQ(run("report calm other").status, 1);
  const auto left_out = nlohmann::json::parse(read_text(folder_ / "calm" / "report.json")).at("left_out");
  ASSERT_EQ(left_out.size(), 2U) << left_out;
  EXPECT_THAT(left_out.dump(), HasSubstr("conflict: another outcome of the same job"));
}

TEST_F(Surroundings, FullDisk) {
  const auto log = in_own_mounts(R"(
mount -t tmpfs -o size=1m none small
for size in 20k 60k 100k 200k; do mount -o remount,size=$size small; run; echo "status $?"; done
mount -o remount,size=64m small
run; echo "status $?"
cp -r small/results freed
)");
  if (!log) GTEST_SKIP() << "needs root or user namespaces, to mount a small file system";
  EXPECT_THAT(*log, ::testing::ContainsRegex("No space left on device(.|\n)*status [15](.|\n)*status 0\n$"));
  expect_undisturbed("freed");
}

TEST_F(Surroundings, ReadOnlyOutput) {
  const auto log = in_own_mounts(R"(
mount -t tmpfs none small && mkdir small/results && mount -o remount,ro small
run; echo "status $?"
mount -o remount,rw small
run; echo "status $?"
cp -r small/results freed
)");
  if (!log) GTEST_SKIP() << "needs root or user namespaces, to mount a read-only file system";
  EXPECT_THAT(
      *log, ::testing::ContainsRegex("^offload-bench: .*small/results.*: Read-only file system\nstatus 5\n"));
  expect_undisturbed("freed");
}

}  // namespace
}  // namespace offload::testing
