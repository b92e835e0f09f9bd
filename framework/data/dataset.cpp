#include "data/dataset.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "data/dataset_handler.hpp"
#include "data/packed.hpp"
#include "data/synthetic.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

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

// The source's name is part of the table, so it is part of the key. Texts are told apart by their lengths.
std::string cache_key(const std::string& hash, const std::string& source, const RefusalRule& refusal) {
  // The second: drawn values of before 2026-11-28 differed in last digits by the C library's exp and log.
  std::string key = fmt::format("packed {}.2 of {}", kPackedVersion, hash);
  const auto add = [&](const std::string& text) { key += fmt::format("\n{}:{}", text.size(), text); };
  add(source);
  for (const std::string& phrase : refusal.phrases) add(phrase);
  return sha256_of(key);
}

bool usable(const std::filesystem::path& packed) {
  std::error_code error;
  if (!std::filesystem::exists(packed, error)) return false;
  try {
    open_packed(packed);
    return true;
  } catch (const Error& damaged) {
    if (damaged.kind() == ErrorKind::data) return false;
    throw;
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
  if (is_packed(file)) {
    fail(ErrorKind::data,
         "{}: a packed data set, for this machine's workers; name the JSON file that it was made of",
         printable(file.native()));
  }
  DatasetHandler handler(file, refusal, notes != nullptr);
  const std::string hash = read_json(file, handler);
  EpisodeStorage storage = handler.finish();
  check_unique(storage.id, file);
  if (notes) *notes = handler.notes();
  return make_table(std::move(storage), file.string(), hash);
}

EpisodeTable build_dataset(const std::string& source, std::uint64_t seed, const RefusalRule& refusal) {
  if (const auto synthetic = parse_synthetic_source(source, seed))
    return generate(*synthetic, refusal, source);
  return is_outcome_table(source) ? read_outcome_table(source) : read_dataset(source, refusal);
}

std::filesystem::path packed_dataset(const std::string& source, std::uint64_t seed,
                                     const RefusalRule& refusal, const std::filesystem::path& cache_folder) {
  const auto synthetic = parse_synthetic_source(source, seed);
  const std::string hash = synthetic                  ? synthetic->sha256()
                           : is_outcome_table(source) ? outcome_table_hash(source)
                                                      : sha256_of_file(source);
  const std::filesystem::path packed = cache_folder / (cache_key(hash, source, refusal) + ".packed");
  if (usable(packed)) return packed;
  const EpisodeTable table = build_dataset(source, seed, refusal);
  if (table.sha256 != hash) {
    fail(ErrorKind::data, "{}: the file changed while it was read; try again", printable(source));
  }
  make_folder(cache_folder);
  remove_temporary_files(cache_folder, false);
  write_packed(table, packed);
  return packed;
}

EpisodeTable load_dataset(const std::string& source, std::uint64_t seed, const RefusalRule& refusal,
                          const std::filesystem::path& cache_folder) {
  if (cache_folder.empty()) return build_dataset(source, seed, refusal);
  return open_packed(packed_dataset(source, seed, refusal, cache_folder));
}

}  // namespace offload
