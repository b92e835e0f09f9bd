// The library of a nursery of Python's (python/_offload_nursery.py): what begins and shuts in the processes
// of plugins in C++ does so in an interpreter that has imported what each of them needs, and nothing foreign.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>

#include "process/nursery.hpp"
#include "process/sandbox.hpp"
#include "remote/layout.hpp"
#include "remote/newborn.hpp"

// Returns in each process that is born, shut in: its plugin, "FILE.py:NAME". The nursery has one thread.
extern "C" [[gnu::visibility("default")]] const char* offload_newborn() {
  using namespace offload;
  serve_nursery();
  static Newborn newborn;
  try {
    struct stat file {};
    fstat(kTransportDescriptor, &file);
    const auto bytes = static_cast<std::size_t>(file.st_size);
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, kTransportDescriptor, 0);
    if (memory == MAP_FAILED) _exit(127);
    auto* const header = static_cast<TransportHeader*>(memory);
    newborn = newborn_from(static_cast<const char*>(memory) + header->message);
    const std::uint64_t namespaces = leave_namespaces(), times = leave_no_times();
    header->held = namespaces | times | enter_sandbox(newborn.bounds);
    munmap(memory, bytes);
  } catch (const std::exception&) {
    _exit(127);
  }
  return newborn.plugin.c_str();
}
