// serve.toml with every default filled in.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "gateway/decision/file_watch.hpp"
#include "gateway/decision/price_file.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/upstream.hpp"

namespace offload {

// [local] or [cloud].
struct EndpointSettings {
  std::string place;  // of the table, for messages
  http::BaseUrl url;
  std::string model;  // empty: as the client named it
  std::string key_variable;
  std::filesystem::path key_file, ca_file;  // of ca_file empty: the system's
  bool images = true;                       // false: none is ever sent there
  bool counts_choices = true;               // its usage is of all choices of an answer; false: of one
  Prices prices;
  bool priced = false;  // by price or prices; without either it is booked as free
  std::int64_t tokens_per_image = 1100, max_output = 4096;
  std::vector<std::string> pass = {};    // of a client's fields, those that go on; in lower case
  std::string limit_key = "max_tokens";  // how the length of an answer is limited
  int in_flight = 256;                   // calls at once
  int queue = 64;                        // turns that wait for a place among them
  double requests_per_minute = 0, tokens_per_minute = 0;  // 0: as many as there are
  int attempts = 3;                                       // per turn
  http::CallTimes times;
};

struct TaskRule {
  std::regex pattern;
  std::string task;
  std::string place;
};

// Another row beside the one that serves.
struct ArmSettings {
  std::string row, place;  // place: of the row
  std::filesystem::path checkpoint;
  double share = 0;  // of new sessions
};

struct ServeSettings {
  enum class Unknown { refuse, fallback };  // what becomes of a turn whose task nobody told
  enum class Exhausted { error, local };    // what answers when no action fits the budgets
  enum class History { sent, all, none };   // images of earlier turns
  enum class Reserve { bound, quantile };

  std::string file;
  FileLook seen{};  // of the file, before it was read
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 8100;  // 0: any free one
  bool loopback = true;
  // The policy.
  std::filesystem::path suite, checkpoint;
  std::string dataset, row, place;  // place: of the row
  std::vector<ArmSettings> arms;    // together at most all sessions
  std::vector<std::string> models;  // names that stand for offload-auto
  std::uint64_t seed = 0;
  bool client_streams = false;  // x-offload-stream gives a session's random bits: for tests of identity
  // The budgets.
  std::string cell, cell_place;
  std::optional<Amounts> limit;  // in place of the cell's
  bool enforce = true;           // false: as the benchmark does, the agent may step outside the mask
  Exhausted exhausted = Exhausted::error;
  bool measured = true;  // what happened is booked; else the profile's consumption
  Reserve reserve_cost = Reserve::bound;
  bool cut = false;  // an answer that passes its session's time is ended there
  // Tasks.
  std::vector<TaskRule> rules;
  Unknown unknown = Unknown::refuse;
  std::string unknown_task;
  std::optional<EndpointSettings> classifier;  // asked where neither header, metadata nor rule tells
  std::string instruction;                     // of the classifier; the tasks' names follow it
  // Sessions.
  bool implicit_sessions = false;
  History history_images = History::sent;
  std::size_t sessions = 100'000;
  std::chrono::milliseconds session_idle{24 * 3600 * 1000}, queue{2000}, linger{10'000};
  // Shadow: this answers, and what the agent would have done is journalled.
  std::optional<int> baseline;
  std::filesystem::path journal;
  bool journal_sync = true;
  std::filesystem::path client_keys;
  std::vector<std::string> hosts, origins;  // allowed beside the loopback names; of pages
  http::ServerLimits limits;
  std::size_t connections = 1024;
  std::chrono::milliseconds decision_limit{20};
  EndpointSettings local, cloud;
  bool journal_text = false;                        // what is said is kept, in a file of its own
  std::int64_t text_bytes = std::int64_t{1} << 30;  // of that file at most; there may be two
  bool reload_on_change = false;                    // the agents are read again when their files change

  // Over those of all files of prices; empty where there is none.
  std::string prices_sha256() const;
  // Of endpoints that are booked as free since they have no price, a line each; none where the profile's
  // amounts are booked.
  std::vector<std::string> unpriced_endpoints() const;
  std::filesystem::path text_file() const { return std::filesystem::path(journal) += ".text"; }
};

class TomlTable;

// A time in seconds of at most 10^6.
std::chrono::milliseconds seconds_of(TomlTable& table, std::string_view key,
                                     std::chrono::milliseconds fallback);
// An endpoint's keys of a table, which the caller finishes; paths are relative to `base`. `local`: it is a
// device that may have to load a model first and is sent no images unless told. Throws Error(config).
EndpointSettings read_endpoint(TomlTable& table, const std::filesystem::path& base, bool local);

// What whoever runs this has to be told of an endpoint that has no price, of which `fact` then holds; nothing
// where it has one. `name`: of its table.
std::string unpriced(const EndpointSettings& endpoint, std::string_view name, std::string_view fact);
// Whether its address is one of this machine's own.
bool is_on_this_machine(const EndpointSettings& endpoint);

// Throws Error(config) "file:line: fact; fix", Error(io) where it cannot be read. Paths in it are taken
// relative to its folder.
ServeSettings read_serve_settings(const std::filesystem::path& file);

}  // namespace offload
