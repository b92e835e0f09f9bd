#include "results/plan/trials_json.hpp"

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "files/checked_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr std::size_t kPart = std::size_t{1} << 16;  // bytes that are handed on at once

std::string place_of(std::size_t trial) { return fmt::format("/{}/{}", kTrialsMember, trial); }

// Of the trials that were read, as if each had been held against those before it.
void require_unique(const PlannedTrials& trials, const ListedJson& document, const std::string& file) {
  const auto key = TrialsByKey(trials).first_repeated();
  const auto place = trials.first_repeated_place();
  if (!key && !place) return;
  const bool by_key = key && (!place || *key <= *place);
  const std::size_t first = by_key ? *key : *place;
  const json element = document.element(first);
  const CheckedJson trial(element, file, place_of(first));
  if (by_key) trial.at("key").refuse("each key once");
  trial.refuse("each row and split once");
}

}  // namespace

PlannedTrials read_trials(const ListedJson& document, const std::string& file,
                          const std::vector<std::string>& rows, const std::vector<std::string>& splits) {
  const NumberedNames known_rows(rows), known_splits(splits);
  if (document.size() > kListMax)
    fail(ErrorKind::data, "{}: /{}: expected a list of at most {} values, found array of {}", printable(file),
         kTrialsMember, kListMax, document.size());
  PlannedTrials trials;
  trials.reserve(document.size());
  try {
    document.for_each([&](std::size_t i, const json& element) {
      const CheckedJson trial(element, file, place_of(i));
      const CheckedJson row = trial.at("row"), split = trial.at("split"), key = trial.at("key");
      trials.add(row.text(kLongTextMax), split.text(kLongTextMax), key.text(kLongTextMax));
      if (!known_rows.find(trials.row(i))) row.refuse("a row of the suite");
      if (!known_splits.find(trials.split(i))) split.refuse("a split of the suite");
    });
  } catch (const Error&) {
    require_unique(trials, document, file);  // what is wrong before is said first
    throw;
  }
  require_unique(trials, document, file);
  return trials;
}

json trial_json(const PlannedTrial& trial) {
  return {{"row", trial.row}, {"split", trial.split}, {"key", trial.key}};
}

void write_trials(const PlannedTrials& trials, const PartSink& sink) {
  const auto quoted = [](const std::string& text) { return dump_compact(json(text)); };
  const auto all_quoted = [&quoted](const NumberedNames& names) {
    std::vector<std::string> list;
    for (const std::string& name : names.names()) list.push_back(quoted(name));
    return list;
  };
  if (trials.empty()) return sink("[]");
  const std::vector<std::string> rows = all_quoted(trials.rows()), splits = all_quoted(trials.splits());
  std::string part = "[";
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const PlannedKey key = trials.planned_key(i);
    const TrialPlace place = trials.place(i);
    part.append(i == 0 ? "\n  {\n   \"key\": " : ",\n  {\n   \"key\": ");
    if (key.is_text)
      part.append(quoted(trials.key(i)));
    else
      part.append("\"").append(key.digest.hex()).append("\"");
    part.append(",\n   \"row\": ").append(rows[place.row]);
    part.append(",\n   \"split\": ").append(splits[place.split]).append("\n  }");
    if (part.size() < kPart) continue;
    sink(part);
    part.clear();
  }
  sink(part.append("\n ]"));
}

}  // namespace offload
