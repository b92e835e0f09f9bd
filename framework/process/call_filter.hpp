// The system calls that a process in the sandbox may make, as a filter for seccomp. A list of what is
// allowed: what is not on it, and what a newer kernel adds, is refused.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace offload {

// For the calling process, whose number is in it; `executes`: it may become another program.
std::vector<sock_filter> call_filter(bool executes);

// For a compiler and what starts it: processes, programs and files of its own as well. Where it may write is
// Landlock's to say; sockets, tracing, shared memory, devices and namespaces are refused like above.
std::vector<sock_filter> building_filter();

}  // namespace offload
