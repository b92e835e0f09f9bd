#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "core/error.hpp"
#include "gateway/decision/endpoint.hpp"
#include "gateway/session/identity.hpp"
#include "gateway/session/journal_file.hpp"
#include "gateway/session/ledger.hpp"
#include "gateway/session/session.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

using ::testing::HasSubstr;

constexpr Price kPrice = {2'500'000, 1'250'000, 10'000'000, 7};

TEST(Ledger, CountsInIntegers) {
  EXPECT_EQ(cost_of(kPrice, {100, 40, 20}, 2), 60 * 2'500'000 + 40 * 1'250'000 + 20 * 10'000'000 + 14);
  EXPECT_EQ(cost_of({kPriceMost, kPriceMost, kPriceMost, kPriceMost}, {1'000'000'000, 0, 1'000'000'000},
                    1'000'000'000),
            3'000'000'000'000'000'000);
  EXPECT_EQ(plus(kUnlimited, 1), kUnlimited);
  EXPECT_TRUE(fits({5, 5}, {5, 5}, {10, 10}));
  EXPECT_FALSE(fits({5, 5}, {5, 6}, {10, 10}));
  EXPECT_TRUE(fits({5, 5}, {kUnlimited, 5}, {kUnlimited, 10}));
  EXPECT_FALSE(fits({5, 5}, {kUnlimited, 5}, {10, 10}));
}

TEST(Ledger, BoundsHold) {
  const CallBound bound{1000, 2, 500, 300};
  // No text of 1,000 bytes has more than 501 tokens here.
  EXPECT_GE(cost_bound(kPrice, bound), cost_of(kPrice, {500 + 1000, 0, 300}, 2));
  EXPECT_EQ(estimated_cost(kPrice, 5, 3), 30'000'000);
  EXPECT_EQ(estimated_cost(kPrice, 50'000'000, 3), 50'000'000);
}

TEST(Ledger, RemembersTheLatestTwoHundred) {
  LatencyHistory history;
  EXPECT_EQ(history.quantile_ns(), 0);
  for (int i = 1; i <= 1000; ++i) history.add(i);
  EXPECT_EQ(history.quantile_ns(), 800 + 1 + 199 * 95 / 100);
}

// A price that rises is one of what was used before as well.
TEST(Ledger, TellsWhatTheLatestCallsWouldCostNow) {
  UsageHistory history;
  EXPECT_EQ(history.quantile_pusd(kPrice, 0), 0);
  for (int i = 1; i <= 100; ++i) history.add({i, 0, 2});
  const Price dearer{10 * kPrice.input, kPrice.cached, kPrice.output, kPrice.image};
  EXPECT_EQ(history.quantile_pusd(kPrice, 3), cost_of(kPrice, {95, 0, 2}, 3));
  EXPECT_EQ(history.quantile_pusd(dearer, 3), cost_of(dearer, {95, 0, 2}, 3));
}

TEST(Identity, HashesHaveAKeyAndTellPartsApart) {
  EXPECT_NE(keyed_hash("k", {"ab", "c"}), keyed_hash("k", {"a", "bc"}));
  EXPECT_NE(keyed_hash("k", {"ab"}), keyed_hash("l", {"ab"}));
  // RFC 4231, case 2, with the part's length before it taken into account by hand: "4:data".
  EXPECT_EQ(keyed_hash("k", {"x"}).size(), 64u);
}

TEST(Identity, KeysOfClients) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("keys", "one\r\n\ntwo\n");
  EXPECT_THROW(ClientKeys{file}, Error);
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  const ClientKeys keys(file);
  EXPECT_TRUE(keys.subject("Bearer one"));
  EXPECT_TRUE(keys.subject("Bearer two"));
  EXPECT_NE(keys.subject("Bearer one"), keys.subject("Bearer two"));
  for (const char* no : {"", "one", "Bearer ", "Bearer three", "bearer one", "Bearer one "})
    EXPECT_FALSE(keys.subject(no)) << no;
  EXPECT_EQ(ClientKeys().subject("whatever"), "");
  const auto made = folder / "made.key";
  EXPECT_EQ(hash_key(made), hash_key(made));
  EXPECT_EQ(hash_key(made).size(), 32u);
}

