// The Berkeley Function-Calling Leaderboard, version 1: result/MODEL/*_result.json (JSON lines) hold answers,
// tokens and measured latency, score/MODEL/*_score.json a head and the wrong answers alone.
#include <algorithm>
#include <map>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "data/import/import.hpp"
#include "data/import/source_files.hpp"
#include "data/tables/decimal.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kResultStart = "gorilla_openfunctions_v1_test_", kResultEnd = "_result.json",
                           kScoreEnd = "_score.json";

// Questions by query, for prompt groups and texts.
using Questions = std::map<std::string, std::string>;

struct Answer {
  std::string query;
  std::uint64_t line;
  std::int64_t latency_ns, input_tokens, output_tokens;
  bool error;
};

std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
  }
  if (error || names.empty())
    fail(ErrorKind::data, "{}: no folder of a model in it", printable(folder.native()));
  std::ranges::sort(names);
  return names;
}

class BfclReader {
 public:
  explicit BfclReader(const ImportRequest& request)
      : request_(request),
        files_(request.source),
        builder_(request.source.string(), notes(request), {}, rules(request)) {
    if (!request.prices.empty()) prices_ = files_.prices(request.prices);
    for (const auto& [arm, rate] : request.hourly) {
      hourly_[arm] = scaled_decimal(rate, 9)->value;
      builder_.notes().inventions.push_back(
          fmt::format("a call of {} costs its time at {} USD an hour (--hourly)", printable(arm), rate));
    }
  }

  EpisodeTable read() {
    const fs::path results = request_.source / "result", scores = request_.source / "score";
    for (const std::string& model : models(results)) {
      if (!fs::exists(scores / model))
        fail(ErrorKind::data,
             "{}: no folder of scores, although there are results; a model without its scores would "
             "read as all right, fetch it again",
             printable((scores / model).native()));
      const TokenPrice* price = prices_.contains(model) ? &prices_.find(model)->second : nullptr;
      read_model(model, results / model, scores / model, price);
    }
    builder_.notes().source_sha256 = files_.sha256();
    if (!prices_.empty()) {
      builder_.notes().price_table_sha256 = files_.prices_sha256();
      builder_.notes().price_date = request_.price_date;
      builder_.set_prices(prices_);
    }
    return builder_.finish(request_.source.string(), files_.sha256());
  }

 private:
  static OutcomeNotes notes(const ImportRequest& request) {
    OutcomeNotes notes;
    notes.source = "https://github.com/HuanzhiMao/BFCL-Result";
    notes.latency = OutcomeNotes::Latency::measured;
    if (request.scale) std::tie(notes.quality_low, notes.quality_high) = *request.scale;
    return notes;
  }
  static TableRules rules(const ImportRequest& request) { return request.rules; }

  std::vector<std::string> models(const fs::path& results) const {
    if (request_.rules.arms.empty()) return folders_in(results);
    for (const std::string& arm : request_.rules.arms) {
      if (!fs::exists(results / arm))
        fail(ErrorKind::config, "--arms: no folder {}; arms are: {}", printable((results / arm).native()),
             fmt::join(folders_in(results), ", "));
    }
    return request_.rules.arms;
  }

  void read_model(const std::string& model, const fs::path& results, const fs::path& scores,
                  const TokenPrice* price) {
    std::set<std::string> categories;
    std::vector<std::pair<std::string, std::vector<Answer>>> answers;
    bool counted = false;
    for (const fs::path& file : files_ending(results, std::string(kResultEnd))) {
      std::string category = file.filename().string();
      if (!category.starts_with(kResultStart)) continue;
      category =
          category.substr(kResultStart.size(), category.size() - kResultStart.size() - kResultEnd.size());
      categories.insert(category);
      answers.emplace_back(category, read_answers(file, category));
      for (const Answer& answer : answers.back().second)
        counted |= answer.input_tokens > 0 || answer.output_tokens > 0;
    }
    for (const fs::path& file : files_ending(scores, std::string(kScoreEnd))) {
      std::string category = file.filename().string();
      category.resize(category.size() - kScoreEnd.size());
      if (!categories.contains(category))
        fail(ErrorKind::data, "{}: scores without a file of results; fetch the results again",
             printable(file.native()));
    }
    for (auto& [category, list] : answers) {
      const std::set<std::string> wrong =
          read_wrong(scores / (category + std::string(kScoreEnd)), category, list);
      add_rows(model, category, results, list, wrong, price, counted);
    }
  }

  std::vector<Answer> read_answers(const fs::path& file, const std::string& category) {
    std::vector<Answer> answers;
    std::set<std::string> seen;
    files_.json_lines(file, [&](const RecordPlace& place, const nlohmann::json& row) {
      Answer answer{text_member(row, "id", place),
                    place.line,
                    amount_member(row, "latency", 9, place),
                    amount_member(row, "input_token_count", 0, place),
                    amount_member(row, "output_token_count", 0, place),
                    false};
      const nlohmann::json& result = member(row, "result", place);
      answer.error = result.is_string() && result.get_ref<const std::string&>().starts_with("Error");
      if (!answer.query.starts_with(category + "_"))
        place.refuse("id", "\"{}\" is not of category {}", printable(answer.query, 60), category);
      if (!seen.insert(answer.query).second)
        place.refuse("id", "\"{}\" is there twice", printable(answer.query, 60));
      answers.push_back(std::move(answer));
    });
    return answers;
  }

