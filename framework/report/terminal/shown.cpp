#include "report/terminal/shown.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "report/figures/references.hpp"
#include "report/formats/formats.hpp"
#include "report/formats/json.hpp"
#include "report/sections/bounds.hpp"
#include "report/text/text.hpp"
#include "results/plan/listed_json.hpp"

namespace offload {
namespace {

constexpr std::size_t kFileMost = std::size_t{512} << 20;
constexpr std::size_t kTextMost = 1 << 24;  // a warning may name many rows
constexpr int kReasonMost = 160;

template <typename Visit>
void for_each(const CheckedJson& list, const Visit& visit) {
  const std::size_t count = list.array_size(kListMax);
  for (std::size_t i = 0; i < count; ++i) visit(list.at(i));
}

bool is_there(const CheckedJson& object, const char* member) {
  return object.has(member) && !object.at(member).value().is_null();
}

std::string text_in(const CheckedJson& object, const char* member) {
  return object.at(member).text(kTextMost);
}

std::size_t count_in(const CheckedJson& object, const char* member) {
  return static_cast<std::size_t>(object.at(member).integer(0, kCountMax));
}

ScoreView view_of(const CheckedJson& object) { return {text_in(object, "lens"), text_in(object, "model")}; }

void read_suite(const CheckedJson& suite, Shown& shown) {
  shown.suite = text_in(suite, "name");
  shown.description = text_in(suite, "description");
  shown.data = text_in(suite.at("dataset"), "source");
  const CheckedJson trials = suite.at("trials");
  shown.planned = count_in(trials, "planned");
  shown.finished = count_in(trials, "finished");
  shown.failed = count_in(trials, "failed");
  shown.runs = suite.at("splits").array_size(kListMax);
  shown.cells = suite.at("cells").array_size(kListMax);
  shown.max_violation_rate = suite.at("max_violation_rate").number(0);
  if (is_there(suite, "world")) {
    const CheckedJson world = suite.at("world");
    shown.known_outcomes = true;
    shown.cost_unit = text_in(world, "cost_unit");
    shown.has_latency = text_in(world, "latency") != "absent";
    shown.has_cost = text_in(world, "cost") != "absent";
  }
  for_each(suite.at("flags"),
           [&](const CheckedJson& flag) { shown.flags.push_back(text_in(flag, "sentence")); });
  shown.warnings = suite.at("warnings").texts(kListMax, kTextMost);
  const auto flagged = std::min(shown.flags.size(), shown.warnings.size());
  shown.warnings.erase(shown.warnings.begin(), shown.warnings.begin() + static_cast<std::ptrdiff_t>(flagged));
}

ShownRow row_in(const CheckedJson& row) {
  ShownRow result;
  result.name = text_in(row, "row");
  result.tier = static_cast<int>(row.at("tier").integer(1, 2));
  result.rank = static_cast<int>(row.at("rank").integer(1, 1'000'000'000));
  result.score = row.at("score").number_or_nan();
  result.reward = row.at("reward").number_or_nan();
  const CheckedJson interval = row.at("reward_interval");
  result.interval = {interval.at("low").number_or_nan(), interval.at("high").number_or_nan()};
  result.quality = row.at("quality").number_or_nan();
  result.latency_s = row.at("latency_s_per_episode").number_or_nan();
  result.cost = row.at("cost_usd_per_episode").number_or_nan();
  result.violations = row.at("joint_violations").at("rate").number_or_nan();
  return result;
}

// The board of the headline's view; of an older report, which has no headline, the first.
void read_board(const CheckedJson& root, Shown& shown) {
  if (root.has("headline")) {
    const CheckedJson headline = root.at("headline");
    shown.headline = text_in(headline, "sentence");
    if (is_there(headline, "view")) shown.view = view_of(headline.at("view"));
  }
  const CheckedJson boards = root.at("leaderboard");
  for_each(boards, [&](const CheckedJson& board) {
    if (shown.view.lens.empty()) shown.view = view_of(board);
    if (!(view_of(board) == shown.view)) return;
    for_each(board.at("rows"), [&](const CheckedJson& row) {
      if (shown.rows.empty() && shown.cells > 0)
        shown.tests = count_in(row.at("joint_violations"), "of") / shown.cells;
      shown.rows.push_back(row_in(row));
    });
  });
}

void read_exact(const CheckedJson& root, Shown& shown) {
  for_each(root.at("references").at("views"), [&](const CheckedJson& view) {
    if (!(view_of(view) == shown.view)) return;
    for_each(view.at("rows"), [&](const CheckedJson& row) {
      const double reward = row.at("reward").number_or_nan();
      if (!std::isfinite(reward)) return;
      shown.exact.push_back({text_in(row, "row"), reward});
      if (shown.exact.back().name == kCausalOracle && root.at("suite").has("resolved"))
        shown.exact.back().planned = planned_elsewhere(root.at("suite").at("resolved").value(), shown.view);
    });
  });
  if (!root.has("bounds")) return;
  for (const auto& [member, name] : {std::pair{"hindsight", "hindsight"},
                                     {"best_per_task", "best arm per task"},
                                     {"best_constant", "best constant arm"},
                                     {"random", "random"}}) {
    const CheckedJson cells = root.at("bounds").at("cells");
    double sum = 0;
    for_each(cells, [&, &of = member](const CheckedJson& cell) { sum += cell.at(of).number_or_nan(); });
    const double mean = sum / static_cast<double>(cells.array_size(kListMax));
    if (std::isfinite(mean)) shown.exact.push_back({name, mean});
  }
}

using Reasons = std::map<std::string, std::string>;  // why trials failed: the first of each row

void read_trial(const CheckedJson& trial, Reasons& reasons) {
  if (text_in(trial, "status") != "failed") return;
  reasons.emplace(text_in(trial, "row"), text::shown(text_in(trial, "split"), 20) + ": " +
                                             text::shown(text_in(trial, "reason"), kReasonMost));
}

void read_rows(const CheckedJson& root, const Reasons& reasons, Shown& shown) {
  for_each(root.at("rows"), [&](const CheckedJson& row) {
    const std::string name = text_in(row, "row");
    if (is_there(row, "notes")) {
      for (const std::string& note : row.at("notes").texts(kNamesMax, kTextMost))
        shown.notes.push_back(name + ": " + note);
    }
    if (text_in(row, "status") == "complete") return;
    const CheckedJson trials = row.at("trials");
    const std::size_t failed = count_in(trials, "failed"), finished = count_in(trials, "finished");
    ShownUnranked unranked{name, fmt::format("{} of {} finished", finished, counted(shown.runs, "run")),
                           failed > 0};
    if (failed > 0) unranked.fact += fmt::format(", {} failed", failed);
    if (failed + finished < shown.runs)
      unranked.fact += fmt::format(", {} not run", shown.runs - failed - finished);
    if (const auto reason = reasons.find(name); reason != reasons.end())
      unranked.fact += "; " + reason->second;
    if (failed > 1) unranked.fact += fmt::format(" (and {} more)", failed - 1);
    shown.unranked.push_back(unranked);
  });
}

// Of what is read here alone: all trials of a large suite are most of its report.
nlohmann::json sections_of(const Report& report) {
  nlohmann::json sections = {{"suite", suite_json(report)},
                             {"headline", headline_json(report)},
                             {"leaderboard", leaderboard_json(report)},
                             {"references", references_json(report)},
                             {"rows", rows_json(report)}};
  if (!report.bounds.cells.empty()) sections["bounds"] = bounds_json(report);
  sections["host"]["joined"] = joined_json(report);
  sections["trials"] = nlohmann::json::array();
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.head(i);
    if (!line.present || line.status != TrialStatus::failed) continue;
    sections["trials"].push_back({{"status", "failed"},
                                  {"row", line.planned.row},
                                  {"split", line.planned.split},
                                  {"reason", line.failure.reason}});
  }
  sections["left_out"] = nlohmann::json::array();
  for (const LeftOut& out : report.left_out)
    sections["left_out"].push_back({{"file", out.file}, {"reason", out.reason}});
  return sections;
}

// A line for every reason: an earlier run with other settings leaves as many files as it had trials.
void read_left_out(const CheckedJson& left_out, Shown& shown) {
  std::vector<std::string> reasons;
  std::map<std::string, std::pair<std::string, std::size_t>> files;  // by reason: the first, how many
  for_each(left_out, [&](const CheckedJson& out) {
    const std::string reason = text_in(out, "reason");
    auto& [first, count] = files[reason];
    if (count++ == 0) {
      first = text::shown(text_in(out, "file"), 120);
      reasons.push_back(reason);
    }
  });
  for (const std::string& reason : reasons) {
    const auto& [first, count] = files.at(reason);
    shown.left_out.push_back(count == 1 ? fmt::format("{}: {}", first, reason)
                                        : fmt::format("{} and {} more: {}", first, count - 1, reason));
  }
}

// All but the trials.
Shown read(const CheckedJson& root, const Reasons& reasons) {
  Shown shown;
  read_suite(root.at("suite"), shown);
  read_board(root, shown);
  read_exact(root, shown);
  read_rows(root, reasons, shown);
  if (root.has("host") && root.at("host").has("joined")) {
    for_each(root.at("host").at("joined"), [&](const CheckedJson& one) {
      shown.joined.push_back(
          {text_in(one, "folder"), static_cast<std::size_t>(one.at("trials").integer(0, kCountMax))});
    });
  }
  read_left_out(root.at("left_out"), shown);
  return shown;
}

Shown read(const CheckedJson& root) {
  Reasons reasons;
  for_each(root.at("trials"), [&reasons](const CheckedJson& trial) { read_trial(trial, reasons); });
  return read(root, reasons);
}

void require_format(const CheckedJson& root) {
  if (text_in(root, "format") != kReportFormat) {
    root.at("format").refuse(
        fmt::format("\"{}\": make the report again with `offload-bench report`", kReportFormat));
  }
}

}  // namespace

Shown shown_of(const Report& report) {
  // Written and parsed, so that numbers and bytes are those of the file.
  const std::string name = "report.json";
  const nlohmann::json sections = nlohmann::json::parse(dump_compact(sections_of(report)));
  return read(CheckedJson(sections, name));
}

Shown shown_of(const Report& report, const ScoreView& view) {
  const std::string name = "report.json";
  nlohmann::json sections = nlohmann::json::parse(dump_compact(sections_of(report)));
  sections["headline"] = {{"sentence", ""}, {"view", {{"lens", view.lens}, {"model", view.model}}}};
  return read(CheckedJson(sections, name));
}

Shown shown_in(const nlohmann::json& report, const std::string& file) {
  const CheckedJson root(report, file);
  require_format(root);
  return read(root);
}

Shown shown_at(const std::filesystem::path& path) {
  std::filesystem::path file = path;
  if (std::filesystem::is_directory(path)) {
    file /= "report.json";
    if (!std::filesystem::exists(file)) {
      const bool results = std::filesystem::exists(path / "suite.json");
      fail(ErrorKind::io, "{}: no report.json; {}", printable(path.native()),
           results ? "make it from the results with `offload-bench report " + printable(path.native()) + "`"
                   : "not a results folder of `offload-bench run`");
    }
  }
  const std::string name = file.string();
  std::ifstream in = open_bounded(file, kFileMost);
  // Of sections that are not shown, every test and run of every row.
  const ListedJson document(in, name, "trials", {"cells", "evidence", "tests", "timing"});
  const CheckedJson root(document.rest(), name);
  require_format(root);
  root.at("trials").array_size(kListMax);
  if (document.size() > kListMax)
    root.at("trials").refuse(fmt::format("a list of at most {}", counted(kListMax, "value")));
  Reasons reasons;
  document.for_each([&](std::size_t i, const nlohmann::json& trial) {
    read_trial(CheckedJson(trial, name, fmt::format("/trials/{}", i)), reasons);
  });
  return read(root, reasons);
}

}  // namespace offload
