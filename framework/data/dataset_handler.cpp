#include "data/dataset_handler.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/utf8.hpp"

namespace offload {

template <std::size_t N>
int DatasetHandler::field_of(const std::array<std::string_view, N>& names, std::string_view name,
                             unsigned& seen) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return -1;
  const auto field = static_cast<int>(found - names.begin());
  if (seen >> field & 1U) refuse("given twice in one object; remove one");
  seen |= 1U << field;
  return field;
}

bool DatasetHandler::begin(bool object) {
  const std::string_view found = object ? "an object" : "a list";
  switch (depth()) {
    case 0:
      if (object) refuse("expected a list of episodes, found an object");
      return true;
    case 1:
      if (!object) refuse("expected an episode (an object), found a list");
      if (storage_.id.size() == kEpisodesMax) refuse("more than {} episodes", kEpisodesMax);
      episode_seen_ = 0;
      turns_.clear();
      association_.clear();
      rows_ = 0;
      image_paths_.reset();
      return true;
    case 2:
      if (episode_field_ < 0) return false;
      if (episode_field_ == kId) refuse("expected an integer, found {}", found);
      if (object) refuse("expected a list, found an object");
      if (episode_field_ == kImagePaths) image_paths_ = 0;
      return true;
    case 3:
      if (episode_field_ == kImagePaths) refuse("expected a text, found {}", found);
      if (episode_field_ == kInteractions) {
        if (!object) refuse("expected a turn (an object), found a list");
        if (turns_.size() == kTurnsMax) refuse("more than {} turns in one episode", kTurnsMax);
        turn_seen_ = 0;
        turn_ = {};
        return true;
      }
      if (object) refuse("expected a list of numbers, found an object");
      if (rows_ == kTurnsMax) refuse("more than {} rows", kTurnsMax);
      row_ = 0;
      return true;
    default:
      if (episode_field_ == kAssociation) refuse("expected a number, found {}", found);
      if (depth() == 4 && turn_field_ < 0) return false;
      if (depth() == 4 && turn_field_ == kImageIndex && !object) return true;
      refuse("expected {}, found {}", depth() == 5 ? "an integer" : "a single value", found);
  }
}

void DatasetHandler::key(std::string_view name) {
  if (depth() == 2) {
    episode_field_ = field_of(kEpisodeNames, name, episode_seen_);
  } else {
    turn_field_ = field_of(kTurnNames, name, turn_seen_);
  }
}

void DatasetHandler::scalar(const JsonScalar& value) {
  switch (depth()) {
    case 0:
      refuse("expected a list of episodes, found {}", value.shown());
    case 1:
      refuse("expected an episode (an object), found {}", value.shown());
    case 2:
      if (episode_field_ >= 0) episode_scalar(value);
      return;
    case 3:
      if (episode_field_ == kInteractions) refuse("expected a turn (an object), found {}", value.shown());
      if (episode_field_ == kAssociation) refuse("expected a list of numbers, found {}", value.shown());
      require_type(value.type == JsonScalar::Type::text, value, "a text");
      if (++*image_paths_ > kMaxModalities) refuse("more than {} images", kMaxModalities);
      return;
    case 4:
      if (episode_field_ == kInteractions) {
        if (turn_field_ >= 0) turn_scalar(value);
        return;
      }
      require_type(value.is_number(), value, "a number");
      if (++row_ > kMaxModalities) refuse("more than {} views", kMaxModalities);
      association_.push_back(value.number);
      return;
    default:
      image_scalar(value);
  }
}

void DatasetHandler::episode_scalar(const JsonScalar& value) {
  if (episode_field_ == kId) {
    require_type(value.whole().has_value(), value, "an integer");
    id_ = *value.whole();
    return;
  }
  refuse("expected a list, found {}", value.shown());
}

void DatasetHandler::turn_scalar(const JsonScalar& value) {
  const bool text = value.type == JsonScalar::Type::text;
  switch (turn_field_) {
    case kQuestion:
      require_type(text, value, "a text");
      turn_.question = question_number(value.text);
      return;
    case kTask:
      turn_.task = task_id(value);
      return;
    case kAction:
      require_type(value.whole() == 0 || value.whole() == 1, value, "0 (local) or 1 (cloud)");
      turn_.cloud = value.whole() == 1;
      return;
    case kImageIndex:
      require_type(value.type == JsonScalar::Type::null, value, "null or a list");
      return;
    case kAnswer:
      require_type(text, value, "a text");
      turn_.refused = refusal_.refuses(value.text);
      return;
    case kScore:
      turn_.score = amount(value);
      return;
    case kTime:
      turn_.latency_s = amount(value);
      return;
    default:
      turn_.cost_usd = amount(value);
      return;
  }
}

