// A suite as a Slurm array without Slurm: its scripts run by bash with what Slurm would set, beside scripted
// sbatch and scontrol. benchmarks/slurm/try.sh does it with the real ones.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "end_to_end/undisturbed.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class SlurmTest : public Undisturbed {
 protected:
  static constexpr const char* kOut = "out's dir";
  static constexpr const char* kSlurm = "slurm suite.toml --out \"out's dir\" --plugin-dir " BAD_PLUGINS;

  void SetUp() override {
    Undisturbed::SetUp();
    setenv("TMPDIR", folder_.c_str(), 1);
    bin_ = folder_ / "bin";
    std::filesystem::create_directory(bin_);
    // Each says its arguments; jobs are numbered.
    program("sbatch",
            "n=$(($(cat ../../../jobs 2>/dev/null || echo 0) + 1)); echo $n > ../../../jobs\n"
            "echo \"sbatch $*\" >> ../../../calls; echo \"$n;cluster\"\n");
    program("scontrol", "echo \"scontrol $*\" >> '" + (folder_ / "calls").string() +
                            "'; case $* in *'show job'*) echo \"JobId=1 JobState=$STATE X\";; esac\n");
  }
  void TearDown() override {
    unsetenv("TMPDIR");
    Undisturbed::TearDown();
  }
  void program(const std::string& name, const std::string& text) const {
    write("bin/" + name, "#!/bin/bash\n" + text);
    std::filesystem::permissions(bin_ / name, std::filesystem::perms(0755));
  }
  std::string calls() const {
    const std::string text = read_text(folder_ / "calls");
    std::filesystem::remove(folder_ / "calls");
    return text;
  }
  int shell(const std::string& command) const {
    const int status = std::system(("cd '" + folder_.string() + "' && export PATH=\"$PWD/bin:$PATH\" && " +
                                    command + " >sh.txt 2>&1 </dev/null")
                                       .c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int part(int number, const std::string& settings = "") const {
    return shell(fmt::format("{} SLURM_ARRAY_TASK_ID={} SLURM_ARRAY_TASK_COUNT=1 bash \"{}/slurm/array.sh\"",
                             settings, number, kOut));
  }
  std::filesystem::path part_folder(int number, int parts) const {
    return folder_ / kOut / "parts" / fmt::format("{}-of-{}", number, parts);
  }
  static std::size_t files_in(const std::filesystem::path& folder) {
    std::error_code none;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder, none),
                                                  std::filesystem::directory_iterator()));
  }
  // In a process group of its own, once it has stored `results` trials.
  pid_t start_part(int number, int parts, std::size_t results, const std::string& state) const {
    setenv("STATE", state.c_str(), 1);
    const std::string task = fmt::format(
        "export PATH='{0}/bin':\"$PATH\" SLURM_ARRAY_TASK_ID={1} SLURM_ARRAY_JOB_ID=77 SLURM_JOB_ID=79; exec "
        "bash "
        "\"{0}/{2}/slurm/array.sh\" >>'{0}/part.txt' 2>&1",
        folder_.string(), number, kOut);
    const char* arguments[] = {"bash", "-c", task.c_str(), nullptr};
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t pid = -1;
    posix_spawn(&pid, "/bin/bash", nullptr, &attributes, const_cast<char* const*>(arguments), environ);
    posix_spawnattr_destroy(&attributes);
    while (files_in(part_folder(number, parts) / "trials") < results) std::this_thread::sleep_for(2ms);
    return pid;
  }
  static int await(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::filesystem::path bin_;
};

