#include "gateway/collect/output.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "files/atomic_file.hpp"
#include "files/checked_json.hpp"
#include "files/sha256.hpp"
#include "gateway/collect/card.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

// Judges' marks are 1 to 10, so their ratio is at most this.
constexpr double kScoreMost = 10;

std::string dump(const OrderedJson& json) {
  return json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace);
}

OrderedJson turn_json(const DialogueTurn& asked, const CollectedTurn& turn) {
  OrderedJson images;
  for (int m = 0; m < kMaxModalities; ++m) {
    if (turn.images >> m & 1U) images.push_back(m);
  }
  OrderedJson json = {{"question", asked.question},
                      {"task_cat", asked.task},
                      {"action", turn.choice.action > 0 ? 1 : 0},
                      {"image_index", images},
                      {"answer", turn.answer.text},
                      {"score", turn.score},
                      {"interaction_time", from_amount(turn.answer.latency_ns, 0)},
                      {"usage_cost", from_amount(turn.answer.amount_pusd, 1)}};
  json["propensity"] = turn.choice.propensity > 0 ? OrderedJson(turn.choice.propensity) : OrderedJson();
  json["prompt_tokens"] = turn.answer.usage.prompt;
  json["cached_tokens"] = turn.answer.usage.cached;
  json["completion_tokens"] = turn.answer.usage.completion;
  json["cost_estimated"] = turn.answer.estimated;
  json["verdicts"] = OrderedJson::array();
  for (const auto& [candidate, reference] : turn.verdicts) json["verdicts"].push_back({candidate, reference});
  return json;
}

std::size_t episode_number(const CollectPlan& plan, const CollectedEpisode& episode) {
  return episode.dialogue * static_cast<std::size_t>(plan.draws) + static_cast<std::size_t>(episode.draw);
}

void write_dataset(const CollectPlan& plan, const Dialogues& dialogues,
                   const std::vector<CollectedEpisode>& episodes, const fs::path& file) {
  AtomicFile out(file);
  const char* separator = "[";
  for (const CollectedEpisode& episode : episodes) {
    if (!episode.whole()) continue;
    const Dialogue& dialogue = dialogues.all[episode.dialogue];
    OrderedJson json = {
        {"id", episode_number(plan, episode)}, {"dialogue", dialogue.id}, {"draw", episode.draw}};
    if (dialogues.modalities > 0) json["image_paths"] = dialogue.paths;
    json["interactions"] = OrderedJson::array();
    for (std::size_t t = 0; t < episode.turns.size(); ++t) {
      json["interactions"].push_back(turn_json(dialogue.turns[t], episode.turns[t]));
      if (dialogues.modalities > 0) json["association_score"].push_back(episode.turns[t].association);
    }
    out.write(separator + dump(json));
    separator = ",\n";
  }
  out.write("]\n");
  out.commit();
}

OutcomeNotes notes_of(const CollectPlan& plan) {
  OutcomeNotes notes;
  notes.source = "offload-bench collect, plan " + plan.name;
  notes.source_sha256 = plan.digest();
  notes.quality_high = kScoreMost;
  notes.latency = OutcomeNotes::Latency::measured;
  notes.inventions = {
      "A quality is the judge's mark of the answer over its mark of the reference's answer.",
      "Of every turn the arm that was chosen was asked and no other, behind the answers of the "
      "arms that were chosen before; all else is unknown."};
  return notes;
}

std::vector<Arm> arms_of(const CollectPlan& plan, const ActionSpace& actions) {
  // Of several dated ones none is the arm's.
  const auto price = [&plan](Role role) -> std::optional<TokenPrice> {
    const Prices& prices = plan.role(role).prices;
    if (prices.dated().size() > 1) return std::nullopt;
    return TokenPrice{prices.at(0).input, prices.at(0).output};
  };
  std::vector<Arm> arms;
  for (int a = 0; a < actions.size(); ++a) {
    const bool cloud = actions.cloud(a);
    arms.push_back({actions.name(a), "", cloud ? Placement::cloud : Placement::device,
                    price(cloud ? kCloudRole : kLocalRole), actions.images(a)});
  }
  return arms;
}

void write_table(const CollectPlan& plan, const Dialogues& dialogues,
                 const std::vector<CollectedEpisode>& episodes, const fs::path& file) {
  const ActionSpace actions(dialogues.modalities);
  const std::vector<Arm> arms = arms_of(plan, actions);
  TableRules rules;
  TableBuilder builder(file.native(), notes_of(plan), arms, rules);
  std::uint64_t line = 1;
  for (const CollectedEpisode& episode : episodes) {
    if (!episode.whole()) continue;
    const Dialogue& dialogue = dialogues.all[episode.dialogue];
    const std::string session = fmt::format("{}/{}", dialogue.id, episode.draw);
    for (std::size_t t = 0; t < episode.turns.size(); ++t) {
      const CollectedTurn& turn = episode.turns[t];
      const std::string query = fmt::format("{}/{}", session, t + 1);
      for (int a = 0; a < actions.size(); ++a) {
        OutcomeRow row;
        row.session = session;
        row.query = query;
        row.task = dialogue.turns[t].task;
        row.arm = arms[static_cast<std::size_t>(a)].name;
        row.turn = static_cast<int>(t) + 1;
        row.state = a == turn.choice.action ? CellState::known : CellState::unknown;
        if (a == 0) row.text = dialogue.turns[t].question;
        if (a == turn.choice.action) {
          row.quality = turn.score;
          row.latency_ns = turn.answer.latency_ns;
          row.cost_pusd = turn.answer.amount_pusd;
          row.input_tokens = turn.answer.estimated ? kUnknownAmount : turn.answer.usage.prompt;
          row.output_tokens = turn.answer.estimated ? kUnknownAmount : turn.answer.usage.completion;
        }
        builder.add(row, RecordPlace{file.native(), ++line});
      }
    }
  }
  write_outcome_table(builder.finish(file.native(), sha256_of(plan.digest() + dialogues.sha256)), file);
  read_outcome_table(file);
}

}  // namespace

CollectFiles write_collection(const CollectPlan& plan, const Dialogues& dialogues,
                              const std::vector<CollectedEpisode>& episodes, const CallTotals& totals) {
  CollectFiles files;
  const fs::path stem = plan.out / plan.name;
  if (std::ranges::none_of(episodes, &CollectedEpisode::whole)) {
    files.left_out.push_back("no episode is whole, so there is no data set and no table");
  } else {
    if (dialogues.modalities == 0 || plan.roles[kAssociationRole]) {
      files.dataset = fs::path(stem) += ".json";
      write_dataset(plan, dialogues, episodes, files.dataset);
      read_dataset(files.dataset);
    } else {
      files.left_out.push_back(
          "no data set: its form has no views without association; give [association], or see the table");
    }
    if (static_cast<std::size_t>(ActionSpace(dialogues.modalities).size()) <= kMostArms) {
      files.table = fs::path(stem) += ".csv";
      write_table(plan, dialogues, episodes, files.table);
    } else {
      files.left_out.push_back(fmt::format("no table: it has at most {} arms", kMostArms));
    }
  }
  files.card = fs::path(stem) += ".card.md";
  write_atomically(files.card, card_text(plan, dialogues, episodes, totals));
  return files;
}

}  // namespace offload
