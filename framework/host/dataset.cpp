#include "host/dataset.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "host/dataset_handler.hpp"

namespace offload {
namespace {

// Refuses an id that two episodes share, naming both.
void check_unique(const std::vector<std::int64_t>& ids, const std::filesystem::path& file) {
  std::vector<std::pair<std::int64_t, std::size_t>> sorted;
  sorted.reserve(ids.size());
  for (std::size_t e = 0; e < ids.size(); ++e) sorted.emplace_back(ids[e], e);
  std::sort(sorted.begin(), sorted.end());
  const auto same = std::adjacent_find(sorted.begin(), sorted.end(),
                                       [](const auto& a, const auto& b) { return a.first == b.first; });
  if (same != sorted.end()) {
    fail(ErrorKind::data, "{}: /{}/id: {} is the id of /{}/id, too; ids are unique", printable(file.native()),
         std::next(same)->second, same->first, same->second);
  }
}

}  // namespace

bool RefusalRule::refuses(std::string_view answer) const {
  return std::any_of(phrases.begin(), phrases.end(), [&](const std::string& phrase) {
    return !phrase.empty() && answer.find(phrase) != std::string_view::npos;
  });
}

EpisodeTable read_dataset(const std::filesystem::path& file, const RefusalRule& refusal,
                          DatasetNotes* notes) {
  DatasetHandler handler(file, refusal);
  const std::string hash = read_json(file, handler);
  EpisodeStorage storage = handler.finish();
  check_unique(storage.id, file);
  if (notes) *notes = handler.notes();
  return make_table(std::move(storage), file.string(), hash);
}

}  // namespace offload
