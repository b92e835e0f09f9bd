#include "files/suggestion.hpp"

#include <algorithm>

namespace offload {
namespace {

// Optimal string alignment: edits, insertions, deletions and swaps of neighbours count 1.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t edit = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({edit, d[i - 1][j] + 1, d[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 64;
  const std::string* best = nullptr;
  std::size_t least = name.size() / 3 + 1;
  if (name.size() > longest) return {};
  for (const std::string& candidate : known) {
    if (candidate.size() > longest) continue;
    const std::size_t edits = distance(name, candidate);
    // Not a single letter in common is no resemblance.
    if (edits < least + (best == nullptr ? 1 : 0) && edits < std::max(name.size(), candidate.size())) {
      least = edits;
      best = &candidate;
    }
  }
  return best == nullptr ? std::string() : "; did you mean '" + *best + "'?";
}

}  // namespace offload
