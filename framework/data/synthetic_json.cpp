#include <iterator>
#include <string>

#include "data/synthetic.hpp"
#include "files/atomic_file.hpp"
#include "files/json_reader.hpp"

namespace offload {
namespace {

std::string image_list(const ActionSpace& actions, int action) {
  if (actions.images(action) == 0) return "null";
  std::string list;
  for (int m = 0; m < actions.modalities(); ++m) {
    if (actions.images(action) >> m & 1U) list += fmt::format("{}{}", list.empty() ? "[" : ", ", m);
  }
  return list + "]";
}

// The texts that do not change from turn to turn, as JSON.
struct Texts {
  std::string question, answer[2];
  std::vector<std::string> tasks, images;

  explicit Texts(const SyntheticGenerator& generator)
      : question(json_text(generator.question())),
        answer{json_text(generator.answer(false)), json_text(generator.answer(true))} {
    for (const std::string& task : generator.tasks()) tasks.push_back(json_text(task));
    const ActionSpace actions(generator.modalities());
    for (int a = 0; a < actions.size(); ++a) images.push_back(image_list(actions, a));
  }
};

// Numbers in the shortest form that reads back as the same double.
void append_episode(std::string& out, std::uint64_t id, const SyntheticEpisode& episode, const Texts& texts) {
  auto end = std::back_inserter(out);
  fmt::format_to(end, "{{\"id\": {}, \"interactions\": [", id);
  const char* separator = "\n  ";
  for (const SyntheticTurn& turn : episode.turns) {
    fmt::format_to(end,
                   "{}{{\"question\": {}, \"task_cat\": {}, \"action\": {}, \"image_index\": {}, "
                   "\"answer\": {}, \"score\": {}, \"interaction_time\": {}, \"usage_cost\": {}}}",
                   separator, texts.question, texts.tasks[static_cast<std::size_t>(turn.task)],
                   turn.action > 0 ? 1 : 0, texts.images[static_cast<std::size_t>(turn.action)],
                   texts.answer[turn.refused], turn.raw_score, turn.latency_s, turn.cost_usd);
    separator = ",\n  ";
  }
  out += "],\n \"association_score\": [";
  const std::size_t views = episode.association.size() / episode.turns.size();
  for (std::size_t t = 0; t < episode.turns.size(); ++t) {
    out += t == 0 ? "[" : ", [";
    for (std::size_t m = 0; m < views; ++m) {
      fmt::format_to(end, "{}{}", m == 0 ? "" : ", ", episode.association[t * views + m]);
    }
    out += "]";
  }
  out += "]}";
}

}  // namespace

void write_synthetic_json(const SyntheticSource& from, const std::filesystem::path& file) {
  const Texts texts(*from.generator);
  AtomicFile out(file);
  SyntheticEpisode episode;
  std::string text;
  for (std::uint64_t e = 0; e < from.episodes; ++e) {
    from.generator->draw(e, episode);
    text = e == 0 ? "[" : ",\n";
    append_episode(text, e, episode, texts);
    out.write(text);
  }
  out.write("]\n");
  out.commit();
}

}  // namespace offload
