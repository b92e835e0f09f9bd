// A board on the disk: entries are added once, never changed, counted per entrant, and a day's site follows
// from them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/dataset.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "leaderboard/board_task.hpp"
#include "leaderboard/secret.hpp"
#include "leaderboard/site/pages.hpp"
#include "leaderboard/site/site.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::Not;

std::string said_by(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class BoardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Board::make(folder_ / "board");
    add_task("example");
  }

  void add_task(const std::string& name, std::int64_t per_entrant = 0, const std::string& commitment = {}) {
    ReportPlan plan = plan_of(2);
    plan.suite = name;
    Board board(folder_ / "board");
    Store(board.task_folder(name)).write_plan(plan);
    if (!commitment.empty()) Store(board.hidden_folder(name)).write_plan(plan);
    board.add_task({name, "2026-01-01", "", commitment, per_entrant, "", ""});
  }

  // The example with more runs, which are its two again and again.
  static ReportPlan plan_of(std::size_t runs) {
    ReportPlan plan = example::plan();
    plan.rows = {plan.rows[0]};
    plan.splits.clear();
    plan.seeds.clear();
    plan.trials.clear();
    for (std::size_t i = 0; i < runs; ++i) {
      plan.splits.push_back("s" + std::to_string(i));
      plan.seeds.push_back(static_cast<std::int64_t>(i));
      plan.trials.push_back({"bold", plan.splits.back(), example::key("bold", plan.splits.back())});
    }
    return plan;
  }

  // Its row learns, and was tuned among as many candidates in every run.
  std::int64_t add_learner(const std::string& entrant, std::int64_t candidates) {
    Board board(folder_ / "board");
    const fs::path made = results(board, 0, 2);
    ReportPlan plan = plan_of(2);
    plan.rows[0].kind = "learns";
    plan.rows[0].candidates = candidates;
    Store(made).write_plan(plan);
    Entry entry;
    entry.task = "example";
    entry.entrant = entrant;
    entry.date = "2026-01-02";
    entry.mark = Mark::same_bits;
    entry.results = board.keep_results(made);
    entry.bundle = sha256_of(entrant);
    return board.add(entry, folder_.write("bundle", entrant));
  }

  // What an add leaves: results and a bundle, and the entry of them.
  std::int64_t add(const std::string& entrant, const std::string& date, Mark mark = Mark::same_bits,
                   const std::string& task = "example", double shift = 0, std::size_t runs = 2) {
    Board board(folder_ / "board");
    Entry entry;
    entry.task = task;
    entry.entrant = entrant;
    entry.date = date;
    entry.mark = mark;
    entry.why = "of the test";
    entry.version = "0.1.0";
    if (mark != Mark::not_reproduced) entry.results = board.keep_results(results(board, shift, runs));
    const std::string bytes = "bundle " + std::to_string(++bundles_) + entrant;
    entry.bundle = sha256_of(bytes);
    return board.add(entry, folder_.write("bundle", bytes));
  }
  fs::path results(const Board& board, double shift, std::size_t runs) {
    const fs::path made = board.folder() / "work" / "made";
    fs::remove_all(made);
    const ReportPlan plan = plan_of(runs);
    const Store store(made);
    store.write_plan(plan);
    for (std::size_t i = 0; i < runs; ++i) {
      TrialResult trial = example::trial(example::plan(), "bold", i % 2 == 0 ? "s0" : "s1");
      trial.split = plan.splits[i];
      trial.key = example::key("bold", trial.split);
      trial.seed = static_cast<std::int64_t>(i);
      for (CellResult& cell : trial.cells) {
        for (double& reward : cell.scores[0].reward) reward += shift;
      }
      store.write_trial(trial);
    }
    return made;
  }
  std::string page(const std::string& name) const { return read_bounded(folder_ / "site" / name, 1 << 26); }
  void build(const std::string& date = {}) {
    Board board(folder_ / "board");
    build_site(board, folder_ / "site", date);
  }

  TemporaryFolder folder_;
  int bundles_ = 0;
};

