// The functions of libarchive that bundles are packed with, loaded when the first one is called
// (process/system_library.hpp).
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "process/system_library.hpp"

namespace offload {

inline SystemLibrary archive_library(OFFLOAD_LIBARCHIVE, "bundles need it (Debian: libarchive13)");

OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_acl_types);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_filetype);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_free);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_hardlink);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_new);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_pathname);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_set_filetype);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_set_mtime);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_set_pathname);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_set_perm);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_set_size);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_size);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_size_is_set);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_sparse_reset);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_symlink);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_entry_xattr_reset);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_error_string);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_filter_count);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_data);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_free);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_new);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_next_header);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_open_fd);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_support_filter_gzip);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_support_filter_zstd);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_read_support_format_tar);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_add_filter_zstd);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_close);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_data);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_free);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_header);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_new);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_open);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_set_bytes_in_last_block);
OFFLOAD_LIBRARY_FUNCTION(archive_library, archive_write_set_format_pax_restricted);

}  // namespace offload
