#include "data/question_folds.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::size_t kQuestionsMost = 1000;

using Group = std::vector<std::uint32_t>;  // of questions

// Which episodes ask which question.
class Asked {
 public:
  Asked(const EpisodeTable& data, const DatasetNotes& notes)
      : episodes_(data.episodes()), asks_(notes.questions, std::vector<bool>(data.episodes())) {
    for (std::size_t e = 0; e < episodes_; ++e) {
      for (int t = 0; t < data.length(e); ++t) asks_[notes.question[data.turn(e, t)]][e] = true;
    }
  }
  bool any(const Group& group, std::size_t e) const {
    return std::ranges::any_of(group, [&](std::uint32_t q) { return asks_[q][e]; });
  }
  std::size_t episodes(const Group& group) const {
    std::size_t count = 0;
    for (std::size_t e = 0; e < episodes_; ++e) count += any(group, e);
    return count;
  }

 private:
  std::size_t episodes_;
  std::vector<std::vector<bool>> asks_;  // [questions][episodes]
};

// The most asked to one group each, then to and fro.
std::vector<Group> dealt(const Asked& asked, std::size_t questions, std::size_t groups) {
  std::vector<std::size_t> count;
  for (std::uint32_t q = 0; q < questions; ++q) count.push_back(asked.episodes({q}));
  Group order(questions);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return count[a] > count[b]; });
  std::vector<Group> dealt(groups);
  for (std::size_t i = 0; i < questions; ++i) {
    const std::size_t round = i / groups, at = i % groups;
    dealt[round % 2 == 0 ? at : groups - 1 - at].push_back(order[i]);
  }
  return dealt;
}

// Groups whose numbers of episodes are made more equal by exchanging questions.
class Balance {
 public:
  Balance(const Asked& asked, std::vector<Group>& groups) : asked_(asked), groups_(groups) {
    for (const Group& group : groups) episodes_.push_back(asked.episodes(group));
  }
  void run() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < groups_.size(); ++i) {
        for (std::size_t j = i + 1; j < groups_.size(); ++j) changed = exchange(i, j) || changed;
      }
    }
  }

 private:
  // The variance, times the square of the number of groups; exact.
  std::size_t spread() const {
    std::size_t sum = 0, squares = 0;
    for (const std::size_t n : episodes_) sum += n, squares += n * n;
    return groups_.size() * squares - sum * sum;
  }
  void count(std::size_t i, std::size_t j) {
    for (const std::size_t g : {i, j}) episodes_[g] = asked_.episodes(groups_[g]);
  }
  // The first exchange between two groups that helps; whether there was one.
  bool exchange(std::size_t i, std::size_t j) {
    const std::size_t before = spread();
    for (std::uint32_t& mine : groups_[i]) {
      for (std::uint32_t& theirs : groups_[j]) {
        std::swap(mine, theirs);
        count(i, j);
        if (spread() < before) return true;
        std::swap(mine, theirs);
      }
    }
    count(i, j);
    return false;
  }

  const Asked& asked_;
  std::vector<Group>& groups_;
  std::vector<std::size_t> episodes_;  // [groups]
};

}  // namespace

std::map<std::string, FoldIds> question_folds(const EpisodeTable& data, const DatasetNotes& notes,
                                              int per_fold) {
  const auto size = static_cast<std::size_t>(per_fold);
  if (notes.questions > kQuestionsMost) {
    fail(ErrorKind::config, "{}: {} or more; folds by question take at most {}", data.source,
         counted(notes.questions, "different question"), kQuestionsMost);
  }
  if (notes.questions % size != 0 || notes.questions < 2 * size) {
    fail(ErrorKind::config, "{}: {} do not make two or more equal folds of {}; hold out another number",
         data.source, counted(notes.questions, "different question"), per_fold);
  }
  const Asked asked(data, notes);
  std::vector<Group> groups = dealt(asked, notes.questions, notes.questions / size);
  Balance(asked, groups).run();
  for (Group& group : groups) std::ranges::sort(group);
  std::ranges::sort(groups);
  const int width = static_cast<int>(std::to_string(groups.size() - 1).size());
  std::map<std::string, FoldIds> folds;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    FoldIds& fold = folds[fmt::format("q{:0{}}", g, width)];
    fold.questions.assign(groups[g].begin(), groups[g].end());
    for (std::size_t e = 0; e < data.episodes(); ++e) {
      (asked.any(groups[g], e) ? fold.test : fold.train).push_back(data.id[e]);
    }
    if (fold.train.empty()) {
      fail(ErrorKind::config, "{}: every episode asks question {}; hold out fewer questions per fold",
           data.source, fmt::join(groups[g], " or "));
    }
  }
  return folds;
}

std::string fold_file_text(const std::map<std::string, FoldIds>& folds) {
  std::string text = "{";
  const char* separator = "\n";
  for (const auto& [name, fold] : folds) {
    text += fmt::format("{} \"{}\": {{\"questions\": [{}],\n  \"test\": [{}],\n  \"train\": [{}]}}",
                        separator, name, fmt::join(fold.questions, ", "), fmt::join(fold.test, ", "),
                        fmt::join(fold.train, ", "));
    separator = ",\n";
  }
  return text + "\n}\n";
}

}  // namespace offload
