// The functions of SQLite that a board is kept with, loaded when the first one is called
// (process/system_library.hpp).
#pragma once

#include <sqlite3.h>

#include "process/system_library.hpp"

namespace offload {

inline SystemLibrary sqlite_library(OFFLOAD_SQLITE, "boards need it (Debian: libsqlite3-0)");

OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_bind_int64);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_bind_text64);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_busy_timeout);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_close);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_column_bytes);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_column_int64);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_column_text);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_column_type);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_errmsg);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_errstr);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_finalize);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_last_insert_rowid);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_open_v2);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_prepare_v2);
OFFLOAD_LIBRARY_FUNCTION(sqlite_library, sqlite3_step);

}  // namespace offload
