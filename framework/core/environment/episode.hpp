// A data set in memory: checked values as a structure of arrays, owned or mapped from a packed file. Indices
// are dense: episode e holds turns first_turn[e] .. first_turn[e + 1] - 1.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/environment/outcome_table.hpp"

namespace offload {

struct EpisodeTable {
  int modalities = 0;
  std::vector<std::string> tasks;             // sorted names; a task id is an index into it
  std::span<const std::int64_t> id;           // [E] episode ids, unique
  std::span<const std::uint64_t> first_turn;  // [E + 1]
  std::span<const std::uint8_t> task;         // [turns]
  std::span<const std::uint16_t> action;      // [turns] the logged action
  std::span<const double> score;              // [turns] judged score, refused answers scored 0
  std::span<const double> raw_score;          // [turns] judged score as in the file
  std::span<const double> latency_s;          // [turns] measured; empty when the file has none
  std::span<const double> cost_usd;           // [turns] measured; empty when the file has none
  std::span<const double> association;        // [turns][modalities]
  std::string sha256;                         // of the source file's bytes, or of the generator's settings
  std::string source;                         // how a person names it: a path or synthetic:N
  std::shared_ptr<const void> owner;          // keeps the memory behind the spans
  // What every arm's answer to every turn came to; then there is no logged action: action, score, raw_score,
  // latency_s, cost_usd and association are empty, modalities is 0. Null for logged data.
  std::shared_ptr<const OutcomeTable> outcomes;
  // Of known outcomes, what alone may be learned from where a log is simulated; null: all of them.
  std::shared_ptr<const OutcomeLog> log;

  std::size_t episodes() const { return id.size(); }
  std::size_t turns() const { return task.size(); }
  int length(std::size_t episode) const {
    return static_cast<int>(first_turn[episode + 1] - first_turn[episode]);
  }
  std::size_t turn(std::size_t episode, int index) const {
    return static_cast<std::size_t>(first_turn[episode]) + static_cast<std::size_t>(index);
  }
  std::span<const double> associations(std::size_t turn) const {
    return association.subspan(turn * static_cast<std::size_t>(modalities),
                               static_cast<std::size_t>(modalities));
  }
  int longest() const;
};

// Owns what an EpisodeTable shows; for readers, generators and tests that build one in memory.
struct EpisodeStorage {
  int modalities = 0;
  std::vector<std::string> tasks;
  std::vector<std::int64_t> id;
  std::vector<std::uint64_t> first_turn = {0};
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
  std::vector<double> score, raw_score, latency_s, cost_usd, association;
};

// Whether two are one episode, or hold the same turns value by value whatever their ids: whoever has seen the
// one has seen the other.
bool are_copies(const EpisodeTable& table, std::size_t a, std::size_t b);

// Takes the storage over; the table keeps it alive.
EpisodeTable make_table(EpisodeStorage storage, std::string source, std::string sha256);

// The same episodes under other ids: `offset` is added to each.
EpisodeTable with_ids_from(EpisodeTable table, std::int64_t offset);

}  // namespace offload
