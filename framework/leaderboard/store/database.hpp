// SQLite as a board needs it: statements with values, and transactions that wait for each other and lose
// nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace offload {

class Database {
 public:
  using Value = std::variant<std::int64_t, std::string>;
  class Row {
   public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
    std::string text(int column) const;  // "" of NULL
    std::int64_t integer(int column) const;
    bool is_null(int column) const;

   private:
    sqlite3_stmt* statement_;
  };

  // Write-ahead log, every commit flushed to the disk; another process's transaction is waited for, two
  // minutes at most. Throws Error(io), of a file that is not there unless `create`.
  Database(const std::filesystem::path& file, bool create);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One statement with its values in place of ?1, ?2 ... Throws Error(io), as for a full disk, and
  // Error(data) for what a rule of the tables forbids.
  void run(const std::string& sql, const std::vector<Value>& values = {},
           const std::function<void(const Row&)>& row = {});
  std::int64_t last_id() const;

 private:
  [[noreturn]] void fail_now(int status) const;

  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
};

// Writes from here to `commit` happen all or not at all, and no other process's in between.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace offload
