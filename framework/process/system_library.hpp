// Libraries of the system that few verbs need, each loaded at the first call of one of its functions: linked,
// cairo and libarchive alone would bring two thirds of the libraries that every process of the command maps
// at its start and copies at every fork. The functions keep their names and types; where a library is
// missing, its first call says so and everything else works.
#pragma once

#include <atomic>

namespace offload {

class SystemLibrary {
 public:
  // `file`: as the linker would have noted it ("libcairo.so.2", from offload_load_on_demand in room.cmake);
  // `fix`: what a message ends with, such as "figures need it (Debian: libcairo2)". Both for good.
  constexpr SystemLibrary(const char* file, const char* fix) : file_(file), fix_(fix) {}

  // From any thread. Throws Error(io) where the library cannot be loaded or has no such function.
  void* function(const char* name);

 private:
  const char* file_;
  const char* fix_;
  std::atomic<void*> handle_{nullptr};  // never closed
};

// One function of it, called like the one that the library's header declares: a variable of that name in a
// namespace of ours, which hides the declaration. Of the type `decltype(::name)`, so that a wrong call does
// not compile.
template <typename Function>
class LibraryFunction;

template <typename Result, typename... Arguments>
class LibraryFunction<Result(Arguments...)> {
 public:
  constexpr LibraryFunction(SystemLibrary& library, const char* name) : library_(library), name_(name) {}

  Result operator()(Arguments... arguments) const {
    void* found = found_.load(std::memory_order_acquire);
    if (found == nullptr) {
      found = library_.function(name_);
      found_.store(found, std::memory_order_release);
    }
    return reinterpret_cast<Result (*)(Arguments...)>(found)(arguments...);
  }

 private:
  SystemLibrary& library_;
  const char* name_;
  mutable std::atomic<void*> found_{nullptr};
};

// That variable.
#define OFFLOAD_LIBRARY_FUNCTION(library, name) \
  inline const LibraryFunction<decltype(::name)> name(library, #name)

}  // namespace offload
