#include <algorithm>

#include "core/error.hpp"
#include "core/outcomes/outcomes.hpp"

namespace offload {

TableOutcomes::TableOutcomes(const EpisodeTable& data, const std::string& calls_of)
    : data_(data),
      table_(data_.outcomes.get()),
      charges_(*table_, calls_of),
      same_arm_(table_->notes.same_arm_path) {}

std::string TableOutcomes::query(std::size_t turn) const {
  const auto after = std::ranges::upper_bound(data_.first_turn, turn);
  const auto episode = static_cast<std::size_t>(after - data_.first_turn.begin()) - 1;
  std::string text = fmt::format("turn {} of episode {} of {}", turn - data_.first_turn[episode],
                                 data_.id[episode], data_.source);
  if (!table_->query_names.empty()) text += fmt::format(" ({})", printable(table_->query_names[turn]));
  return text;
}

void TableOutcomes::refuse_unknown(std::size_t turn, int action) const {
  fail(
      ErrorKind::data,
      "{}: the outcome of arm '{}' is not known; give [environment] unknown = \"mask\" and keep to the mask, "
      "or import the data without such queries",
      query(turn), printable(table_->arms[static_cast<std::size_t>(action)].name));
}

void TableOutcomes::refuse_other_arm(std::size_t turn, int first, int action) const {
  const auto name = [this](int arm) { return printable(table_->arms[static_cast<std::size_t>(arm)].name); };
  fail(
      ErrorKind::data,
      "{}: arm '{}' after '{}': its answer is known only where it began the session; keep to the mask, which "
      "stays with the first choice",
      query(turn), name(action), name(first));
}

}  // namespace offload