TEST_F(BoardTest, TheSameBundleIsOneEntry) {
  EXPECT_EQ(add("one", "2026-01-02"), 1);
  bundles_ = 0;
  EXPECT_EQ(add("one", "2026-01-03"), 1);
  EXPECT_EQ(add("two", "2026-01-03"), 2);
  EXPECT_EQ(Board(folder_ / "board").entries().size(), 2U);
}

TEST_F(BoardTest, NothingIsEverChanged) {
  add("one", "2026-01-02");
  Board(folder_ / "board").withdraw(1, "a mistake", "2026-01-03");
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "board/board.sqlite").c_str(), &database), SQLITE_OK);
  for (const char* sql :
       {"UPDATE entry SET mark = 'same bits'", "DELETE FROM entry", "UPDATE withdrawal SET reason = 'x'",
        "DELETE FROM withdrawal", "UPDATE task SET commitment = 'x'", "DELETE FROM task",
        "INSERT INTO withdrawal VALUES (1, 'again', '2026-01-04')"})
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_CONSTRAINT) << sql;
  sqlite3_close(database);
}

TEST_F(BoardTest, EntriesOfAnEntrantAreCountedWithdrawnOnesToo) {
  add_task("few", 2);
  EXPECT_EQ(add("one", "2026-01-02", Mark::same_bits, "few"), 1);
  EXPECT_EQ(add("one", "2026-01-02", Mark::not_reproduced, "few"), 2);
  Board(folder_ / "board").withdraw(1, "a mistake", "2026-01-03");
  EXPECT_THAT(said_by([&] { add("ONE", "2026-01-04", Mark::same_bits, "few"); }), HasSubstr("may have 2"));
  EXPECT_EQ(add("two", "2026-01-04", Mark::same_bits, "few"), 3);
}

TEST_F(BoardTest, AWithdrawalHasAReasonAndHappensOnce) {
  add("one", "2026-01-02");
  Board board(folder_ / "board");
  EXPECT_THAT(said_by([&] { board.withdraw(1, "", "2026-01-03"); }), HasSubstr("--reason"));
  EXPECT_THAT(said_by([&] { board.withdraw(7, "x", "2026-01-03"); }), HasSubstr("no entry 7"));
  board.withdraw(1, "a mistake", "2026-01-03");
  EXPECT_THAT(said_by([&] { board.withdraw(1, "x", "2026-01-03"); }), HasSubstr("withdrawn already"));
  for (const char* day : {"today", "2026-13-01", "2026-1-1", "2026-01-32", "2026-01-01T"})
    EXPECT_THAT(said_by([&] { check_date(day); }), HasSubstr("expected a day")) << day;
}

TEST_F(BoardTest, ADaysPagesAreOfThatDay) {
  add("one", "2026-01-02");
  add("two", "2026-01-04", Mark::same_bits, "example", .5);
  Board(folder_ / "board").withdraw(1, "a <script>mistake</script>", "2026-01-06");
  build("2026-01-03");
  EXPECT_THAT(page("2026-01-03/example.csv"), AllOf(HasSubstr(",one,"), Not(HasSubstr(",two,"))));
  const std::string first = page("2026-01-03/example.html");
  build();
  EXPECT_THAT(page("2026-01-06/example.csv"), AllOf(Not(HasSubstr(",one,")), HasSubstr(",two,")));
  EXPECT_THAT(page("2026-01-06/example.html"),
              AllOf(HasSubstr("a &lt;script&gt;mistake"), Not(HasSubstr("<script"))));
  build("2026-01-03");
  EXPECT_EQ(page("2026-01-03/example.html"), first);
  EXPECT_THAT(page("index.html"), AllOf(HasSubstr("as of 2026-01-06"), HasSubstr("2026-01-03/index.html")));
  build("2026-01-05");
  EXPECT_THAT(page("2026-01-05/example.csv"), AllOf(HasSubstr(",one,"), HasSubstr(",two,")));
}

