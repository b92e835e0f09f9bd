// Sources that have qualities and nothing else: LLMRouter's preprocessed questions, WildBench's judged
// scores.
#include <array>
#include <map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "data/import/import.hpp"
#include "data/import/source_files.hpp"
#include "data/tables/decimal.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

OutcomeNotes score_notes(const ImportRequest& request, const char* source, const char* licence, double low,
                         double high) {
  OutcomeNotes notes;
  notes.source = source;
  notes.licence = licence;
  notes.quality_low = low;
  notes.quality_high = high;
  if (request.scale) std::tie(notes.quality_low, notes.quality_high) = *request.scale;
  return notes;
}

// One file: a list of {"question", "scores": {arm: number}}. It has no lines to speak of; the place is the
// entry.
void add_questions(const fs::path& file, std::uint8_t part, SourceFiles& files, TableBuilder& builder) {
  const nlohmann::json list = files.json(file);
  const std::string name = printable(file.native()), stem = file.stem().string();
  if (!list.is_array()) fail(ErrorKind::data, "{}: expected a list of questions", name);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string query = fmt::format("{}_{}", stem, i);
    const RecordPlace place{name, i + 1};
    if (!list[i].is_object()) place.refuse("", "expected an object with question and scores");
    const std::string question = text_member(list[i], "question", place);
    const nlohmann::json& scores = member(list[i], "scores", place);
    if (!scores.is_object()) place.refuse("scores", "expected an object of numbers by arm");
    for (const auto& [arm, score] : scores.items()) {
      OutcomeRow row;
      row.query = query;
      row.task = "all";
      row.arm = arm;
      row.text = question;
      row.part = part;
      row.quality = number_member(scores, arm.c_str(), place);
      builder.add(row, place);
    }
  }
}

}  // namespace

EpisodeTable import_llmrouter(const ImportRequest& request) {
  std::error_code error;
  const bool folder = fs::is_directory(request.source, error);
  SourceFiles files(folder ? request.source : request.source.parent_path());
  TableBuilder builder(request.source.string(),
                       score_notes(request, "https://github.com/ulab-uiuc/LLMRouter", "MIT", 0, 1), {},
                       request.rules);
  if (folder) {
    add_questions(request.source / "train.json", 1, files, builder);
    add_questions(request.source / "test.json", 2, files, builder);
  } else {
    add_questions(request.source, 0, files, builder);
  }
  builder.notes().source_sha256 = files.sha256();
  return builder.finish(request.source.string(), files.sha256());
}

EpisodeTable import_wildbench(const ImportRequest& request) {
  constexpr std::array<std::string_view, 5> kHeader = {"query", "turn", "task", "action", "quality"};
  std::error_code error;
  const fs::path file =
      fs::is_directory(request.source, error) ? files_ending(request.source, ".csv").at(0) : request.source;
  SourceFiles files(file.parent_path());
  TableBuilder builder(request.source.string(),
                       score_notes(request, "https://github.com/allenai/WildBench", "Apache-2.0", 1, 10), {},
                       request.rules);
  bool header = true;
  files.csv(file, [&](const RecordPlace& place, const std::vector<std::string_view>& fields) {
    if (fields.size() < kHeader.size())
      place.refuse("", "{}; at least {} are expected", counted(fields.size(), "field"), kHeader.size());
    if (header) {
      for (std::size_t c = 0; c < kHeader.size(); ++c) {
        if (fields[c] != kHeader[c]) place.refuse("", "column {} is not \"{}\"", c + 1, kHeader[c]);
      }
      header = false;
      return;
    }
    OutcomeRow row;
    row.query = fields[0];
    row.task = fields[2];
    row.arm = fields[3];
    const auto quality = decimal_number(fields[4]);
    if (!quality) place.refuse("quality", "expected a number, found \"{}\"", printable(fields[4], 60));
    row.quality = *quality;
    builder.add(row, place);
  });
  builder.notes().source_sha256 = files.sha256();
  return builder.finish(request.source.string(), files.sha256());
}

}  // namespace offload
