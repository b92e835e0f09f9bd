// The folder that keeps results: what is not whole, not ours or not unchanged is named, and nothing finished
// is lost.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "files/atomic_file.hpp"
#include "unit/results/samples.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using example::TemporaryFolder;
using nlohmann::json;
using testing::HasSubstr;
using namespace samples;

TEST(Store, KeepsTrials) {
  const TemporaryFolder folder;
  const Store store(folder.path() / "deep" / "results");
  EXPECT_FALSE(store.read_plan());
  EXPECT_TRUE(store.read_all().trials.empty());
  store.write_plan(example::plan());
  EXPECT_EQ(store.read_plan(), example::plan());
  EXPECT_TRUE(store.write_trial(sample()));
  const StoreContents contents = store.read_all();
  ASSERT_EQ(contents.trials.size(), 1u);
  EXPECT_EQ(to_json(contents.trials[0]), to_json(sample()));
  EXPECT_TRUE(contents.left_out.empty());
}

TEST(Store, NeverReplacesFinishedByFailed) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  EXPECT_TRUE(store.write_trial(example::failed_trial("bold", "s0")));
  EXPECT_TRUE(store.write_trial(sample()));
  EXPECT_FALSE(store.write_trial(example::failed_trial("bold", "s0")));
  EXPECT_EQ(store.read_trial("bold-s0")->status, TrialStatus::ok);
  // A finished result that is damaged protects nothing.
  spill(folder.path() / "trials" / "bold-s0.json", "{");
  EXPECT_FALSE(store.read_trial("bold-s0"));
  EXPECT_TRUE(store.write_trial(example::failed_trial("bold", "s0")));
}

TEST(Store, NamesAndLeavesOutWhatIsNotWhole) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  store.write_trial(sample());
  const fs::path trials = folder.path() / "trials";
  const std::string good = slurp(trials / "bold-s0.json");
  spill(trials / "half.json", good.substr(0, good.size() / 2));
  spill(trials / "start.json", good.substr(0, 10));
  spill(trials / "empty.json", "");
  spill(trials / "foreign.json", "{\"hello\": 1}");
  std::string changed = good;
  changed.replace(changed.find("\"seed\":0"), 8, "\"seed\":1");
  spill(trials / "changed.json", changed);
  spill(trials / "copy.json", good);
  spill(trials / "notes.txt", "mine");
  fs::create_directory(trials / "folder.json");
  ASSERT_EQ(mkfifo((trials / "pipe.json").c_str(), 0600), 0);
  spill(trials / ("bold-s0.json." + std::to_string(getpid()) + ".tmp"), "x");

  const StoreContents contents = store.read_all();
  ASSERT_EQ(contents.trials.size(), 1u);
  std::map<std::string, std::string> reasons;
  for (const LeftOut& out : contents.left_out) reasons[out.file] = out.reason;
  EXPECT_EQ(reasons.size(), 9u);
  EXPECT_THAT(reasons["trials/half.json"], HasSubstr("half-written"));
  EXPECT_THAT(reasons["trials/start.json"], HasSubstr("half-written"));
  EXPECT_THAT(reasons["trials/empty.json"], HasSubstr("half-written"));
  EXPECT_THAT(reasons["trials/foreign.json"], HasSubstr("foreign"));
  EXPECT_THAT(reasons["trials/changed.json"], HasSubstr("SHA-256"));
  EXPECT_THAT(reasons["trials/copy.json"], HasSubstr("misnamed"));
  EXPECT_THAT(reasons["trials/notes.txt"], HasSubstr("foreign"));
  EXPECT_THAT(reasons["trials/folder.json"], HasSubstr("not a regular file"));
  EXPECT_THAT(reasons["trials/pipe.json"], HasSubstr("not a regular file"));
}

// Several threads read; the order is that of the keys all the same.
TEST(Store, ReadsManyInTheOrderOfTheirKeys) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  std::vector<std::string> keys;
  for (char letter = 'a'; letter <= 'z'; ++letter) keys.push_back(std::string("trial-") + letter);
  for (const std::string& key : keys) {
    TrialResult trial = sample();
    trial.key = key;
    EXPECT_TRUE(store.write_trial(trial));
    spill(folder.path() / "trials" / (key + "-half.json"), "{");
  }
  const StoreContents contents = store.read_all();
  ASSERT_EQ(contents.trials.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(contents.trials[i].key, keys[i]);
  ASSERT_EQ(contents.left_out.size(), keys.size());
  EXPECT_THAT(contents.left_out[25].file, HasSubstr("trial-z-half.json"));
}

TEST(Store, RefusesKeysThatAreNoFileNames) {
  const TemporaryFolder folder;
  for (const char* key : {"", "../x", "a/b", ".hidden", "a b"}) {
    TrialResult result = sample();
    result.key = key;
    EXPECT_THROW(Store(folder.path()).write_trial(result), Error) << key;
  }
}

TEST(Store, CleansUpAfterDeadProcesses) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  store.write_trial(sample());
  const fs::path file = folder.path() / "trials" / "x.json";
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile half(file);
    half.write("x");
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  AtomicFile alive(file);
  EXPECT_TRUE(fs::exists(file.native() + ".0.tmp"));
  store.clean();
  EXPECT_FALSE(fs::exists(file.native() + ".0.tmp"));
  alive.write("whole");
  alive.commit();
  EXPECT_EQ(slurp(file), "whole");
}

TEST(StoreLock, AdmitsOneProcess) {
  const TemporaryFolder folder;
  {
    const StoreLock lock(folder.path());
    EXPECT_THAT(error_of([&] { StoreLock second(folder.path()); }), HasSubstr(std::to_string(getpid())));
  }
  const StoreLock again(folder.path());
}

TEST(Merge, CountsOnceAndNamesConflicts) {
  const TemporaryFolder folder;
  const Store a(folder.path() / "a"), b(folder.path() / "b");
  const ReportPlan plan = example::plan();
  a.write_trial(example::trial(plan, "bold", "s0"));
  TrialResult same = example::trial(plan, "bold", "s0");
  same.timing.wall_s = 99;
  b.write_trial(same);
  a.write_trial(example::failed_trial("bold", "s1"));
  b.write_trial(example::trial(plan, "bold", "s1"));
  a.write_trial(example::trial(plan, "careful", "s0"));
  TrialResult other = example::trial(plan, "careful", "s0");
  other.cells[0].scores[0].reward[0] += 1;
  b.write_trial(other);
  const StoreContents merged = read_merged({a.folder(), b.folder()});
  ASSERT_EQ(merged.trials.size(), 2u);
  EXPECT_EQ(merged.trials[0].key, "bold-s0");
  EXPECT_EQ(merged.trials[1].status, TrialStatus::ok);
  ASSERT_EQ(merged.left_out.size(), 2u);
  EXPECT_THAT(merged.left_out[0].file, HasSubstr("a/trials/careful-s0.json"));
  EXPECT_THAT(merged.left_out[0].reason, HasSubstr("b/trials/careful-s0.json"));
  EXPECT_THAT(merged.left_out[1].reason, HasSubstr("conflict"));
}

}  // namespace
}  // namespace offload
