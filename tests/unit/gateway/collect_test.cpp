// Marks of judges, as they write them, and what is said of a plan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "gateway/collect/collect.hpp"
#include "gateway/collect/messages.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

using Marks = std::pair<double, double>;

TEST(Verdict, IsReadFromProse) {
  EXPECT_EQ(read_verdict("A: 7, B: 9.5"), (Marks{7, 9.5}));
  EXPECT_EQ(read_verdict("I say **A** = 10; **B** = 1."), std::nullopt);
  EXPECT_EQ(read_verdict("Both are fine."), std::nullopt);
  EXPECT_EQ(read_verdict("A: 7, B: 11"), std::nullopt);
}

// 2,000 bytes are looked at: of B: 10 they may have B: 1.
TEST(Verdict, IsNoneWhereItsMarkGoesOnBehindWhatIsLookedAt) {
  const std::string marks = "A: 9, B: 10";
  const std::string before(2000 - marks.size(), ' ');
  EXPECT_EQ(read_verdict(before + marks), (Marks{9, 10}));
  EXPECT_EQ(read_verdict(before + marks + " each"), std::nullopt) << "as far as is looked, it may go on";
  EXPECT_EQ(read_verdict(' ' + before + marks), std::nullopt);
  EXPECT_EQ(read_verdict(before.substr(2) + marks + ". B is whole."), (Marks{9, 10}));
}

// A plan of one dialogue whose judge has `price`, and an association somewhere.
CollectPlan plan_with(const test::TemporaryFolder& folder, const std::string& price,
                      const std::string& association = "http://localhost:5") {
  folder.write("d.jsonl", R"({"id": 1, "turns": [{"question": "q", "task": "t"}]})"
                          "\n");
  const std::string paid = "price = {input = 1, output = 1}\n";
  std::string text = "[collect]\nname = \"n\"\ndialogues = \"d.jsonl\"\n";
  for (const std::string role : {"local", "cloud", "reference", "judge"})
    text += "[" + role + "]\nbase_url = \"http://127.0.0.1:1\"\nmodel = \"m\"\n" +
            (role == "local"   ? ""
             : role == "judge" ? price
                               : paid);
  text += "[association]\nmodel = \"m\"\nbase_url = \"" + association + "\"\n";
  return read_collect_plan(folder.write("p.toml", text));
}

TEST(CollectPlan, WhoHasNoPriceIsNamedAlsoWhenNobodyIsAsked) {
  using ::testing::HasSubstr;
  const test::TemporaryFolder folder;
  std::vector<std::string> said;
  bound_collection(plan_with(folder, ""), [&](const std::string& line) { said.push_back(line); });
  EXPECT_EQ(said.at(0), (folder / "p.toml").string() +
                            ":15: [judge] has neither price nor prices: its calls are counted at 0 USD and "
                            "neither max_cost_usd nor --max-cost guards them; add price = {input = .., "
                            "output = ..} in USD per million tokens or prices = \"FILE\", or price = {input "
                            "= 0, output = 0} if it is free");
  EXPECT_THAT(said.at(1), HasSubstr("cloud: at most"));
  EXPECT_TRUE(plan_with(folder, "price = {input = 0, output = 0}\n").unpriced_roles().empty());
  const std::string free = "price = {input = 0, output = 0}\n";
  const auto elsewhere = plan_with(folder, free, "https://clip.example").unpriced_roles();
  ASSERT_EQ(elsewhere.size(), 1U);
  EXPECT_THAT(elsewhere[0], HasSubstr("[association] has neither price nor prices"));
}

TEST(CollectPlan, TablesAreNamedAsTheyStandThere) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.toml", "[collect]\nname = \"n\"\ndialogues = \"d\"\n[local]\n");
  try {
    read_collect_plan(file);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), file.string() + ":4: [local] needs base_url = \"...\"");
  }
}

}  // namespace
}  // namespace offload
