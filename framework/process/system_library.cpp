#include "process/system_library.hpp"

#include <dlfcn.h>

#include "core/error.hpp"

namespace offload {
namespace {

[[noreturn]] void refuse(const char* file, const char* fix) {
  const char* words = dlerror();
  fail(ErrorKind::io, "{}; {}", words == nullptr ? file : words, fix);
}

}  // namespace

void* SystemLibrary::function(const char* name) {
  void* handle = handle_.load(std::memory_order_acquire);
  if (handle == nullptr) {
    handle = dlopen(file_, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) refuse(file_, fix_);
    handle_.store(handle, std::memory_order_release);
  }
  void* found = dlsym(handle, name);
  if (found == nullptr) refuse(file_, fix_);
  return found;
}

}  // namespace offload
