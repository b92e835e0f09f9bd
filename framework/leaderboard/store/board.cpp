#include "leaderboard/store/board.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSchema = 1;
constexpr std::size_t kWithdrawalMost = 1000;
constexpr std::uint64_t kLargestBundle = std::uint64_t{1} << 30;

constexpr const char* kTables[] = {
    "CREATE TABLE IF NOT EXISTS task (name TEXT PRIMARY KEY, added TEXT NOT NULL, dataset TEXT NOT NULL, "
    "commitment TEXT NOT NULL, per_entrant INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS opening (task TEXT PRIMARY KEY REFERENCES task(name), secret TEXT NOT NULL, "
    "date TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY AUTOINCREMENT, bundle TEXT NOT NULL UNIQUE, "
    "task TEXT NOT NULL REFERENCES task(name), entrant TEXT NOT NULL, note TEXT NOT NULL, date TEXT NOT "
    "NULL, "
    "version TEXT NOT NULL, mark TEXT NOT NULL, why TEXT NOT NULL, results TEXT NOT NULL, "
    "hidden_results TEXT NOT NULL, provenance TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS withdrawal (entry INTEGER PRIMARY KEY REFERENCES entry(id), reason TEXT NOT "
    "NULL, "
    "date TEXT NOT NULL) STRICT",
};
constexpr std::array kFolders = {"bundles", "results", "tasks", "hidden", "work"};
constexpr std::array kNames = {"task", "opening", "entry", "withdrawal"};
constexpr std::array kMarks = {"same bits", "same within the method's interval", "decisions only",
                               "not reproduced"};

Mark mark_of(const std::string& text) {
  const auto found = std::ranges::find(kMarks, text);
  if (found == kMarks.end()) fail(ErrorKind::data, "board.sqlite: unknown mark '{}'", printable(text));
  return static_cast<Mark>(found - kMarks.begin());
}

// 0 before its tables are made.
std::int64_t form_of(Database& database) {
  std::int64_t form = 0;
  database.run("PRAGMA user_version", {}, [&](const Database::Row& row) { form = row.integer(0); });
  return form;
}

// A board's tables and its form come in one transaction, so one that was cut short has none.
bool holds_anything(Database& database) {
  bool any = false;
  database.run("SELECT 1 FROM sqlite_master LIMIT 1", {}, [&](const Database::Row&) { any = true; });
  return any;
}

// All below `folder` and itself, so that a name in the database stands for bytes on the disk.
void flush_folder(const fs::path& folder) {
  const auto flush = [](const fs::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 || fsync(file) != 0) {
      if (file >= 0) close(file);
      fail_io(path, "cannot be flushed to the disk");
    }
    close(file);
  };
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() || entry.is_directory()) flush(entry.path());
  }
  flush(folder);
}

}  // namespace

const char* to_string(Mark mark) { return kMarks[static_cast<std::size_t>(mark)]; }

WorkFolder::WorkFolder(const fs::path& board) {
  const fs::path work = board / "work";
  make_folder(work);
  // A folder is locked from before it can be seen until it is gone, and only those without a lock are left
  // over.
  const int all = open((board / "work.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (all < 0 || flock(all, LOCK_EX) != 0) fail_io(board / "work.lock", "cannot be locked");
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(work, error)) {
    const int left = open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (left >= 0 && flock(left, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), error);
    if (left >= 0) close(left);
  }
  std::string name = (work / "XXXXXX").string();
  const bool made = mkdtemp(name.data()) != nullptr;
  const int reason = errno;
  if (made) lock_ = open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (made) flock(lock_, LOCK_EX | LOCK_NB);
  close(all);
  errno = reason;
  if (!made) fail_io(work, "cannot make a folder");
  path_ = name;
}

WorkFolder::~WorkFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
  close(lock_);
}

void Board::make(const fs::path& folder) {
  std::error_code missing;
  if (fs::exists(folder / "board.sqlite", missing)) {
    Database there(folder / "board.sqlite", false);
    if (form_of(there) != 0)
      fail(ErrorKind::config, "{}: is a board already; name a new folder", printable(folder.native()));
    if (holds_anything(there)) {
      fail(ErrorKind::config, "{}: is a database of something else; name a new folder",
           printable((folder / "board.sqlite").native()));
    }
  }
  // What a call that was cut short has made is gone on with.
  require_own_folder(folder, "an empty board", [&folder](const std::string& name) {
    if (name.starts_with("board.sqlite")) return true;
    std::error_code error;
    return std::ranges::count(kFolders, name) > 0 && fs::is_empty(folder / name, error) && !error;
  });
  for (const char* name : kFolders) make_folder(folder / name);
  // Whoever may read the site need not read what it was made of.
  fs::permissions(folder / "hidden", fs::perms::owner_all);
  Database database(folder / "board.sqlite", true);
  Transaction transaction(database);
  for (const char* table : kTables) database.run(table);
  for (const std::string name : kNames) {
    for (const std::string change : {"UPDATE", "DELETE"}) {
      database.run(
          fmt::format("CREATE TRIGGER IF NOT EXISTS {0}_{1} BEFORE {1} ON {0} BEGIN SELECT RAISE(ABORT, "
                      "'a {0} is never changed or removed'); END",
                      name, change));
    }
  }
  database.run(fmt::format("PRAGMA user_version = {}", kSchema));
  transaction.commit();
}

