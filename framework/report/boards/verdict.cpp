#include <fmt/format.h>

#include <map>

#include "report/boards/boards.hpp"

namespace offload {
namespace {

ViewComparison compare(const Leaderboard& first, const Leaderboard& other) {
  ViewComparison result;
  result.view = other.view;
  result.first_row = other.entries[0].row;
  // Of many rows the boards may have tested other pairs: then those of the first that the other has count.
  std::map<std::pair<std::size_t, std::size_t>, const PairTest*> others;
  for (const PairTest& pair : other.significance[0].pairs) others[{pair.a, pair.b}] = &pair;
  for (const PairTest& a : first.significance[0].pairs) {
    const auto found = others.find({a.a, a.b});
    if (found == others.end()) continue;
    const PairTest& b = *found->second;
    if (!a.significant(kAlpha)) {
      result.fresh += b.significant(kAlpha);
    } else if (!b.significant(kAlpha)) {
      ++result.tied;
    } else {
      ++((a.difference > 0) == (b.difference > 0) ? result.held : result.reversed);
    }
  }
  return result;
}

void append(std::string& list, const ScoreView& view) {
  if (!list.empty()) list += ", ";
  list += view.name();
}

}  // namespace

std::vector<ViewComparison> compare_views(const std::vector<Leaderboard>& boards) {
  std::vector<ViewComparison> comparisons;
  if (boards.empty() || boards[0].entries.size() < 2) return comparisons;
  for (std::size_t i = 1; i < boards.size(); ++i) comparisons.push_back(compare(boards[0], boards[i]));
  return comparisons;
}

std::string verdict_of(const std::vector<Leaderboard>& boards,
                       const std::vector<ViewComparison>& comparisons) {
  if (boards.empty() || boards[0].entries.size() < 2) return "There are not two complete rows to compare.";
  if (boards.size() == 1 && boards[0].view.lens == kTableLens)
    return "Outcomes are looked up: there is no other lens or response model that the ranking had to "
           "survive.";
  if (boards.size() == 1) {
    return fmt::format(
        "Only {} was evaluated: whether the ranking survives another lens or response model is not known.",
        boards[0].view.name());
  }
  if (comparisons[0].held + comparisons[0].tied + comparisons[0].reversed == 0) {
    return fmt::format("No difference is significant under {}: there is no ranking to confirm or to refute.",
                       boards[0].view.name());
  }
  std::string reversed, tied, held;
  for (const ViewComparison& c : comparisons)
    append(c.reversed > 0 ? reversed : c.tied > 0 ? tied : held, c.view);
  const char* outcome = !reversed.empty() ? "does not survive"
                        : !tied.empty()   ? "survives in part"
                                          : "survives";
  std::string verdict =
      fmt::format("The ranking under {} {} another lens or response model:", boards[0].view.name(), outcome);
  const char* separator = " ";
  for (const auto& [what, views] :
       {std::pair{"significant differences reverse under", reversed},
        std::pair{"some become ties under", tied}, std::pair{"all hold under", held}}) {
    if (views.empty()) continue;
    verdict += fmt::format("{}{} {}", separator, what, views);
    separator = "; ";
  }
  return verdict + ".";
}

}  // namespace offload
