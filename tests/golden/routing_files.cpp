#include "routing_files.hpp"

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace offload {
namespace {

using nlohmann::json;

// Fields of CSV records: quotes are doubled within quotes, line ends may be.
std::vector<std::vector<std::string>> csv_records(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::vector<std::vector<std::string>> records(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      records.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      records.back().emplace_back();
    } else if (c == '\n' && !quoted) {
      records.push_back({""});
    } else if (c != '\r') {
      records.back().back() += c;
    }
  }
  if (records.back() == std::vector<std::string>{""}) records.pop_back();
  return records;
}

std::vector<json> json_lines(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

std::int64_t pusd_per_token(const json& usd_per_million) {
  return std::llround(usd_per_million.get<double>() * 1e6);
}

}  // namespace

void append_routellm(const std::filesystem::path& csv, OutcomeTable& table) {
  const auto records = csv_records(csv);
  if (table.arms.empty()) table.arms = {{records[0][1], ""}, {records[0][2], ""}};
  for (std::size_t i = 1; i < records.size(); ++i) {
    table.known.push_back(3);
    for (const std::size_t column : {1U, 2U}) table.quality.push_back(records[i][column] == "True" ? 1 : 0);
  }
}

OutcomeTable read_routerarena(const std::filesystem::path& folder) {
  OutcomeTable table;
  std::vector<std::vector<json>> answers;
  const json prices = json::parse(std::ifstream(folder / "cost.json"));
  std::vector<std::pair<std::int64_t, std::int64_t>> price;
  for (const char* arm : {"claude-3-haiku-20240307", "gemini-2.0-flash-001"}) {
    table.arms.push_back({arm, ""});
    answers.push_back(json_lines(folder / (std::string(arm) + ".jsonl")));
    price.emplace_back(pusd_per_token(prices.at(arm).at("input_token_price_per_million")),
                       pusd_per_token(prices.at(arm).at("output_token_price_per_million")));
  }
  std::map<std::string, const json*> second;
  for (const json& answer : answers[1]) second[answer.at("global_index")] = &answer;
  for (const json& first : answers[0]) {
    table.known.push_back(3);
    table.query_names.push_back(first.at("global_index"));
    const json* of_query[] = {&first, second.at(table.query_names.back())};
    for (std::size_t a = 0; a < 2; ++a) {
      const json& tokens = of_query[a]->at("token_usage");
      table.quality.push_back(of_query[a]->at("evaluation_result").at("score"));
      table.cost_pusd.push_back(tokens.at("input_tokens").get<std::int64_t>() * price[a].first +
                                tokens.at("output_tokens").get<std::int64_t>() * price[a].second);
    }
  }
  return table;
}

OutcomeTable read_llmrouter(const std::filesystem::path& file) {
  OutcomeTable table;
  for (const json& row : json::parse(std::ifstream(file))) {
    const json& scores = row.at("scores");
    if (table.arms.empty()) {
      for (const auto& item : scores.items()) table.arms.push_back({item.key(), ""});
    }
    table.known.push_back((std::uint64_t{1} << table.arms.size()) - 1);
    for (const Arm& arm : table.arms) table.quality.push_back(scores.at(arm.name));
  }
  return table;
}

OutcomeTable read_wildbench(const std::filesystem::path& csv) {
  std::map<std::string, std::map<std::string, double>> of_query;
  std::map<std::string, std::size_t> arms;
  const auto records = csv_records(csv);
  for (std::size_t i = 1; i < records.size(); ++i) {
    of_query[records[i][0]][records[i][3]] = std::stod(records[i][4]);
    arms[records[i][3]] = 0;
  }
  OutcomeTable table;
  for (auto& [name, index] : arms) {
    index = table.arms.size();
    table.arms.push_back({name, ""});
  }
  table.notes.quality_low = 1;
  table.notes.quality_high = 10;
  for (const auto& [query, scores] : of_query) {
    table.known.push_back(0);
    table.quality.resize(table.quality.size() + arms.size(), 0.0);
    for (const auto& [name, score] : scores) {
      table.known.back() |= std::uint64_t{1} << arms[name];
      table.quality[table.cell(table.known.size() - 1, arms[name])] = score;
    }
  }
  return table;
}

}  // namespace offload
