// Memory that a process can share with the copies made of it although no file names it: shared anonymous
// mappings, memfds, unlinked files. A copy that is to remember nothing needs such memory of its own.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace offload {

// Where this process has mapped something, and which descriptors it has open for it.
struct NamelessObject {
  struct Mapping {
    char* begin;
    std::size_t size;  // bytes
    off_t offset;      // bytes, in the object
    int protection;    // PROT_*
  };
  std::vector<Mapping> mappings;
  std::vector<int> descriptors;

  // Bytes up to which it is mapped or written.
  std::size_t size() const;
};

using NamelessMemory = std::map<std::pair<dev_t, ino_t>, NamelessObject>;

// What this process shares or could share now; empty where the system does not say, as it cannot where
// foreign code has taken all descriptors.
std::optional<NamelessMemory> nameless_memory();
// What of it has come since; empty likewise.
std::optional<NamelessMemory> nameless_memory_since(const NamelessMemory& before);
// Bytes of all objects.
std::size_t size_of(const NamelessMemory& memory);

// In a copy, before foreign code runs in it: puts objects of its own with the same contents in their place,
// under the same addresses and descriptors. Throws Error(io) where the system has no room for them.
void take_over(const NamelessMemory& memory);

}  // namespace offload
