// The bounds of a process that runs foreign code: what it may open, call and reach from now on, it and
// whatever it becomes. Set from inside, before anything foreign is loaded; nobody in it can undo them
// (SECURITY.md says which guarantee rests on which mechanism, and from which kernel on).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace offload {

// What holds, as far as this kernel and this machine's settings have it.
inline constexpr std::uint64_t kHeldFiles = 1,  // Landlock: nothing can be opened but what was allowed
    kHeldSignals = 2,     // Landlock: no signals to others, no abstract sockets of others
    kHeldCalls = 4,       // seccomp: only listed system calls
    kHeldPrivileges = 8,  // no capabilities, and none to be had
    kHeldNetwork = 16,    // a network namespace of its own, with nothing in it
    kHeldIpc = 32,        // an IPC namespace of its own
    kHeldTimes = 64,      // its own view of the file systems: reading a file leaves no time on it
    kHeldAll = 127;

struct SandboxSettings {
  // What may be read, folders with all in them, beside the system's libraries and what these ask of the
  // machine.
  std::vector<std::filesystem::path> readable = {};
  // Folders whose names alone may be read.
  std::vector<std::filesystem::path> listable = {};
  // Whether it may become another program, within the same bounds.
  bool executes = false;
  // Where it may write, make and remove files: of a compiler alone, which may start processes as well.
  std::vector<std::filesystem::path> writable = {};
};

// Gives the calling process, which a nursery began and which must have one thread, an IPC namespace of its
// own as root, where the nursery has a network namespace, or else both with user namespaces. Returns
// kHeldIpc, kHeldNetwork | kHeldIpc, or 0 where neither is allowed.
std::uint64_t leave_namespaces();

// Gives it its own view of all that is mounted, which takes neither writes nor notes of what was read, as
// root alone. Returns kHeldTimes or 0.
std::uint64_t leave_no_times();

// Shuts the calling process in, which must have one thread. Returns what of kHeldFiles ... kHeldPrivileges
// holds; what the kernel lacks is left out.
std::uint64_t enter_sandbox(const SandboxSettings& settings);

// The shared libraries in the folder of one, itself included: what its author put beside it.
std::vector<std::filesystem::path> libraries_beside(const std::filesystem::path& library);

// What is missing and why, in words: "no Landlock (Linux 5.13 has it): it can read files"; empty when all is
// held.
std::string missing_text(std::uint64_t held);

}  // namespace offload