Board::Board(const fs::path& folder)
    : folder_(fs::absolute(folder)), database_(folder_ / "board.sqlite", false) {
  const std::int64_t version = form_of(database_);
  if (version != kSchema) {
    fail(ErrorKind::data,
         "{}: a board of form {}, and this version knows form {}; use the version that made it",
         printable((folder_ / "board.sqlite").native()), version, kSchema);
  }
}

fs::path Board::bundle_file(const std::string& hash) const {
  return folder_ / "bundles" / (hash + ".tar.zst");
}

void Board::add_task(const BoardTask& task, const std::function<void()>& place) {
  Transaction transaction(database_);
  for (const BoardTask& other : tasks()) {
    if (other.name == task.name)
      fail(ErrorKind::config, "task '{}': is there already; another version takes another name", task.name);
  }
  if (place) place();
  database_.run("INSERT INTO task VALUES (?1, ?2, ?3, ?4, ?5)",
                {task.name, task.added, task.dataset, task.commitment, task.per_entrant});
  transaction.commit();
}

std::vector<BoardTask> Board::tasks(const std::string& until) {
  std::vector<BoardTask> list;
  database_.run(
      "SELECT name, added, dataset, commitment, per_entrant, secret, date FROM task LEFT JOIN opening ON "
      "task = name "
      "AND (?1 = '' OR date <= ?1) WHERE ?1 = '' OR added <= ?1 ORDER BY name",
      {until}, [&](const Database::Row& row) {
        list.push_back(
            {row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.text(5), row.text(6)});
      });
  return list;
}

BoardTask Board::task(const std::string& name) {
  std::string known;
  for (const BoardTask& task : tasks()) {
    if (task.name == name) return task;
    known += (known.empty() ? "" : ", ") + task.name;
  }
  fail(ErrorKind::config, "'{}' is no task of this board; known: {}", printable(name),
       known.empty() ? "none" : known);
}

void Board::open_hidden(const std::string& name, const std::string& secret, const std::string& date) {
  Transaction transaction(database_);
  const BoardTask found = task(name);
  if (found.commitment.empty()) fail(ErrorKind::config, "task '{}' has no hidden episodes", name);
  if (!found.opened.empty()) fail(ErrorKind::config, "task '{}' was opened on {}", name, found.opened);
  database_.run("INSERT INTO opening VALUES (?1, ?2, ?3)", {name, secret, date});
  transaction.commit();
}

std::optional<std::int64_t> Board::find(const std::string& bundle) {
  std::optional<std::int64_t> id;
  database_.run("SELECT id FROM entry WHERE bundle = ?1", {bundle},
                [&](const Database::Row& row) { id = row.integer(0); });
  return id;
}

// Withdrawn ones count as well: else who withdraws and submits again could try without end.
void Board::check_limit(const BoardTask& task, const std::string& entrant) {
  if (task.per_entrant == 0) return;
  std::int64_t count = 0;
  database_.run("SELECT COUNT(*) FROM entry WHERE task = ?1 AND entrant = ?2 COLLATE NOCASE",
                {task.name, entrant}, [&](const Database::Row& row) { count = row.integer(0); });
  if (count < task.per_entrant) return;
  fail(ErrorKind::config, "'{}' has {} of task '{}', and an entrant may have {}, withdrawn ones included",
       entrant, counted(count, "entry"), task.name, task.per_entrant);
}

std::int64_t Board::add(const Entry& entry, const fs::path& bundle) {
  if (!fs::exists(bundle_file(entry.bundle))) {
    const std::string bytes = read_bounded(bundle, kLargestBundle);
    if (sha256_of(bytes) != entry.bundle)
      fail(ErrorKind::data, "{}: was replaced while it was added; add it again", printable(bundle.native()));
    write_atomically(bundle_file(entry.bundle), bytes);
  }
  Transaction transaction(database_);
  if (const auto known = find(entry.bundle)) return *known;
  check_limit(task(entry.task), entry.entrant);
  database_.run(
      "INSERT INTO entry (bundle, task, entrant, note, date, version, mark, why, results, hidden_results, "
      "provenance) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
      {entry.bundle, entry.task, entry.entrant, entry.note, entry.date, entry.version, to_string(entry.mark),
       entry.why, entry.results, entry.hidden_results, entry.provenance});
  const std::int64_t id = database_.last_id();
  transaction.commit();
  return id;
}

