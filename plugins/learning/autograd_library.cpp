#include "learning/autograd_library.hpp"

#include <dlfcn.h>
#include <sys/resource.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace offload::learning {

namespace {

constexpr const char* kVariable = "OFFLOAD_AUTOGRAD";

// Beside the folder of the file that this code is in.
std::string library_file() {
  if (const char* chosen = std::getenv(kVariable); chosen && *chosen) return chosen;
  Dl_info own = {};
  if (!dladdr(reinterpret_cast<const void*>(&library_file), &own) || !own.dli_fname) return {};
  const std::string file = own.dli_fname;
  const std::size_t slash = file.rfind('/');
  return (slash == std::string::npos ? "." : file.substr(0, slash)) + "/../liboffload-autograd.so";
}

[[noreturn]] void refuse(const std::string& file, const std::string& fact, const std::string& fix) {
  throw std::runtime_error("compute = \"autograd\": " + file + ": " + fact + "; " + fix +
                           ", or use compute = \"fused\"");
}

// LibTorch does not survive less: depending on where it runs out it waits for a thread for ever.
constexpr rlim_t kNeededMb = 400;

void require_memory(const std::string& file) {
  for (const auto resource : {RLIMIT_DATA, RLIMIT_AS}) {
    rlimit limit = {};
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= kNeededMb * 1'000'000) continue;
    refuse(file,
           "LibTorch needs " + std::to_string(kNeededMb) + " MB and this process may use " +
               std::to_string(limit.rlim_cur / 1'000'000),
           "raise [training] memory_limit_mb");
  }
}

AutogradFactory load() {
  const std::string file = library_file();
  require_memory(file);
  // Never closed: LibTorch keeps threads and registries.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* words = dlerror();
    refuse(file, std::string("cannot be loaded: ") + (words ? words : "unknown reason"),
           "build with LibTorch and OpenBLAS (Debian: libtorch-dev libopenblas-dev), name the library in " +
               std::string(kVariable));
  }
  const auto entry =
      reinterpret_cast<decltype(&offload_autograd_factory)>(dlsym(library, "offload_autograd_factory"));
  const AutogradFactory make = entry ? entry(OFFLOAD_AUTOGRAD_STAMP) : nullptr;
  if (!make) refuse(file, "is of another build than this plugin", "build and install both together");
  return make;
}

}  // namespace

std::unique_ptr<Compute> make_autograd() {
  static const AutogradFactory make = load();
  return std::unique_ptr<Compute>(make());
}

}  // namespace offload::learning
