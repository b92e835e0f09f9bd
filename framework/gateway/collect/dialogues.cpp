#include "gateway/collect/dialogues.hpp"

#include <nettle/base64.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/environment/action_space.hpp"
#include "core/error.hpp"
#include "data/dataset.hpp"
#include "data/tables/text_records.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kImageMost = std::size_t{16} << 20, kAddressMost = std::size_t{24} << 20, kIdMost = 200;

std::string base64(const std::string& bytes) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(bytes.size()), '\0');
  nettle_base64_encode_raw(text.data(), bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  return text;
}

class DialogueReader {
 public:
  explicit DialogueReader(const fs::path& file) : file_(file) {}

  Dialogues read() {
    const std::string hash =
        read_lines(file_, [this](const RecordPlace& place, std::string_view line) { take(place, line); });
    if (dialogues_.all.empty())
      fail(ErrorKind::data, "{}: no dialogue; write one a line", printable(file_.native()));
    dialogues_.sha256 = sha256_of(hash + images_);
    return std::move(dialogues_);
  }

 private:
  void take(const RecordPlace& place, std::string_view line) {
    const std::string where = fmt::format("{}:{}", place.file, place.line);
    const nlohmann::json value = parse_checked(line, where);
    const CheckedJson json(value, where);
    Dialogue dialogue;
    const CheckedJson id = json.at("id");
    dialogue.id = id.value().is_string() ? id.text(kIdMost) : std::to_string(id.whole());
    if (!ids_.insert(dialogue.id).second) place.refuse("id", "another dialogue has it; name each otherwise");
    if (json.has("views")) views(json.at("views"), place, dialogue);
    const auto count = static_cast<int>(dialogue.views.size());
    if (dialogues_.all.empty()) dialogues_.modalities = count;
    if (count != dialogues_.modalities)
      place.refuse("views", "{} of them, and the first dialogue has {}; every dialogue has as many", count,
                   dialogues_.modalities);
    turns(json.at("turns"), place, dialogue);
    dialogues_.all.push_back(std::move(dialogue));
  }

  void turns(const CheckedJson& list, const RecordPlace& place, Dialogue& dialogue) {
    const std::size_t count = list.array_size(kTurnsMax);
    if (count == 0) place.refuse("turns", "none; a dialogue has 1 to {}", kTurnsMax);
    for (std::size_t t = 0; t < count; ++t) {
      DialogueTurn turn{list.at(t).at("question").text(kLongTextMax),
                        list.at(t).at("task").text(kTaskNameMax)};
      if (turn.question.empty() || turn.task.empty())
        place.refuse("turns", "a question or task is empty; name both of every turn");
      dialogue.turns.push_back(std::move(turn));
    }
  }

  void views(const CheckedJson& list, const RecordPlace& place, Dialogue& dialogue) {
    const std::size_t count = list.array_size(kMaxModalities);
    for (std::size_t m = 0; m < count; ++m) {
      const std::string view = list.at(m).text(kAddressMost);
      const bool data = view.starts_with("data:image/"), far = view.starts_with("https://");
      dialogue.paths.push_back(data ? view.substr(0, view.find(',')) : view);
      dialogue.views.push_back(data || far ? view : image(view, place));
    }
  }

  std::string image(const std::string& path, const RecordPlace& place) {
    std::string kind = fs::path(path).extension().string();
    kind = kind.empty() ? kind : kind.substr(1);
    if (kind == "jpg") kind = "jpeg";
    if (kind != "png" && kind != "jpeg" && kind != "webp" && kind != "gif")
      place.refuse("views",
                   "\"{}\" is no .png, .jpg, .jpeg, .webp or .gif file, and no https: or data: address",
                   printable(path, 60));
    const std::string bytes = read_bounded(file_.parent_path() / path, kImageMost);
    images_ += sha256_of(bytes);
    return "data:image/" + kind + ";base64," + base64(bytes);
  }

  fs::path file_;
  Dialogues dialogues_;
  std::set<std::string> ids_;
  std::string images_;
};

}  // namespace

Dialogues read_dialogues(const fs::path& file) { return DialogueReader(file).read(); }

}  // namespace offload
