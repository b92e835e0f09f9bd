// How much memory a process may take, and words for what went beyond it: wherever memory ends something, the
// same facts are told. MB are 10^6 bytes.
#pragma once

#include <cstdint>
#include <string>

#include "process/contained_process.hpp"

namespace offload {

// From now on this process is refused more than `megabytes` of data beyond what it holds. Once in a process.
void limit_memory(std::int64_t megabytes);

// Takes down, from now on, what this process holds when `new` is first refused. Contained processes begin
// with it.
void watch_memory();
bool memory_was_refused();
// Bytes, for a copy of this process to tell it (copies/copy.hpp); 0: nothing was refused.
std::int64_t memory_refused_at();
void note_memory_refused(std::int64_t at);

// What a process that ran out of memory says, without its name: "needs more than the 300 MB it may use (had
// 297 MB when more was refused); raise memory_limit_mb". `fix` says how to raise the limit of limit_memory;
// for other limits, and for memory that is used up, there is a fix of their own.
std::string out_of_memory(const std::string& fix = {});

// What the end of a process has to do with memory, as words to follow "was ended by signal 9 (SIGKILL)";
// empty where nothing points to it. `limit_mb` 0: it had no limit; `fix` says how to raise it.
std::string memory_hint(const ProcessEnd& end, std::int64_t limit_mb, const std::string& fix);

}  // namespace offload
