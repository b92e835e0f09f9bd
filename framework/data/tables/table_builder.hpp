// Rows of outcomes, one per (session, turn, arm) in any order, checked one by one and gathered to an
// EpisodeTable with outcomes. Every reader of routing data ends here, so every refusal is made once.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/environment/episode.hpp"
#include "core/environment/outcome_table.hpp"
#include "data/tables/text_records.hpp"

namespace offload {

enum class CellState : std::uint8_t { unknown, known, failed };

// Texts live for the call of add.
struct OutcomeRow {
  std::string_view session;  // empty: the query is a session of its own
  std::string_view query, task, arm;
  std::string_view prompt_group;  // empty: queries of equal text, or else each its own
  std::string_view text;          // may be given in one of a query's rows only
  int turn = 1;                   // counts from 0 or from 1, throughout the table alike
  CellState state = CellState::known;
  std::uint8_t part = 0;  // as OutcomeTable::part
  double quality = 0;     // of a known or failed cell
  std::int64_t latency_ns = kUnknownAmount, cost_pusd = kUnknownAmount;
  std::int64_t input_tokens = kUnknownAmount, output_tokens = kUnknownAmount;
  std::span<const float> features = {};  // likewise in one of a query's rows only
};

// What is done about what would be refused; each but `refuse` is an invention or leaves something out, and is
// noted in the table.
struct TableRules {
  enum class Missing : std::uint8_t { refuse, drop, unknown };    // of a query not every arm has a row
  enum class Failed : std::uint8_t { refuse, keep, zero, drop };  // a call that brought no answer
  Missing missing = Missing::refuse;
  Failed failed = Failed::refuse;
  bool failures_marked = false;        // a row that says `failed` has been decided about: a neutral table's
  bool clip = false;                   // quality below the scale is its lower end
  std::vector<std::string> arms = {};  // only these, in this order; empty: all
  std::map<std::string, std::string> rates = {};  // currency to USD per unit of it, decimal
  // Of arms whose rows tell tokens and no cost, by arm; for neutral tables.
  std::map<std::string, TokenPrice, std::less<>> prices = {};
  std::string prices_sha256 = {}, price_date = {};  // of the price table
};

class TableBuilder {
 public:
  // `file`: for messages. `arms`: those that there are, in order; empty: as they appear. Scale and latency of
  // `notes` are checked against, rules are noted in it.
  TableBuilder(const std::string& file, OutcomeNotes notes, std::vector<Arm> arms, TableRules rules);

  void set_features(std::vector<std::string> names) { table_.feature_names = std::move(names); }
  // Prices of arms by name, for the record; costs are the rows'.
  void set_prices(const std::map<std::string, TokenPrice, std::less<>>& prices);
  OutcomeNotes& notes() { return table_.notes; }
  // Throws Error(data) at the row's place.
  void add(const OutcomeRow& row, const RecordPlace& place);
  // Throws Error(data) for what only the whole shows. `hash`: of the data. The builder is used up.
  EpisodeTable finish(const std::string& source, const std::string& hash);

 private:
  // A record of one of the files that rows came from.
  struct Where {
    std::uint32_t line;
    std::uint16_t file;
  };
  struct Query {
    std::uint32_t session, group, task;
    Where where;
    std::int32_t turn;
    std::uint8_t part;
  };
  struct Amount {
    std::int64_t OutcomeRow::*of;
    std::vector<std::int64_t> OutcomeTable::*column;
    const char* name;
  };
  static const Amount kAmounts[4];

  std::uint32_t query_of(const OutcomeRow& row, const RecordPlace& place);
  void check_query(std::uint32_t query, const OutcomeRow& row, const RecordPlace& place);
  void take_once(std::uint32_t query, const OutcomeRow& row, const RecordPlace& place);
  std::uint32_t group_of(std::string_view key);
  int arm_of(std::string_view name, const RecordPlace& place);
  int task_of(std::string_view name, const RecordPlace& place);
  double quality_of(const OutcomeRow& row, const RecordPlace& place);
  void check_amounts(const OutcomeRow& row, const Arm& arm, const RecordPlace& place);

  // Of finish.
  std::vector<std::uint32_t> turns_in_order() const;
  std::vector<char> sessions_to_drop() const;
  void number_groups(const std::vector<std::uint32_t>& order);
  void fill_cells(const std::vector<std::uint32_t>& place, std::size_t turns);
  void fill_turns(const std::vector<std::uint32_t>& order, EpisodeStorage& storage);
  void check_arms();
  void refuse_twins(std::size_t a, std::size_t b) const;
  void note_rules(std::size_t dropped);
  RecordPlace at(Where where) const { return {files_[where.file], where.line}; }
  Where where(const RecordPlace& place);
  // "line 3", or with its file where that is another.
  std::string line_of(const Query& query, const RecordPlace& place) const;

  std::string file_;
  std::vector<std::string> files_;
  TableRules rules_;
  OutcomeTable table_;
  bool arms_fixed_;
  std::unordered_map<std::string, int> arm_ids_;
  std::map<std::string, int, std::less<>> tasks_;
  std::unordered_map<std::string, std::uint32_t> sessions_, groups_;
  std::unordered_map<std::uint64_t, std::uint32_t> query_ids_;
  std::vector<Query> queries_;  // as they appear; the arrays by turn of table_ lie likewise until order_turns
  std::vector<std::string> texts_;
  std::string last_session_;
  std::uint32_t last_session_id_ = 0;
  // Of every row: its query, arm, line, state, quality and amounts.
  std::vector<std::uint32_t> row_query_;
  std::vector<Where> row_where_;
  std::vector<std::uint8_t> row_arm_;
  std::vector<CellState> row_state_;
  std::vector<double> row_quality_;
  std::vector<std::int64_t> row_amount_[4];
  std::size_t clipped_ = 0, failures_ = 0;
};

}  // namespace offload
