// RouteLLM's evaluations: two arms on GSM8K, MMLU (right or wrong) and MT-Bench (judged 1..10, two turns).
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "data/import/import.hpp"
#include "data/import/source_files.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kRouteArms = {"mistralai/Mixtral-8x7B-Instruct-v0.1",
                                                        "gpt-4-1106-preview"};

OutcomeNotes route_notes(const ImportRequest& request, double low, double high) {
  OutcomeNotes notes;
  notes.source = "https://github.com/lm-sys/RouteLLM";
  notes.licence = "Apache-2.0";
  notes.quality_low = low;
  notes.quality_high = high;
  if (request.scale) std::tie(notes.quality_low, notes.quality_high) = *request.scale;
  return notes;
}

// One file of responses: `prompt`, two columns of True and False, responses.
class ResponseFile {
 public:
  ResponseFile(TableBuilder& builder, std::string task, const std::set<std::string, std::less<>>& left_out)
      : builder_(builder), task_(std::move(task)), left_out_(left_out) {}

  void record(const RecordPlace& place, const std::vector<std::string_view>& fields) {
    if (columns_ == 0) return header(place, fields);
    if (fields.size() != columns_)
      place.refuse("", "{} where the header has {}", counted(fields.size(), "field"), columns_);
    const std::string query = task_ + "_" + std::to_string(number_++);
    if (left_out_.contains(fields[0])) return;
    for (std::size_t a = 0; a < kRouteArms.size(); ++a) {
      OutcomeRow row;
      row.query = query;
      row.task = task_;
      row.arm = kRouteArms[a];
      row.text = fields[0];
      const std::string_view value = fields[column_[a]];
      if (value != "True" && value != "False")
        place.refuse(kRouteArms[a], "expected True or False, found \"{}\"", printable(value, 60));
      row.quality = value == "True" ? 1 : 0;
      builder_.add(row, place);
    }
  }

 private:
  void header(const RecordPlace& place, const std::vector<std::string_view>& fields) {
    if (fields.empty() || fields[0] != "prompt") place.refuse("", "the first column is not \"prompt\"");
    for (std::size_t a = 0; a < kRouteArms.size(); ++a) {
      const auto found = std::ranges::find(fields, kRouteArms[a]);
      if (found == fields.end()) place.refuse("", "no column \"{}\"", kRouteArms[a]);
      column_[a] = static_cast<std::size_t>(found - fields.begin());
    }
    columns_ = fields.size();
  }

  TableBuilder& builder_;
  std::string task_;
  const std::set<std::string, std::less<>>& left_out_;
  std::size_t columns_ = 0, number_ = 0;
  std::array<std::size_t, 2> column_{};
};

std::vector<Arm> route_arms() { return {{std::string(kRouteArms[0]), {}}, {std::string(kRouteArms[1]), {}}}; }

// Prompts that resemble what RouteLLM's routers were trained on.
std::set<std::string, std::less<>> contaminated(const ImportRequest& request, const fs::path& folder,
                                                SourceFiles& files) {
  std::set<std::string, std::less<>> prompts;
  if (!request.decontaminated) return prompts;
  files.json_lines(folder / "contaminated_prompts.jsonl",
                   [&](const RecordPlace& place, const nlohmann::json& row) {
                     prompts.insert(text_member(row, "eval_prompt", place));
                   });
  return prompts;
}

void note_decontaminated(const ImportRequest& request, OutcomeNotes& notes, std::size_t prompts) {
  if (request.decontaminated)
    notes.inventions.push_back(
        fmt::format("{} that the source calls contaminated {} left out (--decontaminated)",
                    counted(prompts, "prompt"), prompts == 1 ? "was" : "were"));
}

EpisodeTable import_answers(const ImportRequest& request, const fs::path& folder,
                            const std::vector<fs::path>& csvs) {
  SourceFiles files(folder);
  const auto left_out = contaminated(request, folder, files);
  TableBuilder builder(request.source.string(), route_notes(request, 0, 1), route_arms(), request.rules);
  note_decontaminated(request, builder.notes(), left_out.size());
  for (const fs::path& csv : csvs) {
    std::string task = csv.stem().string();
    if (task.starts_with("mmlu_")) task.erase(0, 5);
    if (task.ends_with("_responses")) task.resize(task.size() - 10);
    ResponseFile file(builder, std::move(task), left_out);
    files.csv(csv, [&](const RecordPlace& place, const std::vector<std::string_view>& fields) {
      file.record(place, fields);
    });
  }
  builder.notes().source_sha256 = files.sha256();
  return builder.finish(request.source.string(), files.sha256());
}

