// What a verb writes into a folder replaces nothing but what it wrote before.
#include <gmock/gmock.h>

#include <set>

#include "end_to_end/typed.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class OutputFolder : public TerminalTest {
 protected:
  void SetUp() override {
    TerminalTest::SetUp();
    write("small.toml",
          "[suite]\nname = \"small\"\n[data]\nsource = \"synthetic:12\"\n[[row]]\nname = "
          "\"random\"\n[evaluation]\noracle_nodes = 0\n");
    fs::create_directories(folder_ / "notes" / "2026-01-01");
    write("notes/2026-01-01/diary.txt", "of that day");
  }
  void expect_refused(const std::string& arguments, const std::string& what) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("notes: holds '2026-01-01', which is no part of " + what),
                                   HasSubstr("name a new folder")))
        << arguments;
    std::vector<std::string> there;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "notes"))
      there.push_back(entry.path().lexically_relative(folder_).string());
    std::ranges::sort(there);
    EXPECT_EQ(there, (std::vector<std::string>{"notes/2026-01-01", "notes/2026-01-01/diary.txt"}))
        << arguments;
    EXPECT_EQ(read_text(folder_ / "notes/2026-01-01/diary.txt"), "of that day");
  }
};

TEST_F(OutputFolder, OfSomethingElseIsLeftAlone) {
  ASSERT_EQ(run("run small.toml --out r").status, 0);
  ASSERT_EQ(run("leaderboard init board").status, 0);
  ASSERT_EQ(run("leaderboard task board small.toml --date 2026-01-01").status, 0);
  expect_refused("leaderboard init notes", "an empty board");
  expect_refused("leaderboard build board --out notes", "a site of `leaderboard build`");
  const Outcome file = run("run small.toml --out small.toml");
  EXPECT_EQ(file.status, 2);
  EXPECT_THAT(file.err, HasSubstr("small.toml: is a file, and a folder is needed; name another"));
}

// Results and reports may lie beside other files, but replace none.
TEST_F(OutputFolder, KeepsWhatTheUserHasOfTheirNames) {
  ASSERT_EQ(run("run small.toml --out r").status, 0);
  ASSERT_EQ(run("report r --out beside/both").status, 0);
  std::set<std::string> names = {"suite.json", "joined.json"};
  for (const auto& entry : fs::directory_iterator(folder_ / "beside/both")) {
    if (entry.is_regular_file()) names.insert(entry.path().filename().string());
  }
  ASSERT_GE(names.size(), 7U);
  const auto expect_kept = [&](const std::string& verb, const std::string& name) {
    const std::string folder = "of-" + name;
    fs::create_directories(folder_ / folder);
    write(folder + "/" + name, "{\"format\": \"mine/1\"}");
    const Outcome outcome = run(verb + " --out " + folder);
    EXPECT_EQ(outcome.status, 2) << verb << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(folder + ": holds '" + name + "', which would be replaced"),
                                   HasSubstr("name another folder")));
    EXPECT_EQ(read_text(folder_ / folder / name), "{\"format\": \"mine/1\"}");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / folder), fs::directory_iterator()), 1);
  };
  const std::string slurm = "slurm small.toml --tasks 1";
  for (const std::string& name : names) {
    for (const std::string& verb : {std::string("run small.toml"), slurm, std::string("report r")})
      expect_kept(verb, name);
  }
  for (const char* name : {"suite.toml", "inputs"}) {
    expect_kept("run small.toml", name);
    expect_kept(slurm, name);
  }
  expect_kept(slurm, "slurm");
  EXPECT_EQ(run("run small.toml --out notes").status, 0);
  EXPECT_EQ(run("report r --out beside").status, 0);
  EXPECT_EQ(read_text(folder_ / "notes/2026-01-01/diary.txt"), "of that day");
  fs::remove(folder_ / "notes/suite.json");
  EXPECT_EQ(run("run small.toml --out notes").status, 0);
}

TEST_F(OutputFolder, OfTheSameVerbIsGoneOnWith) {
  ASSERT_EQ(run("run small.toml --out r").status, 0);
  write("r/notes.txt", "mine");
  EXPECT_EQ(run("run small.toml --out r").status, 0);
  EXPECT_EQ(run("report r --out both").status, 0);
  EXPECT_EQ(run("report r --out both").status, 0);
  // A run that was ended before it had stored its plan.
  fs::create_directories(folder_ / "begun" / "trials");
  write("begun/.lock", "");
  EXPECT_EQ(run("run small.toml --out begun").status, 0);
  fs::create_directories(folder_ / "empty");
  EXPECT_EQ(run("run small.toml --out empty").status, 0);
}

// A file is written under a temporary name, and a board judges a copy.
TEST_F(OutputFolder, ErrorsNameWhatTheUserNamed) {
  ASSERT_EQ(run("run small.toml --out r").status, 0);
  const Outcome nowhere = run("export r --leaderboard --out nowhere/x.csv");
  EXPECT_EQ(nowhere.status, 5);
  EXPECT_THAT(nowhere.err, HasSubstr("offload-bench: nowhere/x.csv: cannot be created: "));
  ASSERT_EQ(run("leaderboard init board").status, 0);
  ASSERT_EQ(run("leaderboard task board small.toml").status, 0);
  ASSERT_EQ(run("submit r --as me --out mine.tar.zst").status, 0);
  // One whose manifest is of the plan that it has, which is none.
  if (std::system("command -v zstd >/dev/null") != 0) GTEST_SKIP() << "needs zstd: apt-get install zstd";
  const Outcome made =
      run("",
          "mkdir bundles && tar --zstd -xf mine.tar.zst -C bundles && cd bundles && "
          "old=$(sha256sum <results/suite.json | cut -c-64) && echo {} >results/suite.json && "
          "new=$(sha256sum <results/suite.json | cut -c-64) && sed -i s/$old/$new/ manifest.json "
          "&& tar --zstd -cf mine.tar.zst manifest.json results && cd .. &&");
  ASSERT_TRUE(fs::exists(folder_ / "bundles" / "mine.tar.zst")) << made.err;
  const Outcome added = run("leaderboard add board bundles/mine.tar.zst");
  EXPECT_EQ(added.status, 3);
  EXPECT_THAT(added.err,
              AllOf(HasSubstr("bundles/mine.tar.zst: results/suite.json: "), Not(HasSubstr("/work/"))));
}

TEST_F(OutputFolder, OfABoardIsNoOtherBoardAndNoSite) {
  ASSERT_EQ(run("leaderboard init board").status, 0);
  ASSERT_EQ(run("leaderboard task board small.toml --date 2026-01-01").status, 0);
  ASSERT_EQ(run("run small.toml --out r").status, 0);
  const Outcome twice = run("leaderboard init board");
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err, HasSubstr("board: is a board already; name a new folder"));
  for (const char* taken : {"board", "r"}) {
    const Outcome built = run(std::string("leaderboard build board --out ") + taken);
    EXPECT_EQ(built.status, 2) << taken;
    EXPECT_THAT(built.err, HasSubstr("which is no part of a site")) << taken;
  }
  // One that was ended while it wrote its first feed.
  write("site/feed.json.0.tmp", "{");
  ASSERT_EQ(run("leaderboard build board --out site").status, 0);
  write("site/CNAME", "board.example.org");
  EXPECT_EQ(run("leaderboard build board --out site").status, 0);
  for (const char* taken : {"site", "r"})
    EXPECT_EQ(run(std::string("leaderboard init ") + taken).status, 2) << taken;
  EXPECT_EQ(run("leaderboard list board").status, 0);
}

}  // namespace
}  // namespace offload::testing
