#include "data/tables/table_builder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/counted.hpp"
#include "core/utf8.hpp"
#include "data/dataset.hpp"
#include "data/tables/decimal.hpp"
#include "files/suggestion.hpp"

namespace offload {
namespace {

constexpr std::size_t kNameMax = 1000;  // bytes of the name of a session, query or prompt group
constexpr int kNotWanted = -1;

void require_name(std::string_view name, const char* column, std::size_t most, const RecordPlace& place) {
  if (name.empty()) place.refuse(column, "empty; give every row its {}", column);
  if (name.size() > most)
    place.refuse(column, "{}; a name has at most {}", counted(name.size(), "byte"), most);
  for (std::size_t i = 0; i < name.size();) {
    const char32_t point = decode_utf8(name, i);
    if (point == kReplacementCharacter)
      place.refuse(column, "\"{}\" is not UTF-8; save the file as UTF-8", printable(name, 60));
    if (acts(point))
      place.refuse(
          column,
          "\"{}\" has a character that acts instead of showing, as a line break does; names stand in "
          "tables: leave it out",
          printable(name, 60));
  }
}

}  // namespace

const TableBuilder::Amount TableBuilder::kAmounts[4] = {
    {&OutcomeRow::latency_ns, &OutcomeTable::latency_ns, "latency_s"},
    {&OutcomeRow::cost_pusd, &OutcomeTable::cost_pusd, "cost_usd"},
    {&OutcomeRow::input_tokens, &OutcomeTable::input_tokens, "input_tokens"},
    {&OutcomeRow::output_tokens, &OutcomeTable::output_tokens, "output_tokens"}};

TableBuilder::TableBuilder(const std::string& file, OutcomeNotes notes, std::vector<Arm> arms,
                           TableRules rules)
    : file_(printable(file)), rules_(std::move(rules)), arms_fixed_(!arms.empty() || !rules_.arms.empty()) {
  table_.notes = std::move(notes);
  std::vector<std::string> known;
  for (const Arm& arm : arms) known.push_back(arm.name);
  for (const std::string& name : rules_.arms) {
    const auto arm = std::ranges::find(arms, name, &Arm::name);
    if (arm == arms.end() && !arms.empty()) {
      fail(ErrorKind::config, "--arms: {} has no arm '{}'{}; it has: {}", file_, printable(name),
           suggestion(name, known), fmt::join(known, ", "));
    }
    if (!arm_ids_.emplace(name, static_cast<int>(table_.arms.size())).second)
      fail(ErrorKind::config, "--arms: '{}' is there twice", printable(name));
    table_.arms.push_back(arm == arms.end() ? Arm{name, {}} : *arm);
  }
  if (rules_.arms.empty()) {
    table_.arms = std::move(arms);
    for (std::size_t a = 0; a < table_.arms.size(); ++a) arm_ids_.emplace(table_.arms[a].name, a);
  } else {
    for (const std::string& name : known) arm_ids_.emplace(name, kNotWanted);
  }
  if (table_.arms.size() > kMostArms)
    fail(ErrorKind::data, "{}: {}; at most {}, choose some by --arms", file_,
         counted(table_.arms.size(), "arm"), kMostArms);
}

void TableBuilder::set_prices(const std::map<std::string, TokenPrice, std::less<>>& prices) {
  for (Arm& arm : table_.arms) {
    if (const auto price = prices.find(arm.name); price != prices.end()) arm.price = price->second;
  }
}

int TableBuilder::arm_of(std::string_view name, const RecordPlace& place) {
  const auto known = arm_ids_.find(std::string(name));
  if (known != arm_ids_.end()) return known->second;
  require_name(name, "arm", kTaskNameMax, place);
  if (arms_fixed_ && !rules_.arms.empty()) return kNotWanted;
  if (arms_fixed_) {
    std::vector<std::string> names;
    for (const Arm& arm : table_.arms) names.push_back(arm.name);
    place.refuse("arm", "\"{}\" is not among the arms of the meta file{}; add it there", printable(name),
                 suggestion(name, names));
  }
  if (table_.arms.size() == kMostArms) {
    place.refuse("arm", "more than {} arms; \"{}\" is one too many, choose some by --arms", kMostArms,
                 printable(name));
  }
  table_.arms.push_back({std::string(name), {}});
  return arm_ids_.emplace(name, static_cast<int>(table_.arms.size()) - 1).first->second;
}

int TableBuilder::task_of(std::string_view name, const RecordPlace& place) {
  const auto known = tasks_.find(name);
  if (known != tasks_.end()) return known->second;
  require_name(name, "task", kTaskNameMax, place);
  if (tasks_.size() == kTasksMax) {
    place.refuse("task", "more than {} tasks; \"{}\" is one too many, name broader ones", kTasksMax,
                 printable(name));
  }
  return tasks_.emplace(name, static_cast<int>(tasks_.size())).first->second;
}

TableBuilder::Where TableBuilder::where(const RecordPlace& place) {
  if (place.line > UINT32_MAX) place.refuse("", "more lines than a table may have");
  if (files_.empty() || files_.back() != place.file) {
    if (files_.size() == UINT16_MAX) place.refuse("", "rows of more files than a table may be made of");
    files_.emplace_back(place.file);
  }
  return {static_cast<std::uint32_t>(place.line), static_cast<std::uint16_t>(files_.size() - 1)};
}

std::string TableBuilder::line_of(const Query& query, const RecordPlace& place) const {
  const std::string& file = files_[query.where.file];
  return file == place.file ? fmt::format("line {}", query.where.line)
                            : fmt::format("{}:{}", file, query.where.line);
}

std::uint32_t TableBuilder::group_of(std::string_view key) {
  return groups_.emplace(key, static_cast<std::uint32_t>(groups_.size())).first->second;
}

std::uint32_t TableBuilder::query_of(const OutcomeRow& row, const RecordPlace& place) {
  const std::string_view session = row.session.empty() ? row.query : row.session;
  if (last_session_ != session || sessions_.empty()) {
    require_name(row.query, "query", kNameMax, place);
    require_name(session, "session", kNameMax, place);
    last_session_ = session;
    last_session_id_ = sessions_.emplace(session, static_cast<std::uint32_t>(sessions_.size())).first->second;
    if (sessions_.size() > kEpisodesMax) place.refuse("session", "more than {} sessions", kEpisodesMax);
  }
  if (row.turn < 0 || row.turn > kTurnsMax)
    place.refuse("turn", "{}; turns count from 0 or 1, at most {} in a session", row.turn, kTurnsMax);
  const std::uint64_t key = std::uint64_t{last_session_id_} << 32 | static_cast<std::uint32_t>(row.turn);
  const auto [found, is_new] = query_ids_.emplace(key, static_cast<std::uint32_t>(queries_.size()));
  if (!is_new) {
    check_query(found->second, row, place);
  } else {
    require_name(row.query, "query", kNameMax, place);
    queries_.push_back({last_session_id_, UINT32_MAX, static_cast<std::uint32_t>(task_of(row.task, place)),
                        where(place), row.turn, row.part});
    table_.query_names.emplace_back(row.query);
    texts_.emplace_back();
    table_.features.resize(table_.features.size() + table_.feature_names.size(), NAN);
  }
  take_once(found->second, row, place);
  return found->second;
}

// The rows of one query say the same of it.
void TableBuilder::check_query(std::uint32_t q, const OutcomeRow& row, const RecordPlace& place) {
  const Query& query = queries_[q];
  if (table_.query_names[q] != row.query) {
    place.refuse("query",
                 "\"{}\" where {} has \"{}\" in the same session and turn; give each query a "
                 "turn or a session of its own",
                 printable(row.query, 60), line_of(query, place), printable(table_.query_names[q], 60));
  }
  if (query.task != static_cast<std::uint32_t>(task_of(row.task, place)))
    place.refuse("task", "\"{}\" differs from {}, the same query", printable(row.task, 60),
                 line_of(query, place));
  if (query.part != row.part) place.refuse("split", "differs from {}, the same query", line_of(query, place));
}

void TableBuilder::take_once(std::uint32_t q, const OutcomeRow& row, const RecordPlace& place) {
  if (!row.text.empty() && texts_[q] != row.text) {
    if (!texts_[q].empty())
      place.refuse("text", "differs from {}, the same query", line_of(queries_[q], place));
    texts_[q] = row.text;
  }
  if (!row.prompt_group.empty()) {
    require_name(row.prompt_group, "prompt_group", kNameMax, place);
    const std::uint32_t group = group_of("g" + std::string(row.prompt_group));
    if (queries_[q].group != UINT32_MAX && queries_[q].group != group)
      place.refuse("prompt_group", "differs from {}, the same query", line_of(queries_[q], place));
    queries_[q].group = group;
  }
  const std::size_t width = table_.feature_names.size();
  float* features = table_.features.data() + q * width;
  for (std::size_t f = 0; f < row.features.size(); ++f) {
    if (!std::isnan(features[f]) && features[f] != row.features[f])
      place.refuse(table_.feature_names[f], "differs from {}, the same query", line_of(queries_[q], place));
    features[f] = row.features[f];
  }
}

double TableBuilder::quality_of(const OutcomeRow& row, const RecordPlace& place) {
  if (row.state == CellState::unknown) return 0;
  const double low = table_.notes.quality_low, high = table_.notes.quality_high;
  if (!std::isfinite(row.quality)) place.refuse("quality", "not a finite number; a known outcome has one");
  if (row.state == CellState::failed && rules_.failed == TableRules::Failed::zero)
    return std::clamp(0.0, low, high);
  if (row.quality < low && rules_.clip) {
    ++clipped_;
    return low;
  }
  if (row.quality < low || row.quality > high) {
    place.refuse("quality", "{} is outside the scale {}..{}; declare the right scale{}", row.quality, low,
                 high, row.quality < low ? ", or raise what is below it by --clip" : "");
  }
  return row.quality;
}

void TableBuilder::check_amounts(const OutcomeRow& row, const Arm& arm, const RecordPlace& place) {
  constexpr std::int64_t kHour = 3'600'000'000'000, kMostCost = 10'000'000'000'000, kLeastCost = 1000;
  for (const Amount& amount : kAmounts) {
    if (row.*amount.of < kUnknownAmount) place.refuse(amount.name, "negative; amounts are 0 or more");
  }
  if (row.latency_ns != kUnknownAmount) {
    if (table_.notes.latency == OutcomeNotes::Latency::absent)
      place.refuse("latency_s",
                   "given although the meta file says that latency is absent; say measured or "
                   "modelled");
    if (row.latency_ns > kHour)
      place.refuse("latency_s", "{} s is more than an hour; is it in ms?", decimal_text(row.latency_ns, 9));
  }
  if (row.cost_pusd > kMostCost || (row.cost_pusd > 0 && row.cost_pusd < kLeastCost)) {
    place.refuse("cost_usd",
                 "a call of arm \"{}\" for {} USD; is its price per token, per thousand or per million "
                 "tokens, and in USD?",
                 printable(arm.name), decimal_text(row.cost_pusd, 12));
  }
}

// Whether a call looks as if it brought no answer: nothing was charged or counted, yet it took time.
static const char* free_of(const OutcomeRow& row, const Arm& arm) {
  if (row.latency_ns == kUnknownAmount) return nullptr;
  if (row.latency_ns == 0) return "latency_s";
  if (row.cost_pusd == 0 && arm.placement != Placement::device) return "cost_usd";
  if (row.input_tokens == 0) return "input_tokens";
  return row.output_tokens == 0 ? "output_tokens" : nullptr;
}

void TableBuilder::add(const OutcomeRow& given, const RecordPlace& place) {
  const int arm = arm_of(given.arm, place);
  if (arm == kNotWanted) return;
  OutcomeRow row = given;
  const Arm& who = table_.arms[static_cast<std::size_t>(arm)];
  check_amounts(row, who, place);
  const bool refused = rules_.failed == TableRules::Failed::refuse;
  if (row.state == CellState::known) {
    if (const char* column = free_of(row, who)) {
      if (refused) {
        place.refuse(column,
                     "0 although the call took {} s: a failed call, or an unknown amount (leave it empty); "
                     "mark it by `failed` in the column known, or import with --failed drop, zero or keep",
                     decimal_text(row.latency_ns, 9));
      }
      row.state = CellState::failed;
    }
  } else if (row.state == CellState::failed && refused && !rules_.failures_marked) {
    place.refuse("", "a failed call of arm \"{}\"; say by --failed drop, zero or keep what it counts for",
                 printable(who.name));
  }
  const double quality = quality_of(row, place);
  const std::uint32_t query = query_of(row, place);
  row_query_.push_back(query);
  row_where_.push_back(where(place));
  row_arm_.push_back(static_cast<std::uint8_t>(arm));
  row_state_.push_back(row.state);
  row_quality_.push_back(quality);
  for (std::size_t i = 0; i < 4; ++i) row_amount_[i].push_back(row.*kAmounts[i].of);
  failures_ += row.state == CellState::failed;
}

}  // namespace offload
