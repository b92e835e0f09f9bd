// What is sent to the models of a collection and what is read from their answers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/collect/dialogues.hpp"
#include "gateway/collect/plan.hpp"
#include "gateway/openai/usage.hpp"

namespace offload {

// A turn that was answered.
struct AnsweredTurn {
  std::uint32_t images = 0;  // bit m: view m was sent with it
  std::string answer;
};

// One request. `bound`: what it may cost at most, in pico-dollars.
struct RoleRequest {
  std::string path, body;
  std::int64_t images = 0, bound_pusd = 0, bound_tokens = 0;
};

// The question of turn `before.size()` behind the turns before, with the views `images`. Images of earlier
// turns go along where they were sent then; a model that takes no images gets none.
RoleRequest chat_request(const CollectPlan& plan, Role role, const Dialogue& dialogue,
                         const std::vector<AnsweredTurn>& before, std::uint32_t images);
// Which of two answers is better; `swapped`: the reference stands first. The judge is not told which is
// which.
RoleRequest judge_request(const CollectPlan& plan, const Dialogue& dialogue, std::size_t turn,
                          const std::string& candidate, const std::string& reference, bool swapped);
// The embeddings of the turn's question and of every view: {"input": [{"text": ..}, {"image": ..}, ...]}.
RoleRequest association_request(const CollectPlan& plan, const Dialogue& dialogue, std::size_t turn);

// An answer of a server, status 200.
struct RoleAnswer {
  bool usable = false;  // whole, and of the form that was asked for
  std::string text;     // what the model said, less half a number; of embeddings a JSON list of associations
  std::string model;    // as the server names it
  std::optional<openai::Usage> usage;
};
RoleAnswer read_answer(Role role, const std::string& body, int modalities);

// Marks of A and B, 1 to 10 each; nothing where none can be read.
std::optional<std::pair<double, double>> read_verdict(std::string_view text);

}  // namespace offload
