// The gateway decides as the benchmark did: a suite's own test episodes, sent through it turn by turn.
#include <fmt/format.h>

#include "end_to_end/gateway/gateway_fixture.hpp"
#include "suite/experiment.hpp"
#include "trial/pass_order.hpp"

namespace offload::testing {
namespace {

class IdentityTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    std::string text = suite();
    text.replace(text.find("synthetic:40"), 12, "synthetic:320");
    const std::string learners = R"([[row]]
name = "recurrent-mean"
[[row]]
name = "rc-ppo"
)";
    // Learners are not built everywhere.
    learns_ = std::filesystem::exists(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/rc-ppo.so");
    if (learns_) text.insert(text.find("[evaluation]"), learners);
    write("suite.toml", text);
    const Outcome trained = run("run suite.toml --out results --jobs 2");
    ASSERT_EQ(trained.status, 0) << trained.err;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "results" / "trials")) {
      auto trial = nlohmann::json::parse(read_text(entry.path()))["trial"];
      const std::string row = trial["row"];
      checkpoint_[row] = folder_ / "results" / "checkpoints" / (entry.path().stem().string() + ".ckpt");
      trial_[row] = std::move(trial);
    }
    Suite read = read_suite(folder_ / "suite.toml");
    auto sets = open_data(read, folder_ / "cache");
    experiment_.emplace(make_experiment(std::move(read), std::move(sets)));
  }

  // Every decision of the row in the cell, as the gateway makes them, all sessions at once.
  std::vector<std::vector<int>> serve_episodes(const std::string& row, std::size_t cell, bool enforce) {
    std::filesystem::remove(folder_ / "journal.jsonl");
    std::string serve = "client_streams = true\njournal_sync = false\n";
    if (std::filesystem::exists(checkpoint_[row]))
      serve += fmt::format("checkpoint = \"{}\"\n", checkpoint_[row].string());
    start(row, serve,
          fmt::format("[budget]\ncell = \"{}\"\naccounting = \"profile\"\nenforce = {}\n",
                      experiment_->cells[cell].name, enforce));
    const Split& split = experiment_->splits.front();
    const EpisodeTable& data = experiment_->scenario_of(split).data();
    const PassOrder order(*experiment_, split, {Pass::Kind::cell, static_cast<std::uint32_t>(cell)},
                          split.test.size());
    std::vector<std::vector<int>> actions(split.test.size());
    Client one = client();
    for (int turn = 0; turn < experiment_->environment().turns_max(); ++turn) {
      for (std::size_t test = 0; test < split.test.size(); ++test) {
        if (turn >= data.length(split.test[test])) continue;
        const std::string task = data.tasks[data.task[data.turn(split.test[test], turn)]];
        const Message answer = one.ask(turns(turn + 1, data.modalities),
                                       {{"x-session-id", fmt::format("e{}", test)},
                                        {"x-offload-task", task},
                                        {"x-offload-stream", fmt::format("{}", order.bits(test))}});
        EXPECT_EQ(answer.status(), 200) << answer.body << read_text(folder_ / "serve.txt");
        if (answer.status() != 200) return actions;
        actions[test].push_back(std::stoi(answer.field("x-offload-action")));
      }
    }
    return actions;
  }

  // A conversation whose last message has all views.
  static std::string turns(int count, int views) {
    std::string messages;
    for (int turn = 1; turn < count; ++turn) {
      messages += R"({"role":"user","content":"before"},{"role":"assistant","content":"well"},)";
    }
    std::string parts = R"({"type":"text","text":"now"})";
    for (int view = 0; view < views; ++view)
      parts += R"(,{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})";
    return fmt::format(R"({{"model":"offload-auto","messages":[{}{{"role":"user","content":[{}]}}]}})",
                       messages, parts);
  }

  void expect_identity(const std::string& row, bool enforce) {
    for (std::size_t cell = 0; cell < experiment_->cells.size(); ++cell) {
      const auto stored = trial_[row]["cells"][cell]["decisions"].get<std::vector<std::vector<int>>>();
      EXPECT_EQ(serve_episodes(row, cell, enforce), stored) << row << " in cell " << cell;
      EXPECT_EQ(stop(), 143) << read_text(folder_ / "serve.txt");
      const Outcome verified = run("verify journal.jsonl --serve serve.toml");
      EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
    }
  }

  bool learns_ = false;
  std::map<std::string, nlohmann::json> trial_;
  std::map<std::string, std::filesystem::path> checkpoint_;
  std::optional<Experiment> experiment_;
};

// More sessions than evaluation has slots, all under way at once.
TEST_F(IdentityTest, EveryActionIsTheStoredTrials) {
  ASSERT_GT(experiment_->splits.front().test.size(), static_cast<std::size_t>(kEvaluationSlots));
  for (const char* row : {"random-masked", "cost-min", "epsilon-greedy"}) expect_identity(row, true);
  // These step outside the mask, as the benchmark lets them.
  for (const char* row : {"random", "local-only", "cloud-only"}) expect_identity(row, false);
}

TEST_F(IdentityTest, OfWhatLearnedAndRemembersToo) {
  if (!learns_) GTEST_SKIP() << "the learning agents are not built";
  for (const char* row : {"rc-ppo", "recurrent-mean"}) expect_identity(row, false);
}

}  // namespace
}  // namespace offload::testing
