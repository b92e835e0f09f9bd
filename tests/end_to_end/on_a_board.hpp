// A board of a small task, and entrants that run it, pack what came of it and have it added.
#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "end_to_end/command.hpp"

namespace offload::testing {

inline const std::string kShipped = OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/";

class LeaderboardTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    const Outcome outcome = run("leaderboard init board");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }

  // `data`: the rest of its table, and tables of its own.
  std::string suite(const std::string& rows, const std::string& data = {}) const {
    return R"([suite]
name = "small"
description = "A small task"
seed = 7
[data]
source = "synthetic:24"
split = {test_ratio = 0.25, seeds = [)" +
           seeds_ + "]}\n" + data + R"([budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 200
)" + rows + (data.find("[evaluation]") == std::string::npos ? "[evaluation]\noracle_nodes = 2000\n" : "");
  }
  static std::string row(const std::string& name, const std::string& plugin, const std::string& rest = {}) {
    return "[[row]]\nname = \"" + name + "\"\nplugin = \"" + plugin + "\"\n" + rest;
  }
  void expect_ok(const std::string& arguments) const {
    const Outcome outcome = run(arguments);
    ASSERT_EQ(outcome.status, 0) << arguments << "\n" << outcome.out << outcome.err;
  }
  void make_task(const std::string& options = {}, const std::string& data = {}) const {
    write("task.toml", suite(row("random", "random"), data));
    expect_ok("leaderboard task board task.toml --date 2026-01-01 --jobs 2 " + options);
  }
  // Runs the rows and packs them as NAME.tar.zst.
  void submit(const std::string& name, const std::string& rows, const std::string& options = {},
              const std::string& run_options = {}, const std::string& data = {}) const {
    write(name + ".toml", suite(rows, data));
    expect_ok("run " + name + ".toml --jobs 2 --out " + name + " " + run_options);
    pack(name, options);
  }
  void pack(const std::string& name, const std::string& options = {}) const {
    expect_ok("submit " + name + " --as " + name + " --out " + name + ".tar.zst " + options);
  }
  Outcome add(const std::string& name, const std::string& options = {},
              const std::string& prefix = {}) const {
    return run("leaderboard add board " + name + ".tar.zst --date 2026-01-02 --jobs 2 " + options, prefix);
  }
  nlohmann::json built(const std::string& options = {}) const {
    expect_ok("leaderboard build board --out site " + options);
    return nlohmann::json::parse(read_text(folder_ / "site" / "2026-01-02" / "small.json"));
  }
  std::size_t entries() const {
    const std::string text = run("leaderboard list board").out;
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  // A project that builds without a compiler: it puts a library in its place, once `script` has run.
  void write_project(const std::string& id, const std::filesystem::path& library,
                     const std::string& script = {}) const {
    const std::filesystem::path project = folder_ / "projects" / id;
    std::filesystem::create_directories(project);
    std::filesystem::copy_file(library, project / "given.so",
                               std::filesystem::copy_options::overwrite_existing);
    write_text(project / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(given NONE)\n" +
                                               script + "\nconfigure_file(given.so ${CMAKE_BINARY_DIR}/" +
                                               id + ".so COPYONLY)\n");
  }

  std::string seeds_ = "0, 1";  // of the task's splits
};

}  // namespace offload::testing