TEST_F(SlurmTest, APartThatIsKilledAndSubmittedAgainEndsInTheUndisturbedReport) {
  run_undisturbed();
  const Outcome written = run(fmt::format("{} --tasks 3", kSlurm));
  ASSERT_EQ(written.status, 0) << written.err;
  EXPECT_THAT(written.out, HasSubstr("12 trials and the exact policies of 3 splits in 3 parts"));
  ASSERT_EQ(shell("\"out's dir/slurm/submit.sh\" --account=me"), 0) << read_text(folder_ / "sh.txt");
  EXPECT_EQ(calls(),
            "sbatch --parsable --array=1-3 --account=me ../array.sh\n"
            "sbatch --parsable --dependency=afterany:1 --account=me ../merge.sh\n");
  ASSERT_EQ(part(1), 0) << read_text(folder_ / "sh.txt");
  ASSERT_EQ(part(3), 0) << read_text(folder_ / "sh.txt");
  const pid_t lost = start_part(2, 3, 1, "RUNNING");
  kill(-lost, SIGKILL);
  await(lost);
  EXPECT_LT(files_in(part_folder(2, 3) / "trials") + files_in(part_folder(2, 3) / "references"), kJobs / 3);
  // The merge step looks itself.
  EXPECT_EQ(shell("bash \"out's dir/slurm/merge.sh\""), 1);
  EXPECT_THAT(read_text(folder_ / "sh.txt"), HasSubstr("missing parts 2 of 3\nnothing was merged"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / kOut / "trials"));
  const Outcome status = run("slurm --status \"out's dir\"");
  EXPECT_EQ(status.status, 1);
  EXPECT_THAT(status.out, HasSubstr("missing parts 2 of 3\n"));
  ASSERT_EQ(shell("\"out's dir/slurm/submit.sh\""), 0);
  EXPECT_EQ(calls(),
            "sbatch --parsable --array=2 ../array.sh\n"
            "sbatch --parsable --dependency=afterany:3 ../merge.sh\n");
  ASSERT_EQ(part(2), 0) << read_text(folder_ / "sh.txt");
  ASSERT_EQ(shell("bash \"out's dir/slurm/merge.sh\""), 0) << read_text(folder_ / "sh.txt");
  EXPECT_THAT(read_text(folder_ / "sh.txt"), HasSubstr("12 of 12 trials, 3 of 3 exact policies\n"));
  expect_undisturbed(kOut);
  EXPECT_EQ(read_text(folder_ / kOut / "suite.json"), read_text(folder_ / "calm" / "suite.json"));
  // Nothing is left to do: only the merge, once more.
  ASSERT_EQ(shell("\"out's dir/slurm/submit.sh\""), 0);
  EXPECT_EQ(calls(), "sbatch --parsable ../merge.sh\n");
  EXPECT_EQ(run("slurm --status \"out's dir\"").status, 0);
  EXPECT_EQ(run("verify \"out's dir\" --plugin-dir " BAD_PLUGINS).status,
            run("verify calm --plugin-dir " BAD_PLUGINS).status);
}

TEST_F(SlurmTest, APartThatIsOutOfTimeGoesOnAfterARequeue) {
  ASSERT_EQ(run(fmt::format("{} --tasks 1", kSlurm)).status, 0);
  for (const char* state : {"RUNNING", "CANCELLED"}) {
    const std::size_t before = files_in(part_folder(1, 1) / "trials");
    const pid_t timed = start_part(1, 1, before + 1, state);
    kill(timed, SIGTERM);  // as --signal=B: does, to the shell alone
    const bool requeued = std::string(state) == "RUNNING";
    EXPECT_EQ(await(timed), requeued ? 0 : 143) << read_text(folder_ / "part.txt");
    EXPECT_GT(files_in(part_folder(1, 1) / "trials"), before);
    const std::string called = calls();
    EXPECT_THAT(called, HasSubstr("scontrol --oneliner show job 77_1\n"));
    if (requeued)
      EXPECT_THAT(called, HasSubstr("scontrol requeue 77_1\n"));
    else
      EXPECT_THAT(called, Not(HasSubstr("requeue")));
    EXPECT_LT(files_in(part_folder(1, 1) / "trials"), static_cast<std::size_t>(kTrials));
  }
  EXPECT_THAT(read_text(folder_ / "part.txt"), HasSubstr("goes on after a requeue"));
}

TEST_F(SlurmTest, PartsOfDifferentMachinesAreNamedUnlessTheyAgreeOnInstructions) {
  if (run("run suite.toml --dry-run --plugin-dir " BAD_PLUGINS, "OFFLOAD_ISA=avx2").status != 0)
    GTEST_SKIP() << "this processor has one instruction set";
  write("suite.toml", suite().substr(0, suite().find("[[row]]")) +
                          "[[row]]\nname = \"random\"\n[[row]]\nname = \"own\"\n"
                          "plugin = \"c-agent\"\n[evaluation]\noracle_nodes = 200\n");
  ASSERT_EQ(run(fmt::format("{} --tasks 2", kSlurm)).status, 0);
  ASSERT_EQ(part(1, "OFFLOAD_ISA=baseline"), 0) << read_text(folder_ / "sh.txt");
  ASSERT_EQ(part(2, "OFFLOAD_ISA=avx2"), 0) << read_text(folder_ / "sh.txt");
  const Outcome mixed = run("slurm --merge \"out's dir\"");
  EXPECT_EQ(mixed.status, 1);
  EXPECT_THAT(mixed.err, HasSubstr("parts/2-of-2: planned other trials than parts/1-of-2: rows/1/machine/"));
  EXPECT_THAT(mixed.err, HasSubstr("run all parts with one --isa"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / kOut / "trials"));
  std::filesystem::remove_all(folder_ / kOut);
  ASSERT_EQ(run(fmt::format("{} --tasks 2 --isa baseline", kSlurm)).status, 0);
  ASSERT_EQ(part(1, "OFFLOAD_ISA=avx2"), 0) << read_text(folder_ / "sh.txt");
  ASSERT_EQ(part(2), 0) << read_text(folder_ / "sh.txt");
  const Outcome merged = run("slurm --merge \"out's dir\"");
  EXPECT_EQ(merged.status, 0) << merged.err << merged.out;
}

