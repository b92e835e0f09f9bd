#include "leaderboard/site/site.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "leaderboard/site/feeds.hpp"
#include "leaderboard/site/pages.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuilding = ".building";
constexpr std::size_t kFeedMost = std::size_t{1} << 30;

// One build of a site at a time; it goes with the process.
class SiteLock {
 public:
  explicit SiteLock(const fs::path& site) {
    make_folder(site);
    lock_ = open((site / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_ < 0 || flock(lock_, LOCK_EX) != 0) fail_io(site / ".lock", "cannot be locked");
  }
  ~SiteLock() { close(lock_); }
  SiteLock(const SiteLock&) = delete;
  SiteLock& operator=(const SiteLock&) = delete;

 private:
  int lock_ = -1;
};

bool is_day(const std::string& name) {
  try {
    check_date(name);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Days are replaced as a whole: in a folder of something else they might be anybody's.
void require_site(const fs::path& site) {
  const fs::path feed = site / "feed.json";
  std::error_code error;
  const bool built = fs::exists(feed, error) && !fs::exists(site / "board.sqlite", error) &&
                     !fs::exists(site / "suite.json", error) &&
                     read_bounded(feed, kFeedMost).find(kLeaderboardFormat) != std::string::npos;
  if (built) return;  // with what its owner has put beside the pages
  require_own_folder(site, "a site of `leaderboard build`", [&site](const std::string& name) {
    std::error_code none;
    return name == ".lock" || name == kBuilding || is_temporary(name) ||
           (is_day(name) && fs::exists(site / name / "feed.json", none));
  });
}

// Newest first, `date` among them.
std::vector<std::string> snapshots_with(const fs::path& site, const std::string& date) {
  std::vector<std::string> days = {date};
  for (const auto& entry : fs::directory_iterator(site)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name != date && is_day(name)) days.push_back(name);
  }
  std::ranges::sort(days, std::greater<>());
  return days;
}

// Whoever reads the site sees the old day or the new one.
void put_in_place(const fs::path& made, const fs::path& day) {
  if (!fs::exists(day)) {
    if (rename(made.c_str(), day.c_str()) != 0) fail_io(day, "cannot be put in its place");
    return;
  }
  if (renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, day.c_str(), RENAME_EXCHANGE) != 0)
    fail_io(day, "cannot be replaced");
  fs::remove_all(made);
}

// The bytes of a file that stand in a folder of their own until it is put in its place need no name of their
// own before.
void write_page(const fs::path& file, const std::string& text) {
  const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (out < 0) fail_io(file, "cannot be created");
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = write(out, rest.data(), rest.size());
    if (written < 0) {
      close(out);
      fail_io(file, "cannot be written");
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (close(out) != 0) fail_io(file, "cannot be written");
}

void write_entries(const fs::path& folder, const std::vector<Entry>& entries,
                   const std::vector<TaskStanding>& standings, const std::string& date) {
  std::map<std::int64_t, std::vector<const StandingLine*>> lines;
  for (const TaskStanding& standing : standings) {
    for (const auto* list : {&standing.ranked, &standing.replayed}) {
      for (const StandingLine& line : *list) lines[line.entry].push_back(&line);
    }
  }
  make_folder(folder);
  for (const Entry& entry : entries)
    write_page(folder / fmt::format("{}.html", entry.id), entry_page(entry, lines[entry.id], date));
}

}  // namespace

BuiltSite build_site(Board& board, const fs::path& site, std::string date) {
  if (date.empty()) date = board.newest_date();
  if (date.empty())
    fail(ErrorKind::config, "the board has no task yet; `offload-bench leaderboard task` adds one");
  check_date(date);
  require_site(site);
  const SiteLock lock(site);
  const fs::path folder = site / kBuilding;
  fs::remove_all(folder);
  make_folder(folder);
  std::vector<TaskStanding> standings;
  for (const BoardTask& task : board.tasks(date)) standings.push_back(standing_of(board, task, date));
  if (standings.empty()) fail(ErrorKind::config, "the board had no task on {}", date);
  const std::vector<Entry> entries = board.entries(date);
  const std::vector<std::string> snapshots = snapshots_with(site, date);
  for (const TaskStanding& standing : standings) {
    const std::string& name = standing.task.name;
    write_page(folder / (name + ".html"), task_page(standing, date));
    write_page(folder / (name + ".json"), standing_json(standing, date));
    write_page(folder / (name + ".csv"), standing_csv(standing));
  }
  write_entries(folder / "entries", entries, standings, date);
  write_page(folder / "index.html", index_page(standings, entries, date, {}, ""));
  const std::string feed = entries_json(entries, date), table = entries_csv(entries);
  write_page(folder / "feed.json", feed);
  write_page(folder / "feed.csv", table);
  put_in_place(folder, site / date);
  // The first page shows the newest day, whichever was built.
  if (snapshots.front() == date) {
    write_atomically(site / "feed.json", feed);
    write_atomically(site / "feed.csv", table);
    write_atomically(site / "index.html", index_page(standings, entries, date, snapshots, date + "/"));
  }
  return {date, standings.size(), entries.size()};
}

}  // namespace offload
