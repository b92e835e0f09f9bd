// What of a table only the whole shows: its order, missing cells, groups across splits, arms that cannot be.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "core/counted.hpp"
#include "data/tables/table_builder.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

template <typename T>
void free_memory(T& values) {
  T().swap(values);
}

}  // namespace

std::vector<std::uint32_t> TableBuilder::turns_in_order() const {
  std::vector<std::uint32_t> order(queries_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {},
                    [&](std::uint32_t q) { return std::pair(queries_[q].session, queries_[q].turn); });
  int base = queries_[order.front()].turn;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Query& query = queries_[order[i]];
    const bool first = i == 0 || queries_[order[i - 1]].session != query.session;
    const int expected = first ? base : queries_[order[i - 1]].turn + 1;
    if (query.turn != expected || base > 1) {
      at(query.where)
          .refuse("turn",
                  "{} where {} is expected; a session's turns count 0, 1, 2.. or 1, 2, 3.., in "
                  "every session alike",
                  query.turn, base > 1 ? 1 : expected);
    }
  }
  return order;
}

// Which sessions cannot stay, and the refusal of cells that are missing or there twice.
std::vector<char> TableBuilder::sessions_to_drop() const {
  const std::uint64_t all = table_.arms.size() == 64 ? ~0ull : (1ull << table_.arms.size()) - 1;
  std::vector<std::uint64_t> seen(queries_.size());
  std::vector<char> gone(sessions_.size());
  for (std::size_t r = 0; r < row_query_.size(); ++r) {
    const std::uint64_t bit = 1ull << row_arm_[r];
    if (seen[row_query_[r]] & bit) {
      at(row_where_[r])
          .refuse("arm", "a second row of arm \"{}\" for query \"{}\" (whose first row is at {}); remove one",
                  printable(table_.arms[row_arm_[r]].name), printable(table_.query_names[row_query_[r]], 60),
                  line_of(queries_[row_query_[r]], at(row_where_[r])));
    }
    seen[row_query_[r]] |= bit;
    if (row_state_[r] == CellState::failed && rules_.failed == TableRules::Failed::drop)
      gone[queries_[row_query_[r]].session] = 1;
  }
  for (std::size_t q = 0; q < queries_.size(); ++q) {
    if (seen[q] == all || rules_.missing == TableRules::Missing::unknown) continue;
    if (rules_.missing == TableRules::Missing::drop) {
      gone[queries_[q].session] = 1;
      continue;
    }
    const auto arm = static_cast<std::size_t>(std::countr_one(seen[q]));
    at(queries_[q].where)
        .refuse("arm",
                "query \"{}\" has no row of arm \"{}\"; add it (known = 0 if nobody knows), or "
                "import with --missing drop",
                printable(table_.query_names[q], 60), printable(table_.arms[arm].name));
  }
  return gone;
}

// And their numbers: by turns, so that a table written and read again has the same.
void TableBuilder::number_groups(const std::vector<std::uint32_t>& order) {
  struct Group {
    std::uint32_t number, first;
  };
  std::unordered_map<std::uint32_t, Group> groups;
  for (const std::uint32_t q : order) {
    Query& query = queries_[q];
    if (query.group == kNowhere)
      query.group =
          group_of(texts_[q].empty() ? "q" + table_.query_names[q] : "t" + digest_of(texts_[q]).hex());
    const Group& group =
        groups.emplace(query.group, Group{static_cast<std::uint32_t>(groups.size()), q}).first->second;
    query.group = group.number;
    const Query& other = queries_[group.first];
    if (query.part != 0 && other.part != 0 && other.part != query.part) {
      at(query.where)
          .refuse("split",
                  "the prompt group of query \"{}\" is in the other split at {}; keep queries of one "
                  "prompt together",
                  printable(table_.query_names[q], 60), line_of(other, at(query.where)));
    }
  }
}