  // The ids of the wrong answers. The file's own ids count from 1 within the category, those of the results
  // from 0: the prompt's id is the one that fits, and both have to say the same.
  std::set<std::string> read_wrong(const fs::path& file, const std::string& category,
                                   const std::vector<Answer>& answers) {
    if (!fs::exists(file))
      fail(ErrorKind::data, "{}: missing; without it every answer would read as right, fetch it again",
           printable(file.native()));
    std::set<std::string> ids, wrong;
    for (const Answer& answer : answers) ids.insert(answer.query);
    std::int64_t total = -1, correct = -1;
    files_.json_lines(file, [&](const RecordPlace& place, const nlohmann::json& row) {
      if (total < 0) {
        total = amount_member(row, "total_count", 0, place);
        correct = amount_member(row, "correct_count", 0, place);
        if (total != static_cast<std::int64_t>(answers.size()))
          place.refuse("total_count", "{} where the results have {}; the two files are of different runs",
                       total, counted(answers.size(), "answer"));
        return;
      }
      const std::int64_t number = amount_member(row, "id", 0, place);
      const std::string id = fmt::format("{}_{}", category, number - 1);
      if (row.contains("prompt") && row["prompt"].is_object() && row["prompt"].contains("id") &&
          row["prompt"]["id"] != id)
        place.refuse(
            "id",
            "{} is not the question {} of its prompt; ids of scores count from 1, those of results from 0",
            number, printable(dump(row["prompt"]["id"]), 60));
      if (!ids.contains(id))
        place.refuse("id", "{} is none of the results' (0 to {})", number, answers.size() - 1);
      if (!wrong.insert(id).second) place.refuse("id", "{} is there twice", number);
    });
    if (total - correct != static_cast<std::int64_t>(wrong.size())) {
      fail(ErrorKind::data,
           "{}:1: correct_count: {} of {} right leaves {} wrong, but {} are listed; the file is cut short",
           printable(file.native()), correct, total, total - correct, wrong.size());
    }
    return wrong;
  }
  static std::string dump(const nlohmann::json& value) { return value.dump(-1, ' ', true); }

  const Questions& questions_of(const std::string& category) {
    const bool known = questions_.contains(category);
    Questions& questions = questions_[category];
    if (known || request_.questions.empty()) return questions;
    std::uint64_t n = 0;
    files_.json_lines(request_.questions / ("questions_" + category + ".jsonl"),
                      [&](const RecordPlace& place, const nlohmann::json& row) {
                        const nlohmann::json& question = member(row, "question", place);
                        questions[fmt::format("{}_{}", category, n++)] =
                            question.is_string() ? question.get<std::string>() : dump(question);
                      });
    return questions;
  }

  void add_rows(const std::string& model, const std::string& category, const fs::path& results,
                const std::vector<Answer>& answers, const std::set<std::string>& wrong,
                const TokenPrice* price, bool counted) {
    const std::string file =
        printable((results / (std::string(kResultStart) + category + std::string(kResultEnd))).native());
    const Questions& questions = questions_of(category);
    for (const Answer& answer : answers) {
      OutcomeRow row;
      row.query = answer.query;
      row.task = category;
      row.arm = model;
      row.quality = wrong.contains(answer.query) ? 0 : 1;
      row.latency_ns = answer.latency_ns;
      if (counted) {
        // A model whose every count is 0 was not counted, which is not the same as free.
        row.input_tokens = answer.input_tokens;
        row.output_tokens = answer.output_tokens;
        row.cost_pusd = cost_of(price, answer.input_tokens, answer.output_tokens);
        if (const auto rate = hourly_.find(model); rate != hourly_.end())
          row.cost_pusd = cost_of_time(answer.latency_ns, rate->second);
        const bool nothing = answer.input_tokens <= 0 || answer.output_tokens <= 0;
        const bool none = answer.input_tokens == 0 || answer.output_tokens == 0;
        if (none || (nothing && answer.error)) row.state = CellState::failed;
      }
      if (const auto question = questions.find(answer.query); question != questions.end())
        row.text = question->second;
      builder_.add(row, {file, answer.line});
    }
  }

  const ImportRequest& request_;
  SourceFiles files_;
  TableBuilder builder_;
  PriceTable prices_;
  std::map<std::string, std::int64_t> hourly_;  // nano-USD
  std::map<std::string, Questions> questions_;
};

}  // namespace

EpisodeTable import_bfcl(const ImportRequest& request) { return BfclReader(request).read(); }

}  // namespace offload
