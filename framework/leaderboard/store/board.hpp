// A board on the disk: a folder with a database of tasks, entries and withdrawals, and beside it the bundles
// and the results that the entries rest on, each under the hash of its content. An entry is there once its
// row is: what it names was written, flushed and renamed before. Entries are never changed; the database
// itself refuses it.
//
// board.sqlite  bundles/SHA256.tar.zst  results/SHA256/{suite.json,trials/}  tasks/NAME/  hidden/  work/
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "leaderboard/store/database.hpp"

namespace offload {

struct BoardTask {
  std::string name, added;       // added: a date
  std::string dataset;           // in place of its suite's; empty: that one
  std::string commitment;        // of hidden episodes; empty: it has none
  std::int64_t per_entrant = 0;  // entries that one entrant may have of it; 0: any number
  std::string secret, opened;    // once the hidden episodes were opened: what they were made of, and when
};

// Whether an entry's figures came out again on the board's machine.
enum class Mark {
  same_bits,        // all decisions and figures to the bit
  within_interval,  // every row's mean reward and violations within the method's own intervals
  decisions_only,   // what was stored follows from its decisions; the plugin was not run
  not_reproduced,   // `why`
};
const char* to_string(Mark mark);
// Whether it is ranked: what came out again.
inline bool is_ranked(Mark mark) { return mark == Mark::same_bits || mark == Mark::within_interval; }

struct Withdrawal {
  std::string reason, date;
};

struct Entry {
  std::int64_t id = 0;  // from 1
  std::string bundle;   // SHA-256
  std::string task, entrant, note, date, version;
  Mark mark = Mark::not_reproduced;
  std::string why;                      // of the mark, in a sentence
  std::string results, hidden_results;  // content hashes of what is shown; empty: nothing is
  std::string provenance = "{}";        // JSON: what the bundle says of its machine, what ran here
  std::optional<Withdrawal> withdrawn;
};

// A folder for what is not finished; it goes with the object, or with whoever opens the board next.
class WorkFolder {
 public:
  explicit WorkFolder(const std::filesystem::path& board);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

class Board {
 public:
  // Makes an empty board of `folder`, which is new, empty, or what a call that was cut short left. Throws
  // Error(config) for any other, also for a board, and Error(io).
  static void make(const std::filesystem::path& folder);
  // Throws Error(io) where there is none, Error(data) for one of a later version.
  explicit Board(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path task_folder(const std::string& name) const { return folder_ / "tasks" / name; }
  // Of the hidden episodes: suite.json and exact policies, never published.
  std::filesystem::path hidden_folder(const std::string& name) const { return folder_ / "hidden" / name; }
  std::filesystem::path results_folder(const std::string& hash) const { return folder_ / "results" / hash; }
  std::filesystem::path bundle_file(const std::string& hash) const;

  // `place` puts the task's folders in their places, where a killed one's may lie, while no other process
  // adds any. Throws Error(config) for a name that is there already, and what `place` throws; then nothing
  // was added.
  void add_task(const BoardTask& task, const std::function<void()>& place = {});
  // Of the dates up to `until`; empty: all.
  std::vector<BoardTask> tasks(const std::string& until = {});
  // Throws Error(config) that names those there are.
  BoardTask task(const std::string& name);
  // Once. Throws Error(config) where there is nothing to open or it is open.
  void open_hidden(const std::string& task, const std::string& secret, const std::string& date);

  std::optional<std::int64_t> find(const std::string& bundle);
  // What an entrant may still add to a task. Throws Error(config) where nothing more.
  void check_limit(const BoardTask& task, const std::string& entrant);
  // Keeps the bundle and adds the entry in one transaction; its id. The same bundle again is the entry that
  // it is. Throws as check_limit, Error(io) as for a full disk: then nothing was added.
  std::int64_t add(const Entry& entry, const std::filesystem::path& bundle);
  // Takes a folder of results over under its hash, and returns that; the folder is gone then.
  std::string keep_results(const std::filesystem::path& folder);
  // Throws Error(config) for no such entry or one that is withdrawn.
  void withdraw(std::int64_t id, const std::string& reason, const std::string& date);

  // Of the dates up to `until`, with the withdrawals of those dates; empty: all.
  std::vector<Entry> entries(const std::string& until = {});
  // The newest date of an entry, a withdrawal or a task; empty without any.
  std::string newest_date();

 private:
  std::filesystem::path folder_;
  Database database_;
};

// SHA-256 over names, sizes and bytes of all files below, in the order of their names.
std::string content_hash(const std::filesystem::path& folder);
// Throws Error(config) unless it is a day as 2026-01-31.
void check_date(const std::string& date);

}  // namespace offload