// Lays the rows out by (turn, arm); `place[q]`: the turn that query q becomes.
void TableBuilder::fill_cells(const std::vector<std::uint32_t>& place, std::size_t turns) {
  const std::size_t cells = turns * table_.arms.size();
  table_.known.assign(turns, 0);
  std::vector<std::uint64_t> failed(turns);
  table_.quality.assign(cells, 0);
  for (std::size_t r = 0; r < row_query_.size(); ++r) {
    const std::uint32_t turn = place[row_query_[r]];
    if (turn == kNowhere || row_state_[r] == CellState::unknown) continue;
    table_.known[turn] |= 1ull << row_arm_[r];
    if (row_state_[r] == CellState::failed) failed[turn] |= 1ull << row_arm_[r];
    table_.quality[table_.cell(turn, row_arm_[r])] = row_quality_[r];
  }
  if (std::ranges::any_of(failed, [](auto bits) { return bits != 0; })) table_.failed = std::move(failed);
  free_memory(row_quality_);
  for (std::size_t i = 0; i < 4; ++i) {
    auto& column = table_.*kAmounts[i].column;
    if (std::ranges::any_of(row_amount_[i], [](auto x) { return x != kUnknownAmount; })) {
      column.assign(cells, kUnknownAmount);
      for (std::size_t r = 0; r < row_query_.size(); ++r) {
        const std::uint32_t turn = place[row_query_[r]];
        if (turn != kNowhere && row_state_[r] != CellState::unknown)
          column[table_.cell(turn, row_arm_[r])] = row_amount_[i][r];
      }
    }
    free_memory(row_amount_[i]);
  }
}

// Per-query arrays in the order of turns.
void TableBuilder::fill_turns(const std::vector<std::uint32_t>& order, EpisodeStorage& storage) {
  std::vector<std::string> names;
  std::vector<float> features;
  const std::size_t width = table_.feature_names.size();
  const bool parts = std::ranges::any_of(queries_, [](const Query& query) { return query.part != 0; });
  const bool texts = std::ranges::any_of(texts_, [](const std::string& text) { return !text.empty(); });
  std::vector<std::uint8_t> sorted_id(tasks_.size());
  for (const auto& [name, id] : tasks_) {
    sorted_id[static_cast<std::size_t>(id)] = static_cast<std::uint8_t>(storage.tasks.size());
    storage.tasks.push_back(name);
  }
  if (texts) table_.text_begin.push_back(0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t q = order[i];
    const Query& query = queries_[q];
    if (i == 0 || queries_[order[i - 1]].session != query.session) {
      if (i > 0) storage.first_turn.push_back(i);
      storage.id.push_back(static_cast<std::int64_t>(storage.id.size()));
    }
    storage.task.push_back(sorted_id[query.task]);
    table_.prompt_group.push_back(query.group);
    if (parts) table_.part.push_back(query.part);
    names.push_back(std::move(table_.query_names[q]));
    if (texts) {
      table_.text += texts_[q];
      table_.text_begin.push_back(table_.text.size());
      free_memory(texts_[q]);
    }
    for (std::size_t f = 0; f < width; ++f) {
      if (std::isnan(table_.features[q * width + f]))
        at(query.where)
            .refuse(table_.feature_names[f], "no row of query \"{}\" gives it; a feature is a finite number",
                    printable(names.back(), 60));
      features.push_back(table_.features[q * width + f]);
    }
  }
  storage.first_turn.push_back(order.size());
  table_.query_names = std::move(names);
  table_.features = std::move(features);
}