std::vector<JournalEvent> example() {
  ServeOpened opened;
  opened.time_ms = 5;
  opened.plugin = "ppo";
  opened.prices_sha256 = "99";
  opened.untrained = true;
  TurnDecided decided{1, 1, 6, 0, 2, "rule", 1, {0, 0}, {kUnlimited, 10}, "101", "ab", 2, 2, "agent", {3, 4}};
  TurnSettled settled{1, 1, 7, 0, 2, {3, 3}, {1, 3}, 9, 1, 2, false, false, "ok", 200};
  TurnDecided open = decided;
  open.decision = 2;
  open.turn = 1;
  open.spent = {3, 3};
  open.agent = 1;
  return {opened,
          SessionBegun{1, "id", 18'000'000'000'000'000'000u, 3},
          decided,
          settled,
          AgentJoined{1, 7, "row", "ppo", "1.0", "cd", "ef", 50'000, 2, true},
          TaskAsked{2, 1, 8, {0, 7}},
          TaskTold{2, 1, 9, -1, {0, 5}, 40, 1, 2, true},
          open,
          CallBegun{2, "cloud", 2, {3, 9}}};
}

std::string chained(const std::vector<JournalEvent>& events) {
  JournalChain chain;
  std::string text;
  for (const JournalEvent& event : events) text += chain.seal(event);
  return text;
}

std::string fact_of(const std::string& text) {
  try {
    read_journal(text, "j", [](const JournalEvent&) {});
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Journal, ReadsWhatItWrote) {
  std::vector<JournalEvent> read;
  const std::string text = chained(example());
  const JournalEnd end = read_journal(text, "j", [&](const JournalEvent& event) { read.push_back(event); });
  EXPECT_EQ(read, example());
  EXPECT_EQ(end.bytes, text.size());
  EXPECT_FALSE(end.torn || end.closed);
  EXPECT_EQ(end.head.count, 9u);
}

TEST(Journal, AnyChangeBreaksTheChain) {
  const std::string text = chained(example());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == '1' ? '2' : '1';
    JournalEnd end;
    const bool found =
        !fact_of(changed).empty() || (end = read_journal(changed, "j", [](const JournalEvent&) {})).torn;
    // A head that is known catches the one thing that no chain does: its last line's end.
    EXPECT_TRUE(found) << at;
  }
}

TEST(Journal, GapsAndSwapsAreNamed) {
  const std::string text = chained(example());
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  EXPECT_THAT(fact_of(lines[0] + lines[2]), HasSubstr("j:2: line 2 is missing"));
  EXPECT_THAT(fact_of(lines[0] + lines[2] + lines[1]), HasSubstr("j:2: line 2 is missing"));
  EXPECT_THAT(fact_of(lines[1]), HasSubstr("j:1: line 1 is missing"));
  EXPECT_THAT(fact_of("x\n"), HasSubstr("j:1: not a line of a journal"));
  const JournalEnd torn = read_journal(lines[0] + lines[1].substr(0, 20), "j", [](const JournalEvent&) {});
  EXPECT_TRUE(torn.torn);
  EXPECT_EQ(torn.bytes, lines[0].size());
}

TEST(JournalFile, GoesOnWhereItEnded) {
  const test::TemporaryFolder folder;
  const auto file = folder / "j";
  const auto post = [](JournalFile::Posted call) { call(); };
  const auto read = [](const std::filesystem::path& journal) {
    return read_journal_file(journal, [](const JournalEvent&) {});
  };
  JournalEnd end;
  std::atomic<int> told = 0;
  for (int round = 0; round < 3; ++round) {
    {
      JournalFile journal(file, read, true, post);
      EXPECT_THROW(JournalFile(file, read, true, post), Error);
      for (const JournalEvent& event : example()) journal.add(event, [&] { ++told; });
    }
    end = read(file);
    EXPECT_EQ(end.head.count, 9u * static_cast<unsigned>(round + 1));
    std::ofstream(file, std::ios::app) << "{\"e\":\"torn";
    end = read(file);
    EXPECT_TRUE(end.torn);
  }
  EXPECT_EQ(told, 27);
  EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
}

// By whoever runs what was posted, and without the disk.
TEST(JournalFile, TellsOfWhatIsWrittenAtOnce) {
  const test::TemporaryFolder folder;
  std::vector<JournalFile::Posted> posted;
  std::mutex mutex;
  const auto nothing = [](const std::filesystem::path&) { return JournalEnd(); };
  JournalFile journal(folder / "j", nothing, false, [&](JournalFile::Posted call) {
    const std::lock_guard lock(mutex);
    posted.push_back(std::move(call));
  });
  std::string told;
  journal.add_written(example()[0], [&] { told += 'a'; });
  journal.add(example()[1], [&] { told += 'b'; });
  ASSERT_EQ(posted.size(), 1u);
  EXPECT_EQ(told, "");
  posted[0]();
  EXPECT_EQ(told, "ab");
  EXPECT_EQ(read_journal_file(folder / "j", [](const JournalEvent&) {}).head, journal.head());
}

// What another writer adds after it was read would be cut off.
TEST(JournalFile, IsReadOnceNobodyElseWritesIt) {
  const test::TemporaryFolder folder;
  const auto post = [](JournalFile::Posted call) { call(); };
  const auto nothing = [](const std::filesystem::path&) { return JournalEnd(); };
  bool refused = false;
  const auto read = [&](const std::filesystem::path& file) {
    try {
      JournalFile other(file, nothing, false, post);
    } catch (const Error&) {
      refused = true;
    }
    return JournalEnd();
  };
  JournalFile journal(folder / "j", read, false, post);
  EXPECT_TRUE(refused);
  journal.look();
  EXPECT_EQ(journal.failure(), "");
  std::filesystem::rename(folder / "j", folder / "k");
  folder.write("j", "");
  journal.look();
  EXPECT_THAT(journal.failure(), HasSubstr("moved or removed"));
}

TEST(Rate, SpacesCallsAndGivesBackWhatWasNotUsed) {
  using std::chrono::seconds;
  const http::Clock::time_point now{seconds(1000)};
  const auto s = [](http::Clock::duration wait) { return std::chrono::duration<double>(wait).count(); };
  EXPECT_EQ(s(Rate(0, 0).wait(now)), 0);
  Rate rate(60, 0);
  rate.take(now, 1'000'000);
  EXPECT_EQ(s(rate.wait(now)), 0);
  rate.take(now, 0);
  EXPECT_NEAR(s(rate.wait(now)), 1, 1e-9);
  EXPECT_EQ(s(rate.wait(now + seconds(1))), 0);
  Rate tokens(0, 600);
  tokens.take(now, 400);
  EXPECT_NEAR(s(tokens.wait(now)), 39, 1e-9);
  tokens.give_back(300);
  EXPECT_NEAR(s(tokens.wait(now)), 9, 1e-9);
  tokens.give_back(-5);
  EXPECT_NEAR(s(tokens.wait(now)), 9, 1e-9);
}

TEST(SessionTable, ComesBackFromAJournal) {
  SessionTable table(10, 1000);
  for (const JournalEvent& event : example()) table.restore(event, {kUnlimited, 10});
  const auto unsettled = table.unsettled();
  ASSERT_EQ(unsettled.size(), 1u);
  EXPECT_EQ(unsettled[0].amount, (Amounts{3, 9}));
  EXPECT_EQ(unsettled[0].outcome, "crash");
  EXPECT_TRUE(unsettled[0].over_run);
  table.restore(unsettled[0], {kUnlimited, 10});
  table.restored();
  bool began = true;
  const auto session = table.find_or_begin("id", 10, began);
  EXPECT_FALSE(began);
  EXPECT_EQ(session->spent, (Amounts{6, 17}));
  EXPECT_EQ(session->messages_before, 3);
  EXPECT_EQ(session->turns.size(), 2u);
  EXPECT_EQ(table.decisions(), 2u);
  EXPECT_EQ(table.find_or_begin("other", 10, began)->number, 2u);
}

// What a kill left of a classifier is its bound, once.
TEST(SessionTable, BooksAClassifierThatWasAskedAndNeverTold) {
  SessionTable table(10, 1000);
  table.restore(JournalEvent(SessionBegun{1, "id", 1, 0}), {kUnlimited, kUnlimited});
  table.restore(TaskAsked{7, 1, 8, {0, 6}}, {});
  const auto untold = table.untold();
  ASSERT_EQ(untold.size(), 1u);
  EXPECT_EQ(untold[0], (TaskTold{7, 1, 0, -1, {0, 6}, 0, 0, 0, true}));
  table.restore(untold[0], {});
  EXPECT_TRUE(table.untold().empty());
  EXPECT_THROW(table.restore(untold[0], {}), Error);
  table.restored();
  bool began = true;
  EXPECT_EQ(table.find_or_begin("id", 10, began)->spent, (Amounts{0, 6}));
  EXPECT_FALSE(began);
  EXPECT_EQ(table.decisions(), 7u);
}

TEST(SessionTable, RefusesWhatContradictsItself) {
  SessionTable table(10, 1000);
  EXPECT_THROW(table.restore(example()[2], {}), Error);
  table.restore(example()[1], {});
  EXPECT_THROW(table.restore(example()[7], {}), Error);
  EXPECT_THROW(table.restore(example()[6], {}), Error);
  EXPECT_THROW(table.restore(example()[3], {}), Error);
}

TEST(SessionTable, KeepsTheLatestUsedAndWhatRuns) {
  SessionTable table(2, 1000);
  bool began = false;
  const auto running = table.find_or_begin("a", 0, began);
  running->running = std::make_shared<int>(1);
  for (const char* id : {"b", "c", "d"}) table.find_or_begin(id, 1, began);
  table.find_or_begin("d", 2, began);
  EXPECT_FALSE(began);
  table.find_or_begin("b", 3, began);
  EXPECT_TRUE(began);
  table.find_or_begin("a", 4, began);
  EXPECT_FALSE(began);
  running->running = nullptr;
  table.find_or_begin("a", 5000, began);
  EXPECT_TRUE(began);
  table.find_or_begin("", 5000, began);
  EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace offload
