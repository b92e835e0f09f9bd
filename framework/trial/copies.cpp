#include "trial/copies.hpp"

#include <algorithm>
#include <cstring>

#include "check/random_turns.hpp"
#include "core/error.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kProofs = 3;
constexpr std::size_t kCopiedMost = std::size_t{256} << 20;  // bytes of shared memory that every fork copies
constexpr std::size_t kProofBytes = 64;                      // SHA-256 in hexadecimal

// What the answer of a copy from a checkpoint begins with.
constexpr char kProved = 'p', kOther = 'o';

}  // namespace

Copies::Copies(Passes& passes, const RowSettings& row, const std::filesystem::path& library,
               const offload_environment& environment, HostWorld world, TrialCopies copies)
    : passes_(passes), row_(row), library_(library), environment_(environment), world_(std::move(world)) {
  ask_for_one_thread();
  if (copies == TrialCopies::fresh)
    spare_.emplace([this](std::string_view request) { return answer_checkpoint(request); });
  before_ = nameless_memory().value_or(NamelessMemory());
  channels_before_ = open_channels();
}

int Copies::first_slot(const AnyAgent& agent) const {
  return std::max(row_.training.slots, agent.training_slots());
}

PassAnswer Copies::run(const Pass& pass, AnyAgent& agent) {
  passes_.prepare(pass);
  // What the agent shares with its copies would carry from one to the next; so would a process of its own, or
  // a pipe that it keeps open.
  const std::optional<NamelessMemory> shared = nameless_memory_since(before_);
  if (single_threaded() && !has_children() && no_channels_since(channels_before_) && shared &&
      size_of(*shared) <= kCopiedMost) {
    return pass_answer_from(run_in_copy([&] {
      take_over(*shared);
      return to_bytes(passes_.run(pass, agent, first_slot(agent)));
    }));
  }
  if (auto answer = by_checkpoint(pass, agent)) {
    kind_ = std::min(kind_, EvaluationCopies::checkpoint);
    return std::move(*answer);
  }
  kind_ = EvaluationCopies::none;
  return passes_.run(pass, agent, first_slot(agent));
}

std::string proof_of(AnyAgent& agent, const offload_environment& environment) {
  Actions all;
  for (std::uint64_t seed = 1; seed <= kProofs; ++seed) {
    for (const SampleTurns& turns :
         episodes(agent, environment, environment.evaluation_slots, seed, OFFLOAD_EVALUATE)) {
      const Actions some = act(agent, turns, OFFLOAD_EVALUATE);
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  return sha256_of({reinterpret_cast<const char*>(all.data()), all.size() * sizeof(all[0])});
}

// Empty where there is no checkpoint, no spare, or a checkpoint that comes to other decisions.
std::optional<PassAnswer> Copies::by_checkpoint(const Pass& pass, AnyAgent& agent) {
  if (!spare_ || !agent.has_checkpoint()) return std::nullopt;
  std::string request(sizeof pass, '\0');
  std::memcpy(request.data(), &pass, sizeof pass);
  try {
    request += proof_of(agent, environment_) + agent.save_checkpoint();
  } catch (const Error&) {
    return std::nullopt;
  }
  const std::optional<std::string> answer = spare_->run(request);
  if (!answer || answer->empty() || answer->front() != kProved) return std::nullopt;
  return pass_answer_from(std::string_view(*answer).substr(1));
}

// In a copy of the spare.
std::string Copies::answer_checkpoint(std::string_view request) const {
  Pass pass;
  std::memcpy(&pass, request.data(), sizeof pass);
  const std::string_view proof = request.substr(sizeof pass, kProofBytes);
  AgentInstance agent(library_, row_.agent.parameters, environment_, world_);
  try {
    agent.load_checkpoint(request.substr(sizeof pass + kProofBytes));
    if (proof_of(agent, environment_) != proof) return {kOther};
  } catch (const Error&) {
    return {kOther};
  }
  return kProved + to_bytes(passes_.run(pass, agent, first_slot(agent)));
}

}  // namespace offload