std::uint32_t DatasetHandler::question_number(std::string_view text) {
  const std::size_t hash = std::hash<std::string_view>{}(text);
  const auto known = questions_.find(hash);
  if (known != questions_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(questions_.size());
  if (number < kQuestionsMax) questions_.emplace(hash, number);
  return number;
}

void DatasetHandler::image_scalar(const JsonScalar& value) {
  const std::int64_t image = value.whole().value_or(-1);
  require_type(image >= 0 && image < kMaxModalities, value,
               fmt::format("an integer in 0..{}", kMaxModalities - 1));
  const std::uint32_t bit = 1U << image;
  if (turn_.images & bit) refuse("image {} is listed twice", image);
  turn_.images |= bit;
}

int DatasetHandler::task_id(const JsonScalar& value) {
  require_type(value.type == JsonScalar::Type::text, value, "a text");
  const auto known = tasks_.find(value.text);
  if (known != tasks_.end()) return known->second;
  if (value.text.empty() || value.text.size() > kTaskNameMax) {
    refuse("a task name has 1 to {} bytes, found {}", kTaskNameMax, value.text.size());
  }
  if (acts(value.text))
    refuse("task name {} has a character that acts instead of showing, as a line break does", value.shown());
  if (tasks_.size() == kTasksMax) {
    refuse("more than {} task names; {} is one too many", kTasksMax, value.shown());
  }
  const auto id = static_cast<int>(tasks_.size());
  tasks_.emplace(value.text, id);
  return id;
}

double DatasetHandler::amount(const JsonScalar& value) const {
  require_type(value.is_number() && std::isfinite(value.number) && value.number >= 0, value, "a number >= 0");
  return value.number + 0.0;  // -0 becomes 0
}

void DatasetHandler::end(bool) {
  if (depth() == 3 && episode_field_ == kInteractions) end_turn();
  if (depth() == 3 && episode_field_ == kAssociation) end_row();
  if (depth() == 1) end_episode();
}

void DatasetHandler::end_turn() {
  for (const int field : {kTask, kAction, kImageIndex, kScore}) {
    if (!(turn_seen_ >> field & 1U)) refuse("'{}' is missing", kTurnNames[static_cast<std::size_t>(field)]);
  }
  if (!turn_.cloud && turn_.images != 0) {
    refuse("a local turn (action 0) sends no images; set image_index to null");
  }
  decide(asked_, turn_seen_ >> kQuestion & 1U, kTurnNames[kQuestion]);
  decide(answered_, turn_seen_ >> kAnswer & 1U, kTurnNames[kAnswer]);
  decide(times_, turn_seen_ >> kTime & 1U, kTurnNames[kTime]);
  decide(costs_, turn_seen_ >> kCost & 1U, kTurnNames[kCost]);
  turns_.push_back(turn_);
}

void DatasetHandler::end_row() {
  ++rows_;
  if (!actions_) actions_.emplace(row_);
  if (row_ != actions_->modalities()) {
    refuse("{} where the rows before have {}", counted(row_, "view"), actions_->modalities());
  }
}

void DatasetHandler::decide(Presence& presence, bool present, std::string_view name) const {
  if (!presence) presence = present;
  if (*presence != present) {
    refuse("'{}' is {} although what comes before has {}; give it everywhere or nowhere", name,
           present ? "given" : "missing", present ? "none" : "it");
  }
}

void DatasetHandler::end_episode() {
  if (!(episode_seen_ >> kInteractions & 1U)) refuse("'{}' is missing", kEpisodeNames[kInteractions]);
  const bool associated = episode_seen_ >> kAssociation & 1U;
  decide(associated_, associated, kEpisodeNames[kAssociation]);
  // Without association scores nothing says how many views there are: none.
  if (!associated && !actions_) actions_.emplace(0);
  const std::string place = pointer();
  if (turns_.empty()) refuse_at(place + "/interactions", "an episode has at least one turn, found none");
  if (associated && rows_ != static_cast<int>(turns_.size())) {
    refuse_at(place + "/association_score",
              fmt::format("{} for {}; one row per turn is expected", counted(rows_, "row"),
                          counted(turns_.size(), "turn")));
  }
  if (associated && image_paths_ && *image_paths_ != actions_->modalities()) {
    refuse_at(place + "/image_paths", fmt::format("{} for {}", counted(*image_paths_, "image"),
                                                  counted(actions_->modalities(), "view")));
  }
  const bool has_id = episode_seen_ >> kId & 1U;
  decide(ids_, has_id, kEpisodeNames[kId]);
  storage_.id.push_back(has_id ? id_ : static_cast<std::int64_t>(storage_.id.size()));
  append_turns();
}

void DatasetHandler::append_turns() {
  for (std::size_t t = 0; t < turns_.size(); ++t) {
    const Turn& turn = turns_[t];
    if (turn.images >> actions_->modalities()) {
      refuse_at(fmt::format("{}/interactions/{}/image_index", pointer(), t),
                fmt::format("an image beyond the {} of association_score{}",
                            counted(actions_->modalities(), "view"),
                            *associated_ ? "" : ", which the file does not have"));
    }
    const int action = turn.cloud ? actions_->cloud_action(turn.images) : 0;
    storage_.task.push_back(static_cast<std::uint8_t>(turn.task));
    storage_.action.push_back(static_cast<std::uint16_t>(action));
    storage_.raw_score.push_back(turn.score);
    storage_.score.push_back(turn.refused ? 0 : turn.score);
    if (*times_) storage_.latency_s.push_back(turn.latency_s);
    if (*costs_) storage_.cost_usd.push_back(turn.cost_usd);
    if (turn_notes_) notes_.question.push_back(turn.question);
    if (turn.refused) ++notes_.refused[actions_->kind(action)];
  }
  storage_.association.insert(storage_.association.end(), association_.begin(), association_.end());
  storage_.first_turn.push_back(storage_.task.size());
}

EpisodeStorage DatasetHandler::finish() {
  if (storage_.id.empty()) refuse("the list is empty; a data set has at least one episode");
  std::vector<std::uint8_t> sorted_id(tasks_.size());
  for (const auto& [name, id] : tasks_) {
    sorted_id[static_cast<std::size_t>(id)] = static_cast<std::uint8_t>(storage_.tasks.size());
    storage_.tasks.push_back(name);
  }
  for (std::uint8_t& task : storage_.task) task = sorted_id[task];
  storage_.modalities = actions_->modalities();
  notes_.questions = questions_.size();
  notes_.ids = *ids_;
  return std::move(storage_);
}

}  // namespace offload
