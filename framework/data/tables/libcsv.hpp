// The functions of libcsv that tables are read with, loaded when the first one is called
// (process/system_library.hpp).
#pragma once

#include <csv.h>

#include "process/system_library.hpp"

namespace offload {

inline SystemLibrary csv_library(OFFLOAD_LIBCSV, "tables of CSV need it (Debian: libcsv3)");

OFFLOAD_LIBRARY_FUNCTION(csv_library, csv_error);
OFFLOAD_LIBRARY_FUNCTION(csv_library, csv_fini);
OFFLOAD_LIBRARY_FUNCTION(csv_library, csv_free);
OFFLOAD_LIBRARY_FUNCTION(csv_library, csv_init);
OFFLOAD_LIBRARY_FUNCTION(csv_library, csv_parse);
OFFLOAD_LIBRARY_FUNCTION(csv_library, csv_set_space_func);
OFFLOAD_LIBRARY_FUNCTION(csv_library, csv_strerror);

}  // namespace offload
