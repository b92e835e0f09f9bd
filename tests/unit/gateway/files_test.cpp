// What is said of serve.toml, and what is read beside it: dated prices, and whether files have changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>

#include "core/error.hpp"
#include "gateway/decision/config.hpp"
#include "gateway/decision/file_watch.hpp"
#include "gateway/decision/price_file.hpp"
#include "gateway/session/text_journal.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

constexpr std::int64_t kDay = 86'400'000;

// `more`: of [cloud], and tables behind it.
ServeSettings settings_with(const test::TemporaryFolder& folder, const std::string& more,
                            const std::string& before = "") {
  return read_serve_settings(folder.write(
      "s.toml",
      "[serve]\nsuite = \"s\"\nrow = \"r\"\njournal = \"j\"\n[local]\nbase_url = \"http://127.0.0.1:1\"\n" +
          before + "[cloud]\nbase_url = \"http://127.0.0.1:2\"\n" + more));
}

TEST(ServeSettings, WhatHasNoPriceIsNamed) {
  const test::TemporaryFolder folder;
  const auto told = [&](const std::string& more, const std::string& before = "") {
    return settings_with(folder, more, before).unpriced_endpoints();
  };
  const auto place = (folder / "s.toml").string() + ":";
  for (const char* none : {"", "price = {}\n", "model = \"m\"\n"}) {
    const auto lines = told(none);
    ASSERT_EQ(lines.size(), 1U) << none;
    EXPECT_EQ(lines[0], place +
                            "7: [cloud] has neither price nor prices: its turns are booked at 0 USD and "
                            "no cost budget guards them; add price = {input = .., output = ..} in USD "
                            "per million tokens or prices = \"FILE\", or price = {input = 0, output = "
                            "0} if it is free");
  }
  EXPECT_TRUE(told("price = {input = 1, output = 2}\n").empty());
  EXPECT_TRUE(told("price = {input = 0, output = 0}\n").empty()) << "where it is meant";
  EXPECT_TRUE(told("", "[budget]\naccounting = \"profile\"\n").empty()) << "its amounts are booked";
  const std::string priced = "price = {input = 0}\n[classifier]\nmodel = \"m\"\nbase_url = ";
  for (const char* here : {"\"http://localhost:3\"\n", "\"http://127.0.0.2:3\"\n", "\"http://[::1]:3\"\n"})
    EXPECT_TRUE(told(priced + here).empty()) << here;
  EXPECT_TRUE(told(priced + "\"https://small.example\"\nprice = {input = 1}\n").empty());
  ASSERT_EQ(told(priced + "\"https://small.example\"\n").size(), 1U);
  EXPECT_THAT(told(priced + "\"https://small.example\"\n")[0],
              ::testing::HasSubstr("s.toml:10: [classifier] has neither price nor prices: its questions"));
}

