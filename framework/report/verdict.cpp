#include "core/error.hpp"
#include "report/boards.hpp"

namespace offload {
namespace {

bool significant(const PairTest& pair) { return pair.p_holm <= kAlpha && pair.difference != 0; }

std::string count_of(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string comparison(const Leaderboard& first, const Leaderboard& other) {
  std::size_t found = 0, held = 0, tied = 0, turned = 0, fresh = 0;
  for (std::size_t i = 0; i < first.significance[0].pairs.size(); ++i) {
    const PairTest &a = first.significance[0].pairs[i], &b = other.significance[0].pairs[i];
    found += significant(a);
    fresh += !significant(a) && significant(b);
    if (!significant(a)) continue;
    ++(!significant(b) ? tied : (a.difference > 0) == (b.difference > 0) ? held : turned);
  }
  if (found == 0) {
    return fmt::format("Under {} no difference was significant, {} are under {}.", first.view.name(), fresh,
                       other.view.name());
  }
  const char* outcome = turned > 0 ? "does not survive" : tied > 0 ? "survives in part" : "survives";
  return fmt::format(
      "The ranking under {} {} under {}: of {}, {} held, {} became ties and {} reversed; {} new.",
      first.view.name(), outcome, other.view.name(), count_of(found, "significant difference"), held, tied,
      turned, fresh);
}

}  // namespace

std::string verdict_of(const std::vector<Leaderboard>& boards, const std::vector<RowFigures>& rows) {
  if (boards.empty() || boards[0].entries.size() < 2) return "There are not two complete rows to compare.";
  if (boards.size() == 1) {
    return fmt::format(
        "Only {} was evaluated: whether the ranking survives another lens or response model is not known.",
        boards[0].view.name());
  }
  std::string verdict;
  for (std::size_t i = 1; i < boards.size(); ++i) {
    if (i > 1) verdict += ' ';
    verdict += comparison(boards[0], boards[i]);
    const std::size_t first = boards[0].entries[0].row, now = boards[i].entries[0].row;
    if (first != now) {
      verdict += fmt::format(" First is '{}' instead of '{}'.", printable(rows[now].row.name, 60),
                             printable(rows[first].row.name, 60));
    }
  }
  return verdict;
}

}  // namespace offload