std::string Board::keep_results(const fs::path& folder) {
  const std::string hash = content_hash(folder);
  flush_folder(folder);
  const fs::path kept = results_folder(hash);
  // The same content may be there, of an add that was killed before its row or of another entry.
  if (fs::exists(kept)) return hash;
  if (rename(folder.c_str(), kept.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY)
    fail_io(kept, "cannot be put in its place");
  const int parent = open(kept.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent >= 0) fsync(parent);
  if (parent >= 0) close(parent);
  return hash;
}

void Board::withdraw(std::int64_t id, const std::string& reason, const std::string& date) {
  if (reason.empty() || reason.size() > kWithdrawalMost)
    fail(ErrorKind::config, "--reason: expected 1 to {} bytes", kWithdrawalMost);
  Transaction transaction(database_);
  bool there = false, withdrawn = false;
  database_.run(
      "SELECT withdrawal.entry FROM entry LEFT JOIN withdrawal ON withdrawal.entry = id WHERE id = ?1", {id},
      [&](const Database::Row& row) {
        there = true;
        withdrawn = !row.is_null(0);
      });
  if (!there)
    fail(ErrorKind::config, "there is no entry {}; `offload-bench leaderboard list` lists them", id);
  if (withdrawn) fail(ErrorKind::config, "entry {} is withdrawn already", id);
  database_.run("INSERT INTO withdrawal VALUES (?1, ?2, ?3)", {id, reason, date});
  transaction.commit();
}

std::vector<Entry> Board::entries(const std::string& until) {
  std::vector<Entry> list;
  database_.run(
      "SELECT id, bundle, task, entrant, note, entry.date, version, mark, why, results, hidden_results, "
      "provenance, "
      "reason, withdrawal.date FROM entry LEFT JOIN withdrawal ON withdrawal.entry = id AND (?1 = '' OR "
      "withdrawal.date <= ?1) WHERE ?1 = '' OR entry.date <= ?1 ORDER BY id",
      {until}, [&](const Database::Row& row) {
        Entry entry;
        entry.id = row.integer(0);
        std::string* const texts[] = {&entry.bundle, &entry.task, &entry.entrant,
                                      &entry.note,   &entry.date, &entry.version};
        for (int i = 0; i < 6; ++i) *texts[i] = row.text(i + 1);
        entry.mark = mark_of(row.text(7));
        entry.why = row.text(8);
        entry.results = row.text(9);
        entry.hidden_results = row.text(10);
        entry.provenance = row.text(11);
        if (!row.is_null(12)) entry.withdrawn = Withdrawal{row.text(12), row.text(13)};
        list.push_back(std::move(entry));
      });
  return list;
}

std::string Board::newest_date() {
  std::string date;
  database_.run(
      "SELECT MAX(d) FROM (SELECT MAX(date) AS d FROM entry UNION SELECT MAX(date) FROM withdrawal UNION "
      "SELECT MAX(added) FROM task UNION SELECT MAX(date) FROM opening)",
      {}, [&](const Database::Row& row) { date = row.text(0); });
  return date;
}

std::string content_hash(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink())
      fail(ErrorKind::data, "{}: a link where a file was", printable(entry.path().native()));
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder));
  }
  std::ranges::sort(files);
  Sha256 hash;
  for (const fs::path& file : files)
    hash.update(fmt::format("{} {} {}\n", file.generic_string(), fs::file_size(folder / file),
                            sha256_of_file(folder / file)));
  return hash.hex();
}

void check_date(const std::string& date) {
  const auto digits = [&](std::size_t begin, std::size_t end) {
    return std::all_of(date.begin() + static_cast<std::ptrdiff_t>(begin),
                       date.begin() + static_cast<std::ptrdiff_t>(end),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  const bool shaped =
      date.size() == 10 && date[4] == '-' && date[7] == '-' && digits(0, 4) && digits(5, 7) && digits(8, 10);
  const int month = shaped ? std::stoi(date.substr(5, 2)) : 0,
            day = shaped ? std::stoi(date.substr(8, 2)) : 0;
  if (month >= 1 && month <= 12 && day >= 1 && day <= 31) return;
  fail(ErrorKind::config, "--date {}: expected a day such as 2026-01-31", printable(date));
}

}  // namespace offload
