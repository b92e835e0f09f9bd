#include "report/verify_report.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "report/formats/events.hpp"
#include "report/formats/formats.hpp"
#include "report/formats/html.hpp"
#include "results/joining/joined_folder.hpp"
#include "results/joining/joined_text.hpp"

namespace offload {
namespace {

constexpr std::size_t kFileMax = std::size_t{1} << 30, kFoundMost = 1000, kShown = 120;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// The fields of a line as RFC 4180 has them; quoted line breaks are not among our fields.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

class Files {
 public:
  Files(const std::filesystem::path& folder, std::vector<Disagreement>& found)
      : folder_(folder), found_(found) {}

  using Write = std::function<void(const TextSink&)>;

  std::optional<std::string> read(const std::string& name) {
    if (std::filesystem::exists(folder_ / name)) return read_bounded(folder_ / name, kFileMax);
    found_.push_back({name, "", "nothing", "a file of the report"});
    return std::nullopt;
  }

  // Most files are as they should be, and neither what they hold nor what they should is held then.
  void json(const std::string& name, const Write& write) {
    if (file_holds(folder_ / name, write)) return;
    const auto text = read(name);
    if (!text) return;
    const std::string expected = collected(write);
    const auto stored = nlohmann::json::parse(*text, nullptr, false);
    const std::size_t before = found_.size();
    if (!stored.is_discarded()) {
      find_differences(stored, nlohmann::json::parse(expected), 0, name, before + kFoundMost, found_);
    }
    if (found_.size() == before)
      found_.push_back({name, "", "other text", "the same figures in another form"});
  }

  // By line, and in CSV by column.
  void text(const std::string& name, const Write& write, bool csv) {
    if (file_holds(folder_ / name, write)) return;
    const auto text = read(name);
    if (!text) return;
    const auto stored = lines_of(*text), recomputed = lines_of(collected(write));
    const std::size_t before = found_.size();
    if (stored.size() != recomputed.size()) {
      found_.push_back({name, "", fmt::format("{}", counted(stored.size(), "line")),
                        fmt::format("{}", counted(recomputed.size(), "line"))});
    }
    const auto heads = fields_of(recomputed.empty() ? "" : recomputed[0]);
    for (std::size_t i = 0; i < std::min(stored.size(), recomputed.size()); ++i) {
      if (stored[i] == recomputed[i]) continue;
      const std::string place = fmt::format("line {}", i + 1);
      const auto a = fields_of(stored[i]), b = fields_of(recomputed[i]);
      if (!csv || a.size() != b.size()) {
        found_.push_back({name, place, printable(stored[i], kShown), printable(recomputed[i], kShown)});
        continue;
      }
      for (std::size_t f = 0; f < a.size(); ++f) {
        if (a[f] == b[f]) continue;
        const std::string column = f < heads.size() ? heads[f] : std::to_string(f + 1);
        found_.push_back(
            {name, fmt::format("{}, {}", place, column), printable(a[f], kShown), printable(b[f], kShown)});
      }
    }
    if (found_.size() == before)
      found_.push_back({name, "", "other text", "the same fields in another form"});
  }

  void absent(const std::string& name) {
    if (std::filesystem::exists(folder_ / name))
      found_.push_back({name, "", "a file", "nothing: the report has no such figures"});
  }

  // The figures it holds, and what shows them: a page whose script adds to a number holds the right ones.
  void page(const std::filesystem::path& json_file, const Write& write_json) {
    const auto write_page = [&json_file](const TextSink& sink) {
      std::ifstream json(json_file, std::ios::binary);
      write_report_html(page_template(), json, sink);
    };
    if (file_holds(json_file, write_json) && file_holds(folder_ / "report.html", write_page)) return;
    const auto stored = read("report.html");
    if (!stored) return;
    const std::string json = collected(write_json);
    if (!holds_report(*stored, json)) {
      found_.push_back({"report.html", "", "other figures", "those of report.json"});
    } else if (*stored != report_html(page_template(), json)) {
      found_.push_back({"report.html", "", "another page around the figures", "that of this build"});
    }
  }

  void bytes(const std::string& name, const std::string& expected) {
    known_.insert(name);
    const auto stored = read(name);
    if (stored && *stored != expected) found_.push_back({name, "", "other bytes", "the curve of its trial"});
  }

  // Of those below `below` that were not compared.
  void nothing_else(const std::string& below) {
    std::set<std::string> others;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator at(folder_ / below, error), end; !error && at != end;
         at.increment(error)) {
      const std::string name = std::filesystem::relative(at->path(), folder_).string();
      if (!at->is_directory() && !known_.contains(name)) others.insert(name);
    }
    for (const std::string& name : others)
      found_.push_back({printable(name), "", "a foreign file", "curves of the plan's trials"});
  }

 private:
  const std::filesystem::path& folder_;
  std::vector<Disagreement>& found_;
  std::set<std::string> known_;
};

}  // namespace

void verify_report(const std::filesystem::path& folder, const Report& report,
                   std::vector<Disagreement>& found) {
  if (is_joined(folder) && !is_joined_as_written(folder))
    found.push_back({kJoinedFile, "", "other text", "the same folders and names and no other fields"});
  Files files(folder, found);
  const auto write_json = [&report](const TextSink& sink) { write_report_json(report, sink); };
  files.json("report.json", write_json);
  for (const CsvFile& file : csv_files(report)) {
    if (file.present)
      files.text(file.name, file.written, true);
    else
      files.absent(file.name);
  }
  files.text(
      "report.md", [&report](const TextSink& sink) { sink(report_markdown(report)); }, false);
  files.page(folder / "report.json", write_json);
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    if (!report.has_curve(i)) continue;
    const TrialLine line = report.line(i);
    const auto file = event_path(folder, line.planned.row, line.planned.split);
    files.bytes(std::filesystem::relative(file, folder).string(), event_file(line.curve));
  }
  files.nothing_else("events");
}

}  // namespace offload
