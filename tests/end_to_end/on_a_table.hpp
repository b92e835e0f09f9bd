// A neutral table of known outcomes, drawn by the test that looks every figure up again.
#pragma once

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>

#include "end_to_end/command.hpp"

namespace offload::testing {

inline constexpr const char* kArms[] = {"small", "middle", "large"};

class WorldTest : public CommandTest {
 protected:
  struct Cell {
    double quality, latency_s, cost_usd;
  };

  // 80 queries, a quarter of them the file's test part; two of 80 share a prompt.
  void write_table(bool amounts = true, const std::string& meta = "") {
    std::mt19937_64 bits(11);
    const auto below = [&bits](unsigned n) { return static_cast<unsigned>(bits() % n); };
    std::string text =
        "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
        "prompt_group,f0\n";
    for (int q = 0; q < 80; ++q) {
      for (int a = 0; a < 3; ++a) {
        // Of three decimals, so that texts and numbers agree.
        const Cell cell = {below(100) < 40U + 20U * static_cast<unsigned>(a) ? 1.0 : 0.0,
                           static_cast<double>(100 + below(900)) * (1 + a) / 1000,
                           static_cast<double>(1 + below(99)) * a / 1e5};
        cell_[{q, a}] = cell;
        text += fmt::format(",,q{},{},{},{},{},{},,,1,{},g{},{}\n", q, q % 2 == 0 ? "even" : "odd", kArms[a],
                            cell.quality, amounts ? fmt::format("{:.3f}", cell.latency_s) : "",
                            amounts ? fmt::format("{:.5f}", cell.cost_usd) : "",
                            q % 4 == 1 ? "test" : "train", q == 9 ? 5 : q, a == 0 ? std::to_string(q) : "");
      }
    }
    write("t.csv", text);
    write(
        "t.meta.json",
        R"({"source": "drawn by a test", "quality_scale": [0, 1], "latency": ")" +
            std::string(amounts ? "measured" : "absent") + R"(", "sha256": "s", "draws_per_cell": 1, )" +
            meta +
            R"("arms": [{"name": "small", "placement": "device"}, {"name": "middle"}, {"name": "large"}]})");
  }
  // `data` goes into [data], `more` behind everything.
  void write_suite(const std::string& data, const std::string& more) const {
    write("suite.toml", "[suite]\nname = \"world\"\n[data]\nsource = \"t.csv\"\n" + data +
                            "\n[reward]\nplugin = \"quality\"\n[training]\nsteps = 300\n" + more);
  }
  nlohmann::json report() const {
    return nlohmann::json::parse(read_text(folder_ / "results/world/report.json"));
  }

  std::map<std::pair<int, int>, Cell> cell_;  // by query and arm
};

}  // namespace offload::testing
