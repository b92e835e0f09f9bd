#include "data/fold_file.hpp"

#include <cstdint>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/utf8.hpp"
#include "files/whole_number.hpp"

namespace offload {
namespace {

std::vector<std::int64_t> read_ids(const nlohmann::json& list, const std::string& place) {
  if (!list.is_array()) fail(ErrorKind::config, "{}: expected a list of ids", place);
  std::vector<std::int64_t> ids;
  for (const auto& id : list) {
    const bool huge = id.is_number_unsigned() &&
                      id.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    const auto whole = id.is_number_float() ? whole_number(id.get<double>()) : std::nullopt;
    if (whole) {
      ids.push_back(*whole);
      continue;
    }
    if (!id.is_number_integer() || huge) {
      fail(ErrorKind::config, "{}: expected whole numbers of 64 bits, found {}", place,
           printable(id.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), 80));
    }
    ids.push_back(id.get<std::int64_t>());
  }
  return ids;
}

FoldIds read_fold(const nlohmann::json& fold, const std::string& place) {
  if (!fold.is_object()) return {read_ids(fold, place), {}, {}};
  FoldIds ids;
  for (const auto& [key, list] : fold.items()) {
    const std::string inside = place + "/" + printable(key);
    if (key == "test") {
      ids.test = read_ids(list, inside);
    } else if (key == "train") {
      ids.train = read_ids(list, inside);
      if (ids.train.empty()) fail(ErrorKind::config, "{}: no id; leave it out and all others train", inside);
    } else if (key == "questions") {
      ids.questions = read_ids(list, inside);
    } else {
      fail(ErrorKind::config, "{}: unknown key; known: test, train, questions", inside);
    }
  }
  return ids;
}

// A name that stands twice would leave open which of its values holds.
nlohmann::json parse_once_named(std::istream& in, const std::string& file) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::set<std::string>> open;  // names of the objects that have not ended
  return nlohmann::json::parse(
      in,
      [&](int, Event event, nlohmann::json& value) {
        if (event == Event::object_start) open.emplace_back();
        if (event == Event::object_end) open.pop_back();
        if (event == Event::key && !open.back().insert(value.get<std::string>()).second) {
          fail(ErrorKind::config, "{}: '{}' is there twice; keep one", file,
               printable(value.get<std::string>(), 80));
        }
        return true;
      },
      false);
}

}  // namespace

std::map<std::string, FoldIds> read_fold_file(const std::filesystem::path& file) {
  constexpr std::uintmax_t kLargest = 256U << 20U;
  const std::string name = file.string();
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) fail(ErrorKind::io, "{}: cannot read the fold file: {}", name, error.message());
  if (size > kLargest)
    fail(ErrorKind::config, "{}: {} is too large for a fold file", name, counted(size, "byte"));
  std::ifstream in(file, std::ios::binary);
  const nlohmann::json json = parse_once_named(in, name);
  if (!json.is_object() || json.empty()) {
    fail(ErrorKind::config, "{}: expected a JSON object of fold name to list of test episode ids", name);
  }
  std::map<std::string, FoldIds> folds;
  for (const auto& [fold, ids] : json.items()) {
    if (fold.empty() || fold.size() > 100) {
      fail(ErrorKind::config, "{}: a fold's name has 1 to 100 bytes, found '{}'", name, printable(fold));
    }
    if (acts(fold)) {
      fail(ErrorKind::config,
           "{}: a fold's name has a character that acts instead of showing, as a line break does: '{}'", name,
           printable(fold));
    }
    folds[fold] = read_fold(ids, fmt::format("{}: /{}", name, printable(fold)));
  }
  return folds;
}

}  // namespace offload
