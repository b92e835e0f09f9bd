// What a further planned trial costs in memory: the peak of the command's largest process for a plan of
// 20,000 trials beside one of 2,000. Memory does not depend on what else the machine does.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

constexpr int kRows = 50, kFew = 2'000, kMany = 20'000;

std::string suite_of(int trials) {
  std::string suite = "[data]\nsource = \"synthetic:20\"\nsplit = {folds = 5, repeats = " +
                      std::to_string(trials / kRows / 5) +
                      "}\n[budgets]\ncells = [{name = \"none\"}]\n[evaluation]\noracle_nodes = 0\n";
  for (int row = 0; row < kRows; ++row)
    suite += "[[row]]\nname = \"row-" + std::to_string(row) +
             "\"\nplugin = \"constant\"\nparameters = {action = " + std::to_string(row % 5) + "}\n";
  return suite;
}

class LargePlan : public CommandTest {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "memory that was freed is kept for a while";
#endif
    CommandTest::SetUp();
    for (const int trials : {kFew, kMany}) write(std::to_string(trials) + ".toml", suite_of(trials));
  }

  // Bytes. A process' memory is counted anew from exec on only as far as it grows beyond what it was: this
  // one is small.
  double peak(const std::string& arguments, int status) const {
    const std::string tool = OFFLOAD_BINARY_DIR "/bin/offload-bench", cache = (folder_ / "cache").string();
    const pid_t child = fork();
    if (child == 0) {
      const std::string line = "cd '" + folder_.string() + "' && OFFLOAD_BENCH_CACHE='" + cache + "' exec '" +
                               tool + "' " + arguments + " >out.txt 2>err.txt </dev/null";
      execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    int ended = 0;
    rusage usage{};
    EXPECT_EQ(wait4(child, &ended, 0, &usage), child);
    EXPECT_TRUE(WIFEXITED(ended) && WEXITSTATUS(ended) == status) << arguments << ": " << ended << "\n"
                                                                  << read_text(folder_ / "err.txt");
    return static_cast<double>(usage.ru_maxrss) * 1024;
  }

  // `arguments` name the plan's number of trials as N, `most` the bytes of a further trial.
  void expect_flat(const std::string& arguments, double most, int status = 0) const {
    const auto with = [&](int trials) {
      std::string line = arguments;
      for (std::size_t at; (at = line.find('N')) != std::string::npos;)
        line.replace(at, 1, std::to_string(trials));
      return peak(line, status);
    };
    const double few = with(kFew), many = with(kMany);
    EXPECT_LE((many - few) / (kMany - kFew), most)
        << arguments << ": " << few / 1e6 << " and " << many / 1e6 << " MB";
  }
};

// Of all trials one is run, so that what costs is the plan: 32 bytes of a key, four or eight of numbers, and
// a fiftieth of what a run takes. Bounds lie between what a trial takes and what it took while more of it was
// held, which are said behind them (benchmarks/README.md, Memory by trial).
TEST_F(LargePlan, CostsLittleMemoryInEveryVerb) {
  expect_flat("run N.toml --dry-run", 110);            // 40 to 70, 120
  expect_flat("run N.toml --out N --shard 1/N", 150);  // 60 to 80, 430
  expect_flat("run N.toml --out N --shard 1/N", 150);  // again, where all is done
  expect_flat("report N", 140);                        // 30 to 80, 310
  expect_flat("show N", 60);                           // 10 to 20, 140
  expect_flat("verify N", 140, 6);                     // what was not run is believed: 50 to 70, 500
  expect_flat("compare N N", 140, 1);                  // rows that did not finish: 40 to 70, 900
  expect_flat("export N --leaderboard", 120);          // 30 to 50, 390
}

}  // namespace
}  // namespace offload::testing
