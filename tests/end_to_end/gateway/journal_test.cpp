// A journal afterwards: verified, forged, cut, scored.
#include "end_to_end/forger.hpp"
#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

class JournalTest : public GatewayTest {
 protected:
  void serve_some() {
    start("random-masked", "journal_sync = false\n",
          "[budget]\naccounting = \"profile\"\ncell = \"tight\"\n");
    std::string turns;
    for (int s = 0; s < 20; ++s) {
      Client one = client();
      turns.clear();
      for (int turn = 0; turn < 3; ++turn) {
        one.ask(fmt::format(R"({{"model":"offload-auto","messages":[{}{{"role":"user","content":"x"}}]}})",
                            turns),
                {{"x-session-id", fmt::format("s{}", s)}, {"x-offload-task", std::to_string(s % 4)}});
        turns += R"({"role":"user","content":"x"},{"role":"assistant","content":"w"},)";
      }
    }
    ASSERT_EQ(stop(), 143);
  }
  Outcome verify(const std::string& more = "") const {
    return run("verify journal.jsonl --serve serve.toml " + more);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream text(read_text(folder_ / "journal.jsonl"));
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }
  // The chain made again from a line on, as by somebody who was alone with the journal.
  void seal_again(std::vector<std::string>& all, std::size_t from) const {
    const std::string key = ",\"chain\":\"";
    for (std::size_t i = from; i < all.size(); ++i) {
      const std::string before = all[i - 1].substr(all[i - 1].find(key) + key.size(), 64);
      const std::string text = all[i].substr(0, all[i].find(key));
      write("line", before + text);
      all[i] = text + key + sha256_of(folder_ / "line") + "\"}";
    }
  }
  void write_lines(const std::vector<std::string>& all) const {
    std::string text;
    for (const std::string& line : all) text += line + "\n";
    write("journal.jsonl", text);
  }
};

TEST_F(JournalTest, IsVerifiedAndItsCutsAndChangesAreNamed) {
  serve_some();
  const Outcome good = verify();
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("20 sessions, 60 turns, 60 decisions asked for again: all of it agrees"));
  const std::string shown = read_text(folder_ / "serve.txt");
  const std::size_t head = shown.find(", head ") + 7;
  const std::string digest = shown.substr(head, 64);
  const auto all = lines();
  const std::string told = fmt::format("--head {} --lines {}", digest, all.size());
  EXPECT_EQ(verify(told).status, 0);

  auto cut = all;
  cut.resize(cut.size() - 5);
  write_lines(cut);
  const Outcome believed = verify();
  EXPECT_EQ(believed.status, 6);
  EXPECT_THAT(believed.out, HasSubstr(fmt::format("nothing was cut off behind line {}", cut.size())));
  const Outcome known = verify(told);
  EXPECT_EQ(known.status, 1);
  EXPECT_THAT(known.out, HasSubstr("it was cut or replaced"));

  auto gap = all;
  gap.erase(gap.begin() + 9);
  write_lines(gap);
  EXPECT_EQ(verify().status, 3);
  EXPECT_THAT(verify().err, HasSubstr("journal.jsonl:10: line 10 is missing"));

  auto changed = all;
  const std::size_t spent = changed[2].find("\"spent\":[");
  ASSERT_NE(spent, std::string::npos) << changed[2];
  changed[2][spent + 9] = '7';
  write_lines(changed);
  EXPECT_THAT(verify().err, HasSubstr("journal.jsonl:3: changed"));
}

TEST_F(JournalTest, WhatIsBookedFollowsFromTheAnswer) {
  serve_some();
  auto all = lines();
  const std::size_t last = all.size() - 2;  // before the gateway closed
  const std::size_t amount = all[last].find("\"amount\":[");
  ASSERT_NE(amount, std::string::npos) << all[last];
  all[last].replace(amount, all[last].find(']', amount) - amount, "\"amount\":[0,0");
  seal_again(all, last);
  write_lines(all);
  const Outcome cheap = verify();
  EXPECT_EQ(cheap.status, 1) << cheap.err;
  EXPECT_THAT(cheap.out, HasSubstr(fmt::format("journal.jsonl:{}: booked are 0 and 0, where", last + 1)));
}

TEST_F(JournalTest, AnotherSuitesOrSeedsJournalDoesNotAgree) {
  serve_some();
  std::string text = read_text(folder_ / "serve.toml");
  text.replace(text.find("random-masked"), 13, "cost-min");
  write("serve.toml", text);
  const Outcome other = verify();
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.out, HasSubstr("it served plugin"));
  EXPECT_THAT(other.out, HasSubstr("the agent chose"));
}

TEST_F(JournalTest, IsScoredAsARowUnderTheLenses) {
  serve_some();
  const Outcome scored = run("replay journal.jsonl --serve serve.toml --json");
  ASSERT_EQ(scored.status, 0) << scored.err;
  const auto row = nlohmann::json::parse(scored.out);
  EXPECT_EQ(row["row"], "live");
  EXPECT_EQ(row["sessions"], 20);
  EXPECT_EQ(row["turns"], 60);
  EXPECT_EQ(row["joint_violation_rate"], 0);
  EXPECT_NEAR(row["latency_s"], row["profile_latency_s"], 1e-9);
  EXPECT_NEAR(row["cost_usd"], row["profile_cost_usd"], 1e-12);
  ASSERT_EQ(row["scores"].size(), 1u);
  EXPECT_GT(row["scores"][0]["quality"], 0);
}

}  // namespace
}  // namespace offload::testing
