#include "core/environment/sessions.hpp"

#include <offload/random.hpp>

#include <map>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kSessionPurpose = 0x73657373;  // "sess"

using Turns = std::vector<std::size_t>;

// Rows of `width` values in another order.
template <typename Value>
void reorder(std::vector<Value>& values, std::size_t width, const Turns& order) {
  if (values.empty()) return;
  std::vector<Value> moved;
  moved.reserve(values.size());
  for (const std::size_t turn : order) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(turn * width);
    moved.insert(moved.end(), from, from + static_cast<std::ptrdiff_t>(width));
  }
  values = std::move(moved);
}

void reorder_text(OutcomeTable& table, const Turns& order) {
  if (table.text_begin.empty()) return;
  std::string text;
  std::vector<std::uint64_t> begin = {0};
  for (const std::size_t turn : order) {
    text.append(table.text, table.text_begin[turn], table.text_begin[turn + 1] - table.text_begin[turn]);
    begin.push_back(text.size());
  }
  table.text = std::move(text);
  table.text_begin = std::move(begin);
}

void reorder(OutcomeTable& table, const Turns& order) {
  const std::size_t arms = table.arms.size();
  reorder(table.known, 1, order);
  reorder(table.failed, 1, order);
  reorder(table.quality, arms, order);
  for (auto* column : {&table.latency_ns, &table.cost_pusd, &table.input_tokens, &table.output_tokens}) {
    reorder(*column, arms, order);
  }
  reorder(table.prompt_group, 1, order);
  reorder(table.part, 1, order);
  reorder(table.features, table.feature_names.size(), order);
  reorder(table.query_names, 1, order);
  reorder_text(table, order);
}

// The turns of every prompt group of a stated part, groups in the order of their first turns.
std::vector<Turns> groups_of(const OutcomeTable& table, std::uint8_t part) {
  std::vector<Turns> groups;
  std::map<std::uint32_t, std::size_t> at;
  for (std::size_t turn = 0; turn < table.turns(); ++turn) {
    if (!table.part.empty() && table.part[turn] != part) continue;
    const bool grouped = !table.prompt_group.empty();
    const auto found =
        grouped ? at.emplace(table.prompt_group[turn], groups.size()) : std::pair(at.end(), true);
    if (found.second) groups.emplace_back();
    groups[found.second ? groups.size() - 1 : found.first->second].push_back(turn);
  }
  return groups;
}

}  // namespace

EpisodeTable in_sessions(const EpisodeTable& data, int turns, std::uint64_t seed, const std::string& sha256) {
  if (!data.outcomes) {
    fail(ErrorKind::config,
         "sessions: {} has conversations of its own, whose turns depend on each other; leave it out",
         data.source);
  }
  if (data.outcomes->notes.same_arm_path) {
    fail(ErrorKind::config,
         "sessions: an answer of {} belongs to the session that its arm began; leave sessions out",
         data.source);
  }
  Turns order;
  EpisodeStorage storage;
  for (std::uint8_t part = 0; part < (data.outcomes->part.empty() ? 1 : 3); ++part) {
    std::vector<Turns> groups = groups_of(*data.outcomes, part);
    Random random(stream(seed, kSessionPurpose, part));
    for (std::size_t left = groups.size(); left > 1; --left) {
      std::swap(groups[left - 1], groups[random.below(left)]);
    }
    const std::size_t first = order.size();
    for (const Turns& group : groups) order.insert(order.end(), group.begin(), group.end());
    for (std::size_t end = first; end < order.size();) {
      end = std::min(order.size(), end + static_cast<std::size_t>(turns));
      storage.id.push_back(static_cast<std::int64_t>(storage.id.size()));
      storage.first_turn.push_back(end);
    }
  }
  storage.tasks = data.tasks;
  for (const std::size_t turn : order) storage.task.push_back(data.task[turn]);
  auto outcomes = std::make_shared<OutcomeTable>(*data.outcomes);
  reorder(*outcomes, order);
  outcomes->notes.inventions.push_back(
      fmt::format("sessions of {}, drawn with seed {}", counted(turns, "independent query"), seed));
  EpisodeTable table = make_table(std::move(storage), data.source, sha256);
  table.outcomes = std::move(outcomes);
  return table;
}

}  // namespace offload