TEST_F(BoardTest, MarksDecideWhoIsRanked) {
  add("again", "2026-01-02");
  add("near", "2026-01-02", Mark::within_interval, "example", .25);
  add("replayed", "2026-01-02", Mark::decisions_only, "example", 5);
  add("forged", "2026-01-02", Mark::not_reproduced, "example", 9);
  build();
  const auto json = nlohmann::json::parse(page("2026-01-02/example.json"));
  ASSERT_EQ(json["ranked"].size(), 2U);
  EXPECT_EQ(json["ranked"][0]["entrant"], "near");
  EXPECT_EQ(json["ranked"][0]["rank"], 1);
  ASSERT_EQ(json["replayed"].size(), 1U);
  EXPECT_TRUE(json["replayed"][0]["rank"].is_null());
  ASSERT_EQ(json["not_ranked"].size(), 1U);
  EXPECT_EQ(json["not_ranked"][0]["entrant"], "forged");
  EXPECT_EQ(page("2026-01-02/example.json").find("episode_ids"), std::string::npos);
  // Of so few runs n is said.
  const auto tests = json["tests"].get<int>();
  EXPECT_EQ(tests * static_cast<int>(plan_of(2).cells.size()), json["ranked"][0]["tests"]);
  EXPECT_THAT(page("2026-01-02/example.html"), HasSubstr(fmt::format(", n = {} tests in 2 runs", tests)));
}

TEST_F(BoardTest, TunedBesideUntunedIsSaid) {
  add_learner("one", 0);
  build();
  EXPECT_THAT(page("2026-01-02/example.html"), Not(HasSubstr("tuned")));
  add_learner("two", 4);
  build();
  EXPECT_THAT(page("2026-01-02/example.html"),
              AllOf(HasSubstr("Learners were not tuned alike: 1 of 2 learning rows"),
                    HasSubstr("tuned among 4 candidates")));
  const auto feed = nlohmann::json::parse(page("2026-01-02/example.json"));
  EXPECT_THAT(feed["tuning"].get<std::string>(), HasSubstr("1 of 2"));
  for (const auto& line : feed["ranked"]) EXPECT_EQ(line["tuned_among"], line["entrant"] == "two" ? 4 : 0);
}

TEST_F(BoardTest, TheFirstPageTellsATie) {
  add("one", "2026-01-02");
  build();
  EXPECT_THAT(page("index.html"), HasSubstr("1 ranked row; first: one with bold (reward "));
  add("two", "2026-01-02");
  add("three", "2026-01-02", Mark::same_bits, "example", 9);
  build();
  const auto json = nlohmann::json::parse(page("2026-01-02/example.json"));
  const auto tied = std::ranges::count_if(json["ranked"], [](const auto& line) { return line["rank"] == 1; });
  const std::string words =
      tied == 1 ? "first: three"
                : fmt::format("first, tied with {} other{}: three", tied - 1, tied == 2 ? "" : "s");
  EXPECT_THAT(page("index.html"), HasSubstr("3 ranked rows; " + words));
  // The example decides alike whatever it earned.
  const std::string board = page("2026-01-02/example.html");
  EXPECT_THAT(board, HasSubstr("<small>same decisions as bold of entry 1</small>"));
}

TEST_F(BoardTest, ResultsThatWereChangedAreNotShown) {
  add("one", "2026-01-02");
  Board board(folder_ / "board");
  const fs::path trial = board.results_folder(board.entries()[0].results) / "trials/bold-s0.json";
  write_atomically(trial, read_bounded(trial, 1 << 20) + " ");
  EXPECT_THAT(said_by([&] { build(); }), HasSubstr("is not what entry 1 was added with"));
}

