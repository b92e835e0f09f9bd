// The gateway decides as the benchmark did: a suite's own test episodes, sent through it turn by turn.
#include <fmt/format.h>

#include <set>

#include "end_to_end/gateway/gateway_fixture.hpp"
#include "end_to_end/python_agents.hpp"
#include "suite/experiment.hpp"
#include "test_python.hpp"
#include "trial/pass_order.hpp"

namespace offload::testing {
namespace {

std::string row_of(const std::string& name, const std::string& plugin, const std::string& more = "") {
  return fmt::format("[[row]]\nname = \"{}\"\nplugin = \"{}\"\n{}\n", name, plugin, more);
}

bool learners_are_built() {
  return std::filesystem::exists(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/rc-ppo.so");
}

class IdentityTest : public GatewayTest {
 protected:
  // Runs these rows.
  void train(const std::string& rows) {
    std::string text = suite();
    text.replace(text.find("synthetic:40"), 12, "synthetic:320");
    const std::size_t first = text.find("[[row]]");
    text.replace(first, text.find("[evaluation]") - first, rows);
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

  std::map<std::string, nlohmann::json> trial_;
  std::map<std::string, std::filesystem::path> checkpoint_;
  std::optional<Experiment> experiment_;
};

// More sessions than evaluation has slots, all under way at once.
TEST_F(IdentityTest, EveryActionIsTheStoredTrials) {
  const std::vector<std::string> kept = {"cost-min", "epsilon-greedy", "greedy-quality"};
  const std::vector<std::string> free = {"random", "local-only", "cloud-only"};
  std::string rows = row_of("random-masked", "random", "parameters = {masked = true}") +
                     row_of("text-only", "constant", "parameters = {action = 1}");
  for (const auto* names : {&kept, &free}) {
    for (const std::string& name : *names) rows += row_of(name, name);
  }
  train(rows);
  ASSERT_GT(experiment_->splits.front().test.size(), static_cast<std::size_t>(kEvaluationSlots));
  for (const std::string& row : kept) expect_identity(row, true);
  expect_identity("random-masked", true);
  // These step outside the mask, as the benchmark lets them.
  for (const std::string& row : free) expect_identity(row, false);
  expect_identity("text-only", false);
}

TEST_F(IdentityTest, OfWhatLearnedAndRemembersToo) {
  if (!learners_are_built()) GTEST_SKIP() << "the learning agents are not built";
  const std::vector<std::string> learners = {"rc-ppo", "rc-a2c", "rc-dqn", "recurrent-mean"};
  std::string rows;
  for (const std::string& name : learners) rows += row_of(name, name);
  train(rows);
  for (const std::string& row : learners) expect_identity(row, false);
}

TEST_F(IdentityTest, OfAgentsInPythonToo) {
  const std::string python = test::test_python();
  if (python.empty()) GTEST_SKIP() << test::kNoPython;
  setenv("OFFLOAD_BENCH_PYTHON", python.c_str(), 1);
  std::filesystem::create_directory(folder_ / "agents");
  write("agents/good.py", kGood);
  write("agents/rule.py", "ACTION = 0\n");
  train(row_of("draws", "agents/good.py:RandomLike") + row_of("learns", "agents/good.py:BySet"));
  for (const char* row : {"draws", "learns"}) expect_identity(row, false);
  EXPECT_EQ(journal("open").back()["plugin"], "by-set");
}

// What a row reads of a query, it reads of what the user says.
class ReadingTest : public GatewayTest {
 protected:
  // Which arm is right only the text tells.
  void write_table() {
    std::string text =
        "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
        "prompt_group,text\n";
    const auto said = [](int q) { return fmt::format("{} {}", q * 7 % 10 < 5 ? "sum" : "poem", q); };
    for (int q = 0; q < 120; ++q) {
      for (const char* arm : {"a", "b"})
        text += fmt::format(",,q{},t,{},{},,,,,1,,,{}\n", q, arm, (arm[0] == 'a') == (q * 7 % 10 < 5) ? 1 : 0,
                            arm[0] == 'b' ? "" : said(q));
    }
    write("t.csv", text);
    write("t.meta.json", R"({"source": "s", "quality_scale": [0, 1], "latency": "absent", "sha256": "s",
      "arms": [{"name": "a", "placement": "device"}, {"name": "b"}]})");
  }
  void train(const std::string& rows) {
    write_table();
    write("suite.toml", R"([data]
source = "t.csv"
split = {test_ratio = 0.25}
text_features = 16
[reward]
plugin = "quality"
[budgets]
cells = [{name = "open"}]
[training]
steps = 4000
checkpoints = true
)" + rows);
    const Outcome trained = run("run suite.toml --out results");
    ASSERT_EQ(trained.status, 0) << trained.err;
    Suite read = read_suite(folder_ / "suite.toml");
    auto sets = open_data(read, folder_ / "cache");
    experiment_.emplace(make_experiment(std::move(read), std::move(sets)));
  }
  std::string text(std::size_t test) const {
    const auto& scenario = experiment_->scenario_of(experiment_->splits.front());
    const std::size_t turn = scenario.data().turn(experiment_->splits.front().test[test], 0);
    const OutcomeTable& table = *scenario.data().outcomes;
    return table.text.substr(table.text_begin[turn], table.text_begin[turn + 1] - table.text_begin[turn]);
  }
  // Serves the row of a trial and asks it about every test query; returns its actions, the stored ones.
  std::vector<int> expect_identity(const std::filesystem::path& file) {
    const auto trial = nlohmann::json::parse(read_text(file))["trial"];
    const std::string row = trial["row"],
                      checkpoint = "results/checkpoints/" + file.stem().string() + ".ckpt";
    std::filesystem::remove(folder_ / "journal.jsonl");
    const bool learned = std::filesystem::exists(folder_ / checkpoint);
    start(row, learned ? "checkpoint = \"" + checkpoint + "\"\n" : "",
          "[budget]\ncell = \"open\"\naccounting = \"profile\"\nenforce = false\n");
    const auto stored = trial["cells"][0]["decisions"].get<std::vector<std::vector<int>>>();
    std::vector<int> actions;
    {
      Client one = client();
      for (std::size_t test = 0; test < stored.size(); ++test) {
        const Message answer = one.ask(chat(text(test)), {{"x-session-id", fmt::format("e{}", test)}});
        EXPECT_EQ(answer.status(), 200) << answer.body;
        actions.push_back(std::atoi(answer.field("x-offload-action").c_str()));
        EXPECT_EQ(actions.back(), stored[test].at(0)) << row << " of: " << text(test);
      }
    }
    EXPECT_EQ(stop(), 143) << said();
    EXPECT_EQ(read_text(folder_ / "journal.jsonl").find("poem"), std::string::npos);
    return actions;
  }

  std::optional<Experiment> experiment_;
};

TEST_F(ReadingTest, OfWhatTheUserSaysAsTheTrialDid) {
  if (!learners_are_built()) GTEST_SKIP() << "the learning agents are not built";
  train(row_of("reader", "rc-ppo", "parameters = {n_steps = 64, learning_rate = 3e-3, features = true}"));
  const auto actions =
      expect_identity(std::filesystem::directory_iterator(folder_ / "results/trials")->path());
  for (std::size_t test = 0; test < actions.size(); ++test)
    EXPECT_EQ(actions[test], text(test).starts_with("sum") ? 0 : 1) << text(test);
  EXPECT_EQ(std::set<int>(actions.begin(), actions.end()).size(), 2U);
  const Outcome verified = run("verify journal.jsonl --serve serve.toml");
  EXPECT_EQ(verified.status, 6) << verified.out << verified.err;
  EXPECT_NE(verified.out.find("agents that may read what the user said"), std::string::npos) << verified.out;
}

TEST_F(ReadingTest, OfOtherLearnersAndOfPython) {
  if (!learners_are_built()) GTEST_SKIP() << "the learning agents are not built";
  std::string rows = row_of("a2c", "rc-a2c", "parameters = {features = true}") +
                     row_of("dqn", "rc-dqn", "parameters = {features = true}");
  const std::string python = test::test_python();
  if (!python.empty()) {
    setenv("OFFLOAD_BENCH_PYTHON", python.c_str(), 1);
    std::filesystem::create_directory(folder_ / "agents");
    write("agents/hears.py", R"(import numpy as np
class Hears:
    def __init__(self, env, parameters):
        assert len(env.features) == 17
    def act(self, view, explore):
        return (np.abs(view.features).argmax(axis=1) % 2).astype(np.int32)
)");
    rows += row_of("hears", "agents/hears.py:Hears");
  }
  train(rows);
  std::size_t trials = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "results/trials")) {
    const auto actions = expect_identity(entry.path());
    EXPECT_GT(actions.size(), 20U);
    ++trials;
  }
  EXPECT_EQ(trials, python.empty() ? 2U : 3U);
}

}  // namespace
}  // namespace offload::testing
