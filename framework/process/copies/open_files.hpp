// What is kept in an open file itself, not in what it leads to: where it stands, its flags, who is told of
// it, a lock. Forks share it, so that a copy could tell the next one by it.
#pragma once

namespace offload {

// In a copy, before foreign code runs in it: opens every file, folder, device and pipe anew under the same
// descriptor, at the same place. What has no name to be opened by stays shared, as sockets do. Throws
// Error(io) where a file cannot be opened again.
void open_files_anew();

}  // namespace offload
