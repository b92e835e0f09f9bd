// RouterArena's cached results: a file of JSON lines per model, each graded by the metric of its data set.
#include <map>

#include "core/error.hpp"
#include "data/import/import.hpp"
#include "data/import/source_files.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

class ArenaReader {
 public:
  explicit ArenaReader(const ImportRequest& request)
      : request_(request),
        files_(request.source),
        prices_(files_.prices(request.source / "cost.json")),
        builder_(request.source.string(), notes(), {}, request.rules) {
    if (!request.task_from.empty() && request.task_from != "metric" && request.task_from != "prefix")
      fail(ErrorKind::config, "--task-from: '{}' is neither metric nor prefix", printable(request.task_from));
  }

  EpisodeTable read() {
    for (const fs::path& file : files_ending(request_.source, ".jsonl")) {
      files_.json_lines(file, [&](const RecordPlace& place, const nlohmann::json& row) { add(place, row); });
    }
    builder_.notes().source_sha256 = files_.sha256();
    builder_.notes().price_table_sha256 = files_.prices_sha256();
    builder_.notes().price_date = request_.price_date;
    builder_.set_prices(prices_);
    return builder_.finish(request_.source.string(), files_.sha256());
  }

 private:
  OutcomeNotes notes() const {
    OutcomeNotes notes;
    notes.source = "https://github.com/RouteWorks/RouterArena";
    notes.licence = "Apache-2.0";
    if (request_.scale) std::tie(notes.quality_low, notes.quality_high) = *request_.scale;
    return notes;
  }

  void add(const RecordPlace& place, const nlohmann::json& line) {
    const std::string query = text_member(line, "global_index", place),
                      arm = text_member(line, "llm_selected", place),
                      question = text_member(line, "question", place);
    const nlohmann::json& graded = member(line, "evaluation_result", place);
    if (!graded.is_object()) place.refuse("evaluation_result", "expected an object");
    const std::string metric = text_member(graded, "metric", place),
                      prefix = query.substr(0, query.rfind('_')),
                      &task = request_.task_from == "metric" ? metric : prefix;
    check_metric(metric, task, place);
    const nlohmann::json& usage = member(line, "token_usage", place);
    OutcomeRow row;
    row.query = query;
    row.task = task;
    row.arm = arm;
    row.text = question;
    row.quality = number_member(graded, "score", place);
    row.cost_pusd = amount_member(graded, "inference_cost", 12, place);
    row.input_tokens = amount_member(usage, "input_tokens", 0, place);
    row.output_tokens = amount_member(usage, "output_tokens", 0, place);
    const auto error = line.find("error");
    const bool failed = (error != line.end() && !error->is_null() && *error != "") ||
                        line.value("success", nlohmann::json(true)) == false;
    if (failed) row.state = CellState::failed;
    builder_.add(row, place);
  }

  // A mean over metrics is a mean of different things.
  void check_metric(const std::string& metric, const std::string& task, const RecordPlace& place) {
    const std::string& scope = request_.task_from.empty() ? kAll : task;
    const auto [found, is_new] = metric_.emplace(scope, metric);
    if (found->second == metric) return;
    place.refuse(
        "evaluation_result/metric",
        "{} where rows before are graded by {}: different scales in one {}; import with --task-from metric",
        printable(metric, 60), printable(found->second, 60), request_.task_from.empty() ? "table" : "task");
  }

  inline static const std::string kAll;
  const ImportRequest& request_;
  SourceFiles files_;
  PriceTable prices_;
  TableBuilder builder_;
  std::map<std::string, std::string> metric_;
};

}  // namespace

EpisodeTable import_routerarena(const ImportRequest& request) { return ArenaReader(request).read(); }

}  // namespace offload
