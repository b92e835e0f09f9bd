// `collect` killed at random moments: no paid call is made again, and no reply, verdict or amount that was
// settled is lost. OFFLOAD_TEST_KILLS kills, 20 without it.
#include <fcntl.h>
#include <sys/wait.h>
#include <offload/random.hpp>

#include <atomic>
#include <csignal>

#include "end_to_end/gateway/collect_fixture.hpp"

namespace offload::testing {
namespace {

constexpr std::int64_t kBilled = kPromptTokens * 2'500'000 + kCompletionTokens * 10'000'000;  // pico-dollars

class CollectKills : public CollectTest {
 protected:
  void serve(Exchange& exchange) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(exchange.number % 4));
    CollectTest::serve(exchange);
    ++served_;
  }

  // Starts it and kills it after so long, or so many answers, lest a fast machine is done before; true where
  // it ended by itself before.
  bool run_for(int ms, int answers) {
    const int enough = served_ + answers;
    const pid_t pid = fork();
    if (pid == 0) {
      const int file = open((folder_ / "run.txt").c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
      dup2(file, STDERR_FILENO);
      if (chdir(folder_.c_str()) != 0) _exit(9);
      execl(OFFLOAD_BINARY_DIR "/bin/offload-bench", "offload-bench", "collect", "plan.toml", nullptr);
      _exit(9);
    }
    for (int waited = 0; waited < ms && served_ < enough; ++waited)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status);
  }

  // What stood there, but for a line that a kill cut off, still stands there.
  void expect_kept() {
    const std::string now = read_text(folder_ / "set/collect.jsonl");
    EXPECT_TRUE(now.starts_with(kept_)) << "what was on the disk is gone";
    kept_ = now.substr(0, now.rfind('\n') + 1);
  }

  std::string kept_;
  std::atomic<int> served_ = 0;
};

TEST_F(CollectKills, NothingIsPaidTwiceAndNothingLost) {
  const char* asked = std::getenv("OFFLOAD_TEST_KILLS");
  const int kills = asked != nullptr ? std::atoi(asked) : 20;
  configure(fmt::format("draws = {}", 3 * kills + 6));
  dialogues(4);
  Random random(5);
  int killed = 0;
  for (int k = 0; k < kills; ++k) {
    const int ms = 30 + static_cast<int>(random.below(220));
    killed += !run_for(ms, 1 + static_cast<int>(random.below(12)));
    expect_kept();
  }
  EXPECT_GT(killed, kills / 2);
  const Outcome last = run("collect plan.toml");
  EXPECT_TRUE(last.status == 0 || last.status == 1) << last.err;
  expect_kept();

  std::map<std::string, nlohmann::json> intents, ends;
  for (const auto& line : journal()) {
    if (line["e"] == "intent") {
      EXPECT_TRUE(intents.emplace(line["key"], line).second) << "begun twice: " << line;
    }
    if (line["e"] == "reply" || line["e"] == "failure") {
      EXPECT_TRUE(ends.emplace(line["key"], line).second) << "ended twice: " << line;
      EXPECT_EQ(line["e"], "reply");
    }
  }
  EXPECT_GT(billed_.size(), static_cast<std::size_t>(kills));
  std::int64_t booked = 0, billed = 0, open = 0;
  for (const auto& [key, intent] : intents) {
    const bool ended = ends.contains(key);
    open += !ended;
    booked += ended ? ends[key]["amount"].get<std::int64_t>() : intent["bound"].get<std::int64_t>();
  }
  for (const auto& [key, times] : billed_) {
    EXPECT_EQ(times, 1) << key << " was paid twice";
    const std::string hash = key.substr(std::string("offload-").size());
    ASSERT_TRUE(intents.contains(hash)) << key << " was called for and not journalled";
    const std::string role = intents[hash]["role"];
    billed += role == "local" || role == "association" ? 0 : kBilled;
  }
  EXPECT_GE(booked, billed);
  EXPECT_NEAR(spent(last), static_cast<double>(booked) * 1e-12, 1e-6);
  if (open > 0) {
    EXPECT_THAT(last.err, ::testing::HasSubstr(fmt::format(
                              "{} open", open == 1 ? "1 call was" : fmt::format("{} calls were", open))));
  }
  RecordProperty("killed", killed);
  RecordProperty("open", static_cast<int>(open));

  // What was open is made again when that is asked for, on top of what it was counted at, and nothing else
  // is.
  const auto before = billed_;
  const Outcome retried = run("collect plan.toml --retry-open");
  EXPECT_EQ(retried.status, 0) << retried.err;
  EXPECT_GE(spent(retried), spent(last));
  for (const auto& [key, times] : billed_) {
    const bool was_open = !ends.contains(key.substr(std::string("offload-").size()));
    const auto old = before.find(key);
    const int repeated = times - (old == before.end() ? 0 : old->second);
    EXPECT_LE(repeated, was_open ? 1 : 0) << key;
  }
  EXPECT_EQ(run("datasets describe set/set.json").status, 0);
}

}  // namespace
}  // namespace offload::testing
