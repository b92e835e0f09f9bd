// Where a board may be made.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include "core/error.hpp"
#include "leaderboard/store/board.hpp"
#include "leaderboard/store/database.hpp"
#include "temporary_folder.hpp"

namespace offload::testing {
namespace {

TEST(BoardStore, IsNotMadeInADatabaseOfSomethingElse) {
  const test::TemporaryFolder folder;
  const std::filesystem::path other = folder / "other", file = other / "board.sqlite";
  std::filesystem::create_directory(other);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "CREATE TABLE game (move TEXT)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  std::string said;
  try {
    Board::make(other);
  } catch (const Error& error) {
    said = error.what();
  }
  EXPECT_THAT(said,
              ::testing::HasSubstr("other/board.sqlite: is a database of something else; name a new folder"));
  EXPECT_FALSE(std::filesystem::exists(other / "bundles"));
  // As a call that was cut short leaves it.
  std::filesystem::remove(file);
  { const Database begun(file, true); }
  Board::make(other);
  EXPECT_THAT(Board(other).entries(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace offload::testing
