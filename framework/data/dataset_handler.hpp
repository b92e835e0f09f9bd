// The meaning of a data set file's JSON (datasets/README.md), checked value by value while it streams by:
// what is out of shape is refused at its place, what is unknown is passed over, the rest is appended to a
// table.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/environment/action_space.hpp"
#include "core/environment/episode.hpp"
#include "data/dataset.hpp"
#include "files/json_reader.hpp"

namespace offload {

// The names that mean something in an episode and in a turn; their positions are bits of what was seen.
enum EpisodeField { kId, kImagePaths, kInteractions, kAssociation, kEpisodeFields };
constexpr std::array<std::string_view, kEpisodeFields> kEpisodeNames = {"id", "image_paths", "interactions",
                                                                        "association_score"};
enum TurnField { kQuestion, kTask, kAction, kImageIndex, kAnswer, kScore, kTime, kCost, kTurnFields };
constexpr std::array<std::string_view, kTurnFields> kTurnNames = {
    "question", "task_cat", "action", "image_index", "answer", "score", "interaction_time", "usage_cost"};

// One turn as it is read; images are checked when the number of views is known.
struct Turn {
  int task = 0;
  bool cloud = false;
  bool refused = false;
  std::uint32_t images = 0;
  std::uint32_t question = 0;
  double score = 0, latency_s = 0, cost_usd = 0;
};

// Whether an optional value is in all places or in none; undecided until the first.
using Presence = std::optional<bool>;

// Levels (depth()): 0 the document, 1 an episode, 2 its fields, 3 a turn, a row of association scores or an
// image path, 4 a turn's fields or one association score, 5 an image index.
class DatasetHandler : public JsonHandler {
 public:
  // `turn_notes`: notes() say of every turn, too.
  DatasetHandler(const std::filesystem::path& file, const RefusalRule& refusal, bool turn_notes = false)
      : JsonHandler(file), refusal_(refusal), turn_notes_(turn_notes) {}

  bool begin(bool object) override;
  void key(std::string_view name) override;
  void scalar(const JsonScalar& value) override;
  void end(bool object) override;
  EpisodeStorage finish();
  const DatasetNotes& notes() const { return notes_; }

 private:
  void episode_scalar(const JsonScalar& value);
  void turn_scalar(const JsonScalar& value);
  void image_scalar(const JsonScalar& value);
  void end_turn();
  void end_row();
  void end_episode();
  void append_turns();
  int task_id(const JsonScalar& value);
  std::uint32_t question_number(std::string_view text);
  double amount(const JsonScalar& value) const;
  void decide(Presence& presence, bool present, std::string_view name) const;
  void require_type(bool fits, const JsonScalar& value, std::string_view expected) const {
    if (const std::string fact = value.unusable(); !fact.empty()) refuse("{} {}", value.shown(), fact);
    if (!fits) refuse("expected {}, found {}", expected, value.shown());
  }
  template <std::size_t N>
  int field_of(const std::array<std::string_view, N>& names, std::string_view name, unsigned& seen) const;

  const RefusalRule& refusal_;
  bool turn_notes_;
  EpisodeStorage storage_;
  DatasetNotes notes_;
  std::map<std::string, int, std::less<>> tasks_;             // in order of appearance until finish()
  std::unordered_map<std::size_t, std::uint32_t> questions_;  // number by hash
  std::optional<ActionSpace> actions_;  // known from the first row of association scores on
  Presence ids_, asked_, answered_, associated_, times_, costs_;

  // The episode and the turn at hand.
  int episode_field_ = -1, turn_field_ = -1;
  unsigned episode_seen_ = 0, turn_seen_ = 0;
  std::int64_t id_ = 0;
  std::optional<int> image_paths_;
  std::vector<Turn> turns_;
  Turn turn_;
  std::vector<double> association_;
  int row_ = 0, rows_ = 0;
};

}  // namespace offload
