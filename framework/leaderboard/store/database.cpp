#include "leaderboard/store/database.hpp"

#include <memory>

#include "core/error.hpp"
#include "leaderboard/store/sqlite.hpp"

namespace offload {
namespace {

constexpr int kPatience_ms = 120'000;

struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

}  // namespace

std::string Database::Row::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? "" : std::string(bytes, size);
}

std::int64_t Database::Row::integer(int column) const { return sqlite3_column_int64(statement_, column); }

bool Database::Row::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Database::Database(const std::filesystem::path& file, bool create) : file_(file) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | (create ? SQLITE_OPEN_CREATE : 0);
  const std::filesystem::path real = std::filesystem::weakly_canonical(file.parent_path()) / file.filename();
  if (const int status = sqlite3_open_v2(real.c_str(), &handle_, flags, nullptr); status != SQLITE_OK) {
    const std::string words = sqlite3_errstr(status);
    sqlite3_close(handle_);
    fail(ErrorKind::io, "{}: {}; `offload-bench leaderboard init` makes a board", printable(file.native()),
         words);
  }
  try {
    sqlite3_busy_timeout(handle_, kPatience_ms);
    run("PRAGMA trusted_schema = OFF");
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("PRAGMA foreign_keys = ON");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::fail_now(int status) const {
  const bool rule = (status & 0xff) == SQLITE_CONSTRAINT;
  fail(rule ? ErrorKind::data : ErrorKind::io, "{}: {}", printable(file_.native()), sqlite3_errmsg(handle_));
}

void Database::run(const std::string& sql, const std::vector<Value>& values,
                   const std::function<void(const Row&)>& row) {
  sqlite3_stmt* prepared = nullptr;
  if (const int status = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &prepared, nullptr);
      status != SQLITE_OK)
    fail_now(status);
  const std::unique_ptr<sqlite3_stmt, FinishStatement> statement(prepared);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int place = static_cast<int>(i) + 1;
    if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
      sqlite3_bind_int64(prepared, place, *number);
    } else {
      const auto& text = std::get<std::string>(values[i]);
      sqlite3_bind_text64(prepared, place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
  }
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(prepared)) == SQLITE_ROW) {
    if (row) row(Row(prepared));
  }
  if (status != SQLITE_DONE) fail_now(status);
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }

Transaction::Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const Error&) {
    // The database has rolled back already, as after a full disk.
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace offload