// A file named by the suite, a data set by the command: neither has to stay where it was named from.
TEST_F(SlurmTest, ASuiteIsFrozenWhenItsScriptsAreWritten) {
  ASSERT_EQ(run("datasets synth --episodes 24 --out data.json").status, 0);
  const std::string rest = suite().substr(suite().find("[budgets]"));
  const std::string text =
      "[suite]\nname = \"frozen\"\n[data]\nsource = \"data.json\"\nsplit = {folds = \"folds.json\"}\n" +
      rest.substr(0, rest.find("[[row]]")) + "[[row]]\nname = \"random\"\n[evaluation]\noracle_nodes = 200\n";
  write("folds.json", R"({"one": [1, 2, 3], "two": [4, 5, 6]})");
  write("suite.toml", text);
  ASSERT_EQ(run("run suite.toml --out calm").status, 0);
  undisturbed_ = outcome("calm");
  ASSERT_EQ(run(fmt::format("{} --tasks 2", kSlurm)).status, 0);
  std::filesystem::remove(folder_ / "folds.json");
  write("suite.toml", "changed since");
  ASSERT_EQ(part(1), 0) << read_text(folder_ / "sh.txt");
  ASSERT_EQ(part(2), 0) << read_text(folder_ / "sh.txt");
  ASSERT_EQ(run("slurm --merge \"out's dir\"").status, 0);
  expect_undisturbed(kOut);
  // Written anew with another suite, nothing of it has run.
  write("suite.toml", text + "[[row]]\nname = \"cost-min\"\n");
  write("folds.json", R"({"one": [1, 2, 3], "two": [4, 5, 7]})");
  ASSERT_EQ(run(fmt::format("{} --tasks 2", kSlurm)).status, 0);
  EXPECT_THAT(run("slurm --status \"out's dir\"").out,
              HasSubstr("1 of 4 trials, 1 of 2 exact policies; missing parts 1-2 of 2\n"));
}

TEST_F(SlurmTest, WhatCannotBeIsRefusedInASentence) {
  const auto error_of = [this](const std::string& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    return outcome.err;
  };
  EXPECT_THAT(error_of(kSlurm), HasSubstr("--tasks: is needed"));
  EXPECT_THAT(
      error_of(fmt::format("{} --tasks 16", kSlurm)),
      HasSubstr("--tasks 16: the suite has 15 jobs (trials and exact policies); name at most that many"));
  EXPECT_THAT(error_of("slurm suite.toml --tasks 2 --out 50%x --plugin-dir " BAD_PLUGINS),
              HasSubstr("has % or \\"));
  EXPECT_THAT(error_of("slurm"), HasSubstr("name a suite, or a folder"));
  EXPECT_THAT(error_of("slurm --status ."), HasSubstr("not a folder of `offload-bench slurm`"));
  ASSERT_EQ(run(fmt::format("{} --tasks 3", kSlurm)).status, 0);
  for (const char* wrong : {"0", "4", "02", "x"}) {
    EXPECT_EQ(shell(fmt::format("SLURM_ARRAY_TASK_ID={} bash \"{}/slurm/array.sh\"", wrong, kOut)), 2)
        << wrong;
    EXPECT_THAT(read_text(folder_ / "sh.txt"), HasSubstr("there are 3, from 1"));
  }
  EXPECT_NE(shell(fmt::format("bash \"{}/slurm/array.sh\"", kOut)), 0);
  EXPECT_THAT(read_text(folder_ / "sh.txt"), HasSubstr("is set by Slurm"));
}

}  // namespace
}  // namespace offload::testing