TEST_F(BoardTest, HiddenFiguresSayNothingOfAnEpisode) {
  add_task("veiled", 3, std::string(64, 'c'));
  Board board(folder_ / "board");
  Entry entry;
  entry.task = "veiled";
  entry.entrant = "one";
  entry.date = "2026-01-02";
  entry.mark = Mark::same_bits;
  entry.version = "0.1.0";
  entry.results = board.keep_results(results(board, 0, 2));
  entry.hidden_results = board.keep_results(results(board, 1, 2));
  entry.bundle = sha256_of("x");
  board.add(entry, folder_.write("bundle", "x"));
  build();
  const auto json = nlohmann::json::parse(page("2026-01-02/veiled.json"));
  ASSERT_EQ(json["hidden_ranked"].size(), 1U);
  EXPECT_FALSE(json["hidden_ranked"][0].contains("cells"));
  EXPECT_EQ(json["hidden"]["commitment"], std::string(64, 'c'));
  EXPECT_TRUE(json["hidden"]["opened"].is_null());
  board.open_hidden("veiled", "secret abc", "2026-01-05");
  EXPECT_THAT(said_by([&] { board.open_hidden("veiled", "x", "2026-01-05"); }), HasSubstr("was opened on"));
  build("2026-01-04");
  EXPECT_THAT(page("2026-01-04/veiled.html"), Not(HasSubstr("secret abc")));
  build();
  EXPECT_THAT(page("2026-01-05/veiled.html"), HasSubstr("secret abc"));
}

TEST_F(BoardTest, NamesOfStrangersAreText) {
  EXPECT_EQ(escaped_html("<b a='\"'>&\x1b"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;" + escaped_html("\x1b"));
  EXPECT_THAT(escaped_html("\xe2\x80\xae"), Not(HasSubstr("\xe2\x80\xae")));
}

TEST_F(BoardTest, FiveHundredEntriesOfTenRuns) {
  ReportPlan plan = plan_of(10);
  plan.suite = "large";
  {
    Board board(folder_ / "board");
    Store(board.task_folder("large")).write_plan(plan);
    board.add_task({"large", "2026-01-01", "", "", 0, "", ""});
  }
  // Of twenty methods, as to write five thousand files is not what is measured.
  std::vector<std::string> hashes;
  Board board(folder_ / "board");
  for (int i = 0; i < 20; ++i) hashes.push_back(board.keep_results(results(board, i * .01, 10)));
  for (std::size_t i = 0; i < 500; ++i) {
    Entry entry;
    entry.task = "large";
    entry.entrant = "entrant" + std::to_string(i);
    entry.date = "2026-01-02";
    entry.mark = Mark::same_bits;
    entry.version = "0.1.0";
    entry.results = hashes[i / 25];
    entry.bundle = sha256_of(entry.entrant);
    board.add(entry, folder_.write("bundle", entry.entrant));
  }
  const auto began = std::chrono::steady_clock::now();
  build();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("500 entries of 10 runs: %.1f s, %ld MB at most\n", took.count(), usage.ru_maxrss / 1000);
  const auto json = nlohmann::json::parse(page("2026-01-02/large.json"));
  EXPECT_EQ(json["ranked"].size(), 500U);
  EXPECT_EQ(json["ranked"][0]["entrant"], "entrant475");
  EXPECT_EQ(json["ranked"][499]["entrant"], "entrant24");
  EXPECT_LT(took.count(), 60);
  EXPECT_LT(usage.ru_maxrss, 300'000);
}

TEST(Secret, CommitsToWhatItDraws) {
  const TemporaryFolder folder;
  const HiddenSecret one = new_secret(5), other = new_secret(5);
  EXPECT_EQ(one.secret.size(), 64U);
  EXPECT_NE(one.commitment(), other.commitment());
  EXPECT_NE(one.commitment(), (HiddenSecret{one.secret, 6}.commitment()));
  EXPECT_EQ(secret_from_json(to_json(one), "s").commitment(), one.commitment());
  HiddenSecret known{std::string(64, '0'), 5};
  std::string text = to_json(known);
  text.replace(text.find("\"episodes\": 5"), 13, "\"episodes\": 6");
  EXPECT_THAT(said_by([&] { secret_from_json(text, "s"); }), HasSubstr("commitment"));
  write_hidden_data(known, folder / "a.json");
  write_hidden_data(known, folder / "b.json");
  write_hidden_data(one, folder / "c.json");
  EXPECT_EQ(sha256_of_file(folder / "a.json"), sha256_of_file(folder / "b.json"));
  EXPECT_NE(sha256_of_file(folder / "a.json"), sha256_of_file(folder / "c.json"));
  EXPECT_EQ(nlohmann::json::parse(read_bounded(folder / "a.json", 1 << 20)).size(), 5U);
}

}  // namespace
}  // namespace offload
