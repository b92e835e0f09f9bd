#include <nlohmann/json.hpp>

#include "data/tables/decimal.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "data/tables/table_meta.hpp"
#include "files/atomic_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

// One row as texts by column, the way it is read.
class RowWriter {
 public:
  RowWriter(const EpisodeTable& table, bool json) : table_(table), outcomes_(*table.outcomes), json_(json) {
    for (const std::string_view name : kOutcomeColumnNames) names_.emplace_back(name);
    if (!outcomes_.text_begin.empty()) names_.emplace_back("text");
    names_.insert(names_.end(), outcomes_.feature_names.begin(), outcomes_.feature_names.end());
  }

  std::string header() const { return json_ ? "" : fmt::format("{}\n", fmt::join(names_, ",")); }

  void append(std::size_t episode, std::size_t turn, std::size_t arm, std::string& to) {
    fields_.clear();
    const std::string query =
        outcomes_.query_names.empty() ? std::to_string(turn) : outcomes_.query_names[turn];
    const bool alone = table_.length(episode) == 1;
    fields_.push_back(alone ? "" : std::to_string(episode));
    fields_.push_back(std::to_string(turn - table_.turn(episode, 0) + 1));
    fields_.push_back(query);
    fields_.push_back(table_.tasks[table_.task[turn]]);
    fields_.push_back(outcomes_.arms[arm].name);
    const bool known = outcomes_.is_known(turn, arm);
    fields_.push_back(known ? decimal_text(outcomes_.quality[outcomes_.cell(turn, arm)]) : "");
    amount(outcomes_.latency_ns, turn, arm, 9);
    amount(outcomes_.cost_pusd, turn, arm, 12);
    amount(outcomes_.input_tokens, turn, arm, 0);
    amount(outcomes_.output_tokens, turn, arm, 0);
    fields_.push_back(!known ? "0" : outcomes_.has_failed(turn, arm) ? "failed" : "1");
    const int part = outcomes_.part.empty() ? 0 : outcomes_.part[turn];
    fields_.push_back(part == 0 ? "" : part == 1 ? "train" : "test");
    fields_.push_back(std::to_string(outcomes_.prompt_group[turn]));
    const bool first = arm == 0;
    if (!outcomes_.text_begin.empty()) fields_.push_back(first ? text(turn) : "");
    const std::size_t width = outcomes_.feature_names.size();
    for (std::size_t f = 0; f < width; ++f)
      fields_.push_back(first ? fmt::format("{}", outcomes_.features[turn * width + f]) : "");
    if (json_) {
      append_json(to);
    } else {
      append_fields(to);
    }
  }

 private:
  void amount(const std::vector<std::int64_t>& column, std::size_t turn, std::size_t arm, int digits) {
    const std::int64_t value = column.empty() ? kUnknownAmount : column[outcomes_.cell(turn, arm)];
    fields_.push_back(value == kUnknownAmount ? "" : decimal_text(value, digits));
  }
  std::string text(std::size_t turn) const {
    const auto begin = static_cast<std::size_t>(outcomes_.text_begin[turn]);
    return outcomes_.text.substr(begin, static_cast<std::size_t>(outcomes_.text_begin[turn + 1]) - begin);
  }
  void append_fields(std::string& to) const {
    for (std::size_t c = 0; c < fields_.size(); ++c) {
      if (c > 0) to += ',';
      append_csv(to, fields_[c]);
    }
    to += '\n';
  }
  void append_json(std::string& to) const {
    nlohmann::ordered_json line;
    for (std::size_t c = 0; c < fields_.size(); ++c) {
      if (!fields_[c].empty() || c < kOutcomeColumns) line[names_[c]] = fields_[c];
    }
    to += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }

  const EpisodeTable& table_;
  const OutcomeTable& outcomes_;
  bool json_;
  std::vector<std::string> names_, fields_;
};

}  // namespace

void write_outcome_table(const EpisodeTable& table, const std::filesystem::path& file) {
  RowWriter writer(table, file.extension() == ".jsonl");
  AtomicFile out(file);
  Sha256 hash;
  std::string rows = writer.header();
  const auto flush = [&] {
    hash.update(rows);
    out.write(rows);
    rows.clear();
  };
  for (std::size_t e = 0; e < table.episodes(); ++e) {
    for (int t = 0; t < table.length(e); ++t) {
      for (std::size_t a = 0; a < table.outcomes->arms.size(); ++a)
        writer.append(e, table.turn(e, t), a, rows);
      if (rows.size() > std::size_t{1} << 20) flush();
    }
  }
  flush();
  std::filesystem::path meta_file = file;
  AtomicFile meta(meta_file.replace_extension(".meta.json"));
  meta.write(table_meta_text(*table.outcomes, hash.hex()));
  out.commit();
  meta.commit();
}

}  // namespace offload