TEST(ServeSettings, TablesAreNamedAsTheyStandThere) {
  const test::TemporaryFolder folder;
  const auto refusal = [&](const std::string& text) -> std::string {
    try {
      read_serve_settings(
          folder.write("s.toml", "[serve]\nsuite = \"s\"\nrow = \"r\"\njournal = \"j\"\n" + text));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const std::string file = (folder / "s.toml").string(),
                    local = "[local]\nbase_url = \"http://127.0.0.1:1\"\n";
  EXPECT_EQ(refusal(local + "[cloud]\n"), file + ":7: [cloud] needs base_url = \"...\"");
  EXPECT_EQ(refusal(local), file + ": [cloud] needs base_url = \"...\"");
  EXPECT_THAT(refusal(local + "[cloud]\nbase_url = \"http://127.0.0.1:2\"\nx = 1\n"),
              ::testing::HasSubstr(":9: unknown key 'x' in [cloud]; known: "));
  EXPECT_THAT(refusal("[[arm]]\nshare = 1\n"), ::testing::HasSubstr(":5: [[arm]] needs row = "));
}

TEST(PriceFile, IsReadExactly) {
  const test::TemporaryFolder folder;
  const auto file = folder.write(
      "p.json",
      R"({"date":"1970-01-02","source":"s","note":7,"a/b":{"input_token_price_per_million":"0.15",)"
      R"("output_token_price_per_million":0.6,"cached_input_token_price_per_million":0.075,"image_price_usd":0.000001},)"
      R"("c":{"input_cost_per_token":2.5e-06,"output_cost_per_token":0.00001}})");
  const DatedPrice one = read_price(file, "a/b");
  EXPECT_EQ(one.from_ms, kDay);
  EXPECT_EQ(one.price.input, 150'000);
  EXPECT_EQ(one.price.output, 600'000);
  EXPECT_EQ(one.price.cached, 75'000);
  EXPECT_EQ(one.price.image, 1'000'000);
  const DatedPrice other = read_price(file, "c");
  EXPECT_EQ(other.price.input, 2'500'000);
  EXPECT_EQ(other.price.cached, 2'500'000);
  EXPECT_EQ(other.price.output, 10'000'000);
  EXPECT_EQ(other.sha256, one.sha256);
  // Another spelling is another model, and what is no model has no price.
  for (const char* none : {"a_b", "A/b", "note", "date", ""})
    EXPECT_ANY_THROW(read_price(file, none)) << none;
}

TEST(PriceFile, ACallIsChargedByItsOwnDay) {
  const auto dated = [](std::int64_t day, std::int64_t input) {
    DatedPrice one;
    one.from_ms = day * kDay;
    one.price.input = input;
    return one;
  };
  const Prices prices({dated(20, 5), dated(10, 9)});
  EXPECT_EQ(prices.at(0).input, 9);
  EXPECT_EQ(prices.at(10 * kDay).input, 9);
  EXPECT_EQ(prices.at(20 * kDay - 1).input, 9);
  EXPECT_EQ(prices.at(20 * kDay).input, 5);
  EXPECT_EQ(prices.dearest().input, 9);
  EXPECT_FALSE(prices.free());
  EXPECT_TRUE(Prices().free());
  EXPECT_EQ(Prices(Price{1, 2, 3, 4}).at(5).output, 3);
}

TEST(FileWatch, TellsAChangeOnceItLiesStill) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("a", "1");
  FileWatch watch({file, folder / "missing"});
  EXPECT_FALSE(watch.changed());
  folder.write("a", "two");
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
  // Written on and on: not yet.
  for (int i = 0; i < 3; ++i) {
    std::ofstream(file, std::ios::app) << i;
    EXPECT_FALSE(watch.changed());
  }
  EXPECT_TRUE(watch.changed());
  folder.write("missing", "there");
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
  std::filesystem::remove(file);
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
}

// Between a look and the reading somebody may have written.
TEST(FileWatch, KnowsWhatAFileWasLikeBeforeItWasRead) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("a", "1");
  const FileLook before = look_at(file);
  folder.write("a", "two");
  FileWatch watch({file});
  EXPECT_FALSE(watch.differ());
  watch.first_was(before);
  EXPECT_TRUE(watch.differ());
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.differ());
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(TextJournal, BeginsAnewWhereItIsFullAndSaysSo) {
  const test::TemporaryFolder folder;
  const auto file = folder / "t", old = folder / "t.old";
  std::vector<std::string> said;
  TextJournal texts(file, 200, [&](const std::string& line) { said.push_back(line); });
  const auto add = [&](std::uint64_t number) { texts.add({number, 1, 0, "words", "answer", "ok"}); };
  add(1);
  const std::size_t line = text_of(file).size();
  for (std::uint64_t number = 2; number * line <= 200; ++number) add(number);
  EXPECT_TRUE(said.empty());
  add(90);
  EXPECT_EQ(said.size(), 1u);
  EXPECT_EQ(text_of(file).size(), line + 1);
  EXPECT_EQ(text_of(old).substr(0, line),
            R"({"d":1,"s":1,"t":0,"said":"words","answered":"answer","outcome":"ok"})"
            "\n");
  EXPECT_EQ(texts.begun_anew(), 1u);
  // One that somebody removed is there again.
  std::filesystem::remove(file);
  add(91);
  EXPECT_EQ(text_of(file).size(), line + 1);
  EXPECT_EQ(texts.lost(), 0u);
}

TEST(TextJournal, IsMadeAgainWhereSomebodyMovedIt) {
  const test::TemporaryFolder folder;
  const auto file = folder / "t", moved = folder / "moved";
  std::vector<std::string> said;
  TextJournal texts(file, 200, [&](const std::string& line) { said.push_back(line); });
  const auto add = [&](std::uint64_t number) { texts.add({number, 1, 0, "words", "answer", "ok"}); };
  add(1);
  const std::string first = text_of(file);
  std::filesystem::rename(file, moved);
  add(2);
  EXPECT_EQ(text_of(moved), first);
  EXPECT_EQ(text_of(file).size(), first.size());
  // Another one in its place is gone on with.
  std::filesystem::rename(moved, file);
  add(3);
  EXPECT_EQ(text_of(file).substr(0, first.size()), first);
  EXPECT_EQ(text_of(file).size(), 2 * first.size());
  EXPECT_TRUE(said.empty());
  EXPECT_EQ(texts.lost() + texts.begun_anew(), 0u);
}

// Full, and no descriptor is left for the next one: it is gone on with once there is one.
TEST(TextJournal, BeginsAnewOnceItCan) {
  const test::TemporaryFolder folder;
  const auto file = folder / "t";
  std::vector<std::string> said;
  TextJournal texts(file, 100, [&](const std::string& line) { said.push_back(line); });
  const auto add = [&] { texts.add({1, 1, 0, "words", "answer", "ok"}); };
  add();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  add();
  add();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_TRUE(texts.failed());
  EXPECT_EQ(texts.lost(), 2u);
  EXPECT_EQ(said.size(), 2u);  // that it begins anew, and that it cannot
  add();
  EXPECT_FALSE(texts.failed());
  EXPECT_EQ(text_of(file), text_of(folder / "t.old"));
  EXPECT_EQ(texts.begun_anew(), 1u);
  EXPECT_EQ(texts.lost(), 2u);
}

TEST(TextJournal, TellsWhatItCannotKeepAndGoesOn) {
  const test::TemporaryFolder folder;
  std::vector<std::string> said;
  TextJournal texts(folder / "t", 100, [&](const std::string& line) { said.push_back(line); });
  const auto add = [&] { texts.add({1, 1, 0, "words", "answer", "ok"}); };
  add();
  std::filesystem::create_directories(folder / "t.old" / "not empty");
  add();
  add();
  EXPECT_EQ(said.size(), 1u);
  EXPECT_EQ(texts.lost(), 2u);
  EXPECT_TRUE(texts.failed());
  std::filesystem::remove_all(folder / "t.old");
  add();
  EXPECT_FALSE(texts.failed());
  EXPECT_EQ(texts.lost(), 2u);
}

}  // namespace
}  // namespace offload