void TableBuilder::check_arms() {
  constexpr std::int64_t kMedianMost = 100'000'000'000;
  const std::size_t arms = table_.arms.size(), turns = table_.turns();
  if (table_.latency_ns.empty()) {
    table_.notes.latency = OutcomeNotes::Latency::absent;
    return;
  }
  for (std::size_t a = 0; a < arms; ++a) {
    std::vector<std::int64_t> of_arm;
    for (std::size_t t = 0; t < turns; ++t) {
      if (table_.latency_ns[table_.cell(t, a)] != kUnknownAmount)
        of_arm.push_back(table_.latency_ns[table_.cell(t, a)]);
    }
    if (of_arm.empty()) continue;
    const auto middle = of_arm.begin() + static_cast<std::ptrdiff_t>(of_arm.size() / 2);
    std::ranges::nth_element(of_arm, middle);
    if (*middle > kMedianMost) {
      fail(ErrorKind::data, "{}: latency_s: the median of arm \"{}\" is {} s, more than 100; is it in ms?",
           file_, printable(table_.arms[a].name), static_cast<double>(*middle) / 1e9);
    }
    for (std::size_t b = 0; b < a; ++b) refuse_twins(b, a);
  }
}

// Two services do not take the same nanoseconds over and over: somebody made the figures up.
void TableBuilder::refuse_twins(std::size_t a, std::size_t b) const {
  std::size_t both = 0;
  const auto equal = [&](const std::vector<std::int64_t>& column, std::size_t t) {
    return column.empty() || column[table_.cell(t, a)] == column[table_.cell(t, b)];
  };
  for (std::size_t t = 0; t < table_.turns(); ++t) {
    if (table_.latency_ns[table_.cell(t, a)] == kUnknownAmount) continue;
    if (!equal(table_.latency_ns, t) || !equal(table_.input_tokens, t) || !equal(table_.output_tokens, t))
      return;
    ++both;
  }
  if (both < 3) return;
  fail(ErrorKind::data,
       "{}: latency_s: arms \"{}\" and \"{}\" have the same latency and usage in all {}; figures of one "
       "were "
       "given to the other, find the measured ones or leave latency out",
       file_, printable(table_.arms[a].name), printable(table_.arms[b].name), counted(both, "row"));
}

void TableBuilder::note_rules(std::size_t dropped) {
  const auto note = [&](std::string text) { table_.notes.inventions.push_back(std::move(text)); };
  if (dropped > 0) {
    note(fmt::format("{} of {} were left out ({})", dropped, counted(queries_.size(), "query"),
                     rules_.failed != TableRules::Failed::drop     ? "--missing drop"
                     : rules_.missing == TableRules::Missing::drop ? "--missing drop, --failed drop"
                                                                   : "--failed drop"));
  }
  if (clipped_ > 0)
    note(fmt::format("{} below the scale {} raised to {} (--clip)", counted(clipped_, "quality"),
                     clipped_ == 1 ? "was" : "were", table_.notes.quality_low));
  if (failures_ > 0 && rules_.failed == TableRules::Failed::zero)
    note(fmt::format("{} {} 0 (--failed zero)", counted(failures_, "failed call"),
                     failures_ == 1 ? "scores" : "score"));
  if (failures_ > 0 && rules_.failed == TableRules::Failed::keep)
    note(fmt::format("{} {} the score of the source (--failed keep)", counted(failures_, "failed call"),
                     failures_ == 1 ? "keeps" : "keep"));
}

EpisodeTable TableBuilder::finish(const std::string& source, const std::string& hash) {
  if (queries_.empty()) {
    fail(ErrorKind::data, "{}: no row{}; a table has at least one query", file_,
         rules_.arms.empty() ? "" : " of the arms that --arms names");
  }
  std::vector<std::uint32_t> order = turns_in_order();
  const std::vector<char> gone = sessions_to_drop();
  std::erase_if(order, [&](std::uint32_t q) { return gone[queries_[q].session] != 0; });
  if (order.empty()) fail(ErrorKind::data, "{}: every query would be left out; not one has all arms", file_);
  number_groups(order);
  note_rules(queries_.size() - order.size());
  std::vector<std::uint32_t> place(queries_.size(), kNowhere);
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<std::uint32_t>(i);
  fill_cells(place, order.size());
  EpisodeStorage storage;
  fill_turns(order, storage);
  check_arms();
  EpisodeTable table = make_table(std::move(storage), source, hash);
  table.outcomes = std::make_shared<const OutcomeTable>(std::move(table_));
  return table;
}

}  // namespace offload
