// What a terminal shows of a report by default, as report.json has it: `run` and `report` show what they
// made, `show` what a file holds, in the same words.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/figures/report.hpp"

namespace offload {

// Names and sentences are as they came: whoever prints them makes them harmless.
struct ShownRow {
  std::string name;
  int tier = 0, rank = 0;
  double score = 0, reward = 0;  // means over cells; NaN where there is none
  Interval interval;             // 95 %, of the reward
  double quality = 0, latency_s = 0, cost = 0, violations = 0;
};

struct ShownReference {
  std::string name;
  double reward = 0;         // mean over cells, finite
  std::string planned = {};  // of an oracle that is no bound here: on what it planned
};

// A row that is not ranked.
struct ShownUnranked {
  std::string name, fact;
  bool failed = false;
};

struct Shown {
  std::string suite, description, data;
  std::size_t planned = 0, finished = 0, failed = 0, runs = 0, cells = 0;  // trials; splits; budget cells
  double max_violation_rate = 0;
  bool known_outcomes = false, has_latency = true, has_cost = true;
  std::string cost_unit = "USD";
  std::size_t tests = 0;              // that the first row of the board rests on, a cell
  ScoreView view;                     // of the rows; empty without any
  std::string headline;               // empty where an older report has none
  std::vector<ShownRow> rows;         // first to last
  std::vector<ShownReference> exact;  // policies that are computed, under the same view
  std::vector<ShownUnranked> unranked;
  std::vector<std::string> flags, warnings;  // warnings without the flags' sentences
  std::vector<std::string> notes;            // "row: what its note says"
  std::vector<JoinedFolder> joined;          // of which folders the report is; of a single one none
  std::vector<std::string> left_out;         // "result file: why it is in no figure"
};

Shown shown_of(const Report& report);
// The same with the rows of another view, and so without the headline.
Shown shown_of(const Report& report, const ScoreView& view);
// Of a report.json; `file` names it in messages. Throws Error(data).
Shown shown_in(const nlohmann::json& report, const std::string& file);
// Of the file itself, or of the report.json in a folder. Throws Error(io) or Error(data).
Shown shown_at(const std::filesystem::path& path);

}  // namespace offload
