#include <map>
#include <nlohmann/json.hpp>

#include "cli/datasets/datasets_outcomes.hpp"
#include "cli/range.hpp"
#include "cli/terminal.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "data/import/import.hpp"
#include "data/tables/decimal.hpp"
#include "data/tables/describe_outcomes.hpp"
#include "data/tables/outcome_table_file.hpp"

namespace offload::cli {
namespace {

struct ImportOptions {
  ImportRequest request;
  std::string source, meta, prices, questions, missing, failed, licence, commit, out;
  std::vector<std::string> rates, hourly, scale;
};

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// NAME=DECIMAL, as --rate and --hourly take them.
std::map<std::string, std::string> read_pairs(const char* option, const std::vector<std::string>& pairs) {
  std::map<std::string, std::string> read;
  for (const std::string& pair : pairs) {
    const auto parts = split_at(pair, '=');
    const auto value = parts.size() == 2 ? scaled_decimal(parts[1], 9) : std::nullopt;
    if (!value || value->value <= 0 || parts[0].empty())
      fail(ErrorKind::config, "{} {}: expected NAME=US-DOLLARS, such as CNY=0.14", option, printable(pair));
    read[parts[0]] = parts[1];
  }
  return read;
}

void read_scale(const std::vector<std::string>& scale, ImportRequest& request) {
  if (scale.empty()) return;
  const auto low = decimal_number(scale[0]), high = decimal_number(scale[1]);
  if (!low || !high || !(*low < *high))
    fail(ErrorKind::config, "--scale {},{}: expected the lowest and the highest quality, such as 0,1",
         printable(scale[0]), printable(scale[1]));
  request.scale = {*low, *high};
}

ImportRequest request_of(const ImportOptions& options) {
  ImportRequest request = options.request;
  request.source = options.source;
  request.meta = options.meta;
  request.prices = options.prices;
  request.questions = options.questions;
  using Missing = TableRules::Missing;
  using Failed = TableRules::Failed;
  if (!options.missing.empty())
    request.rules.missing = options.missing == "drop" ? Missing::drop : Missing::unknown;
  if (!options.failed.empty())
    request.rules.failed = options.failed == "drop"   ? Failed::drop
                           : options.failed == "zero" ? Failed::zero
                                                      : Failed::keep;
  request.rules.rates = read_pairs("--rate", options.rates);
  request.hourly = read_pairs("--hourly", options.hourly);
  read_scale(options.scale, request);
  if (!options.licence.empty()) request.licence = options.licence;
  if (!options.commit.empty()) request.commit = options.commit;
  return request;
}

int run_import(const ImportOptions& options) {
  if (!is_outcome_table(options.out))
    fail(ErrorKind::config, "--out {}: name it NAME.csv or NAME.jsonl", printable(options.out));
  const EpisodeTable table = import_outcomes(request_of(options));
  write_outcome_table(table, options.out);
  const OutcomeTable& outcomes = *table.outcomes;
  put("{}: {}, {}, {}, {}; {}\n", printable(options.out), counted(table.episodes(), "episode"),
      counted(table.turns(), "query"), counted(outcomes.arms.size(), "arm"),
      counted(table.tasks.size(), "task"), printable(licence_text(outcomes.notes)));
  for (const std::string& invention : outcomes.notes.inventions) put("  {}\n", printable(invention));
  return 0;
}

void add_rules(CLI::App& verb, ImportOptions& options) {
  verb.add_option("--missing", options.missing,
                  "Where not every arm answered a query: drop its session, or leave the cells unknown")
      ->check(CLI::IsMember({"drop", "unknown"}));
  verb.add_option("--failed", options.failed,
                  "What a failed call counts for: drop its session, zero, or keep the source's score")
      ->check(CLI::IsMember({"drop", "zero", "keep"}));
  verb.add_flag("--clip", options.request.rules.clip, "Raise qualities below the scale to its lower end");
  verb.add_option("--scale", options.scale, "Lowest and highest quality, in place of the format's own")
      ->expected(2)
      ->delimiter(',');
  verb.add_option("--arms", options.request.rules.arms, "Only these, in this order")->delimiter(',');
  verb.add_option("--sessions", options.request.sessions,
                  "Group independent queries into sessions of so many")
      ->check(whole(1, 255));
  verb.add_option("--seed", options.request.seed, "Of drawing the sessions")
      ->capture_default_str()
      ->check(any_seed());
  verb.add_option("--local", options.request.local,
                  "The arm to be called local although the source does not");
}

void add_sources(CLI::App& verb, ImportOptions& options) {
  verb.add_option("--meta", options.meta,
                  "neutral: the meta file, else NAME.meta.json or meta.json beside it");
  verb.add_option("--rate", options.rates, "neutral: US dollars per unit of its currency, such as CNY=0.14");
  verb.add_option("--prices", options.prices,
                  "bfcl, neutral: a table of token prices with their unit; neutral: for rows that tell "
                  "tokens and no cost");
  verb.add_option("--hourly", options.hourly,
                  "bfcl: ARM=USD, the price of an hour of an unpriced arm's machine");
  verb.add_option("--price-date", options.request.price_date, "Of the prices, YYYY-MM-DD");
  verb.add_option("--questions", options.questions,
                  "bfcl: the folder of questions_CATEGORY.jsonl, for prompt groups");
  verb.add_option("--set", options.request.set, "routellm: which of the three")
      ->check(CLI::IsMember({"gsm8k", "mmlu", "mt_bench"}));
  verb.add_flag("--decontaminated", options.request.decontaminated,
                "routellm: without the prompts that its training data resemble");
  verb.add_option("--task-from", options.request.task_from, "routerarena: metric or prefix");
  verb.add_option("--licence", options.licence,
                  "What the source's licence is, where the program does not know");
  verb.add_option("--commit", options.commit, "The version of the source, for the record");
}

}  // namespace

void add_import(CLI::App& datasets, Action& action) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* verb =
      datasets.add_subcommand("import", "Turn public routing data into a neutral table of outcomes");
  verb->add_option("source", options->source, "A file or folder as its project publishes it")->required();
  verb->add_option("--format", options->request.format, "Found by looking where it is not given")
      ->check(CLI::IsMember(kImportFormats));
  verb->add_option("--out", options->out, "NAME.csv or NAME.jsonl; NAME.meta.json is written beside")
      ->required();
  add_rules(*verb, *options);
  add_sources(*verb, *options);
  verb->footer(
      "What is decided here and is no fact of the source is noted in the meta file and shown in every "
      "report.\n"
      "Example: offload-bench datasets import RouteLLM/routellm/evals --set gsm8k --out gsm8k.csv");
  verb->callback([options, &action] { action = [options] { return run_import(*options); }; });
}

}  // namespace offload::cli
