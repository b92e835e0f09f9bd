// What is read beside serve.toml: dated prices, and whether files have changed.
#include <gtest/gtest.h>

#include <fstream>

#include "gateway/decision/file_watch.hpp"
#include "gateway/decision/price_file.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

constexpr std::int64_t kDay = 86'400'000;

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

}  // namespace
}  // namespace offload
