#include "data/import/import.hpp"

#include <algorithm>
#include <memory>

#include "core/counted.hpp"
#include "core/environment/sessions.hpp"
#include "core/error.hpp"
#include "data/import/source_files.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "files/suggestion.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

bool has(const fs::path& folder, const char* name) {
  std::error_code error;
  return fs::exists(folder / name, error);
}

std::string first_line(const fs::path& file) {
  std::string first;
  struct Enough {};
  try {
    read_lines(file, [&](const RecordPlace&, std::string_view line) {
      first = line;
      throw Enough();
    });
  } catch (const Enough&) {
  }
  return first;
}

std::string format_of_folder(const fs::path& folder) {
  if (has(folder, "result") && has(folder, "score")) return "bfcl";
  for (const char* name : {"gsm8k", "mmlu", "mt_bench", "gsm8k_responses.csv", "responses",
                           "judgements.jsonl", "routellm/evals"}) {
    if (has(folder, name)) return "routellm";
  }
  if (has(folder, "cost.json")) return "routerarena";
  return has(folder, "train.json") && has(folder, "test.json") ? "llmrouter" : "";
}

std::string format_of_file(const fs::path& file) {
  if (file.extension() == ".json") return "llmrouter";
  const std::string line = first_line(file);
  if (file.extension() == ".jsonl") return line.find("\"arm\"") != line.npos ? "neutral" : "";
  if (file.extension() != ".csv") return {};
  if (line.starts_with("session,")) return "neutral";
  if (line.starts_with("query,turn,task,action,quality")) return "wildbench";
  if (line.starts_with("prompt,")) return "routellm";
  if (line.find("eval_name") != line.npos && line.find("|total_cost") != line.npos) {
    fail(ErrorKind::data,
         "{}: RouterBench's wide table; turn it into a neutral table as datasets/README.md shows",
         printable(file.native()));
  }
  return {};
}

void refuse_pickle(const fs::path& file) {
  const std::string ending = file.extension().string();
  if (ending == ".pkl" || ending == ".pickle" || ending == ".joblib" ||
      first_line(file).starts_with('\x80')) {
    fail(ErrorKind::data,
         "{}: a pickle, which runs code when it is read; whoever trusts it converts it to CSV "
         "(datasets/README.md)",
         printable(file.native()));
  }
}

// What was said for another format is a mistake.
void refuse_idle_options(const ImportRequest& request, const std::string& format) {
  const auto only = [&](bool given, const char* option, const char* of) {
    if (given && format != of)
      fail(ErrorKind::config, "{}: is for --format {}, this is {}; leave it out", option, of, format);
  };
  only(!request.task_from.empty(), "--task-from", "routerarena");
  only(!request.set.empty(), "--set", "routellm");
  only(request.decontaminated, "--decontaminated", "routellm");
  if (format != "neutral") only(!request.prices.empty(), "--prices", "bfcl");
  only(!request.questions.empty(), "--questions", "bfcl");
  only(!request.hourly.empty(), "--hourly", "bfcl");
  only(!request.meta.empty(), "--meta", "neutral");
  only(!request.rules.rates.empty(), "--rate", "neutral");
  if (request.sessions != 0 && request.sessions < 2)
    fail(ErrorKind::config, "--sessions: {} in a session; at least 2", counted(request.sessions, "query"));
}

EpisodeTable import_neutral(const ImportRequest& request) {
  if (request.prices.empty()) return read_outcome_table(request.source, request.rules, request.meta);
  if (request.price_date.empty())
    fail(ErrorKind::config, "--prices: prices change; say of which day they are: --price-date YYYY-MM-DD");
  SourceFiles files(request.source);
  TableRules rules = request.rules;
  rules.prices = files.prices(request.prices);
  rules.prices_sha256 = files.prices_sha256();
  rules.price_date = request.price_date;
  return read_outcome_table(request.source, rules, request.meta);
}

// An arm that is called local although the source does not say so.
void call_local(OutcomeTable& table, const std::string& name) {
  std::vector<std::string> names;
  for (const Arm& arm : table.arms) names.push_back(arm.name);
  const auto arm = std::ranges::find(table.arms, name, &Arm::name);
  if (arm == table.arms.end())
    fail(ErrorKind::config, "--local: no arm '{}'{}; arms: {}", printable(name), suggestion(name, names),
         fmt::join(names, ", "));
  if (arm->placement != Placement::device)
    table.notes.inventions.push_back(fmt::format("arm {} is called local (--local)", printable(name)));
  arm->placement = Placement::device;
}

}  // namespace

const std::vector<std::string> kImportFormats = {"neutral",     "bfcl",      "routellm",
                                                 "routerarena", "llmrouter", "wildbench"};

std::string find_import_format(const std::filesystem::path& source) {
  std::error_code error;
  if (!fs::exists(source, error)) fail(ErrorKind::io, "{}: is not there", printable(source.native()));
  const bool folder = fs::is_directory(source, error);
  if (!folder) refuse_pickle(source);
  const std::string format = folder ? format_of_folder(source) : format_of_file(source);
  if (format.empty())
    fail(ErrorKind::data,
         "{}: none of the sources that are known ({}); turn it into a neutral table "
         "(datasets/README.md)",
         printable(source.native()), fmt::join(kImportFormats, ", "));
  return format;
}

EpisodeTable import_outcomes(const ImportRequest& request) {
  const std::string format = request.format.empty() ? find_import_format(request.source) : request.format;
  std::error_code error;
  if (fs::is_regular_file(request.source, error)) refuse_pickle(request.source);
  refuse_idle_options(request, format);
  EpisodeTable table = format == "bfcl"          ? import_bfcl(request)
                       : format == "routellm"    ? import_routellm(request)
                       : format == "routerarena" ? import_routerarena(request)
                       : format == "llmrouter"   ? import_llmrouter(request)
                       : format == "wildbench"   ? import_wildbench(request)
                                                 : import_neutral(request);
  auto outcomes = std::make_shared<OutcomeTable>(*table.outcomes);
  if (request.licence) outcomes->notes.licence = *request.licence;
  if (request.commit) outcomes->notes.commit = *request.commit;
  if (!request.local.empty()) call_local(*outcomes, request.local);
  table.outcomes = std::move(outcomes);
  if (request.sessions == 0) return table;
  return in_sessions(table, request.sessions, request.seed, table.sha256);
}

}  // namespace offload