struct Conversation {
  std::string category;
  std::vector<std::string> turns;
};

std::map<std::int64_t, Conversation> read_questions(const fs::path& file, SourceFiles& files,
                                                    const std::set<std::string, std::less<>>& left_out) {
  std::map<std::int64_t, Conversation> questions;
  files.json_lines(file, [&](const RecordPlace& place, const nlohmann::json& row) {
    Conversation conversation{text_member(row, "category", place), {}};
    const nlohmann::json& turns = member(row, "turns", place);
    if (!turns.is_array() || turns.empty()) place.refuse("turns", "expected a list of texts");
    for (const nlohmann::json& turn : turns) {
      if (!turn.is_string()) place.refuse("turns", "expected a list of texts");
      conversation.turns.push_back(turn.get<std::string>());
    }
    if (left_out.contains(conversation.turns[0])) conversation.turns.clear();
    questions[amount_member(row, "question_id", 0, place)] = std::move(conversation);
  });
  return questions;
}

// Later turns were answered after the same model's earlier ones.
EpisodeTable import_mt_bench(const ImportRequest& request, const fs::path& folder) {
  SourceFiles files(folder);
  const auto left_out = contaminated(request, folder, files);
  const auto questions = read_questions(folder / "question.jsonl", files, left_out);
  OutcomeNotes notes = route_notes(request, 1, 10);
  notes.same_arm_path = true;
  TableBuilder builder(request.source.string(), std::move(notes), route_arms(), request.rules);
  note_decontaminated(request, builder.notes(), left_out.size());
  files.json_lines(folder / "judgements.jsonl", [&](const RecordPlace& place,
                                                    const nlohmann::json& judgement) {
    const std::int64_t id = amount_member(judgement, "question_id", 0, place);
    const auto question = questions.find(id);
    if (question == questions.end()) place.refuse("question_id", "{} is not in question.jsonl", id);
    const Conversation& conversation = question->second;
    if (conversation.turns.empty()) return;
    const std::string session = std::to_string(id), arm = text_member(judgement, "model", place);
    const std::int64_t turn = amount_member(judgement, "turn", 0, place);
    if (turn < 1 || turn > static_cast<std::int64_t>(conversation.turns.size()))
      place.refuse("turn", "{} of a conversation of {}", turn, counted(conversation.turns.size(), "turn"));
    const std::string query = fmt::format("{}.{}", id, turn),
                      &text = conversation.turns[static_cast<std::size_t>(turn - 1)];
    OutcomeRow row;
    row.session = session;
    row.turn = static_cast<int>(turn);
    row.query = query;
    row.task = conversation.category;
    row.arm = arm;
    row.prompt_group = session;
    row.text = text;
    row.quality = number_member(judgement, "score", place);
    builder.add(row, place);
  });
  builder.notes().source_sha256 = files.sha256();
  return builder.finish(request.source.string(), files.sha256());
}

// The folder of one set, from it, from the folder above or from a checkout's root.
fs::path set_folder(const ImportRequest& request, std::string& set) {
  std::error_code error;
  const fs::path& source = request.source;
  const auto is = [&](const fs::path& file) { return fs::exists(file, error); };
  const std::array<std::pair<const char*, const char*>, 3> marks = {
      {{"gsm8k", "gsm8k_responses.csv"}, {"mmlu", "responses"}, {"mt_bench", "judgements.jsonl"}}};
  for (const auto& [name, mark] : marks) {
    if (is(source / mark) && (set.empty() || set == name)) {
      set = name;
      return source;
    }
  }
  if (set.empty())
    fail(ErrorKind::config, "{}: three sets in one folder; choose by --set gsm8k, mmlu or mt_bench",
         printable(source.native()));
  const fs::path folder = is(source / set) ? source / set : source / "routellm" / "evals" / set;
  if (!is(folder)) fail(ErrorKind::data, "{}: no folder {} in it", printable(source.native()), set);
  return folder;
}

}  // namespace

EpisodeTable import_routellm(const ImportRequest& request) {
  std::error_code error;
  if (fs::is_regular_file(request.source, error))
    return import_answers(request, request.source.parent_path(), {request.source});
  std::string set = request.set;
  const fs::path folder = set_folder(request, set);
  if (set == "mt_bench") return import_mt_bench(request, folder);
  return import_answers(request, folder, files_ending(set == "mmlu" ? folder / "responses" : folder, ".csv"));
}

}  // namespace offload
