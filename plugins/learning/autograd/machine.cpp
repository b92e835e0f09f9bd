#include "learning/autograd/machine.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <mutex>

extern "C" {
// OpenBLAS, linked by name so that it comes before whatever the system's alternative for BLAS is.
char* openblas_get_config();
void openblas_set_num_threads(int threads);
void sgemm_();
}

namespace offload::learning {

namespace {

// The file that LibTorch's matrix products are bound to.
std::string blas_file() {
  Dl_info info = {};
  return dladdr(reinterpret_cast<void*>(&sgemm_), &info) && info.dli_fname ? info.dli_fname : "unknown";
}

// The instruction set that LibTorch's own kernels chose.
std::string aten_capability() {
  const std::string config = at::show_config();
  const std::string key = "CPU capability usage: ";
  const std::size_t from = config.find(key);
  if (from == std::string::npos) return "capability unknown";
  const std::size_t start = from + key.size();
  return config.substr(start, config.find_first_of("\n ", start) - start);
}

}  // namespace

bool blas_is_openblas() { return blas_file().find("openblas") != std::string::npos; }

void use_one_thread() {
  static std::once_flag once;
  std::call_once(once, [] {
    at::set_num_threads(1);
    // Another user of LibTorch in this process may have set it, which can be done once.
    if (at::get_num_interop_threads() != 1) at::set_num_interop_threads(1);
    openblas_set_num_threads(1);
  });
}

std::vector<Fact> autograd_facts(const std::string& kernels) {
  return {{"libtorch", TORCH_VERSION},
          {"aten", aten_capability()},
          {"blas", blas_is_openblas() ? openblas_get_config() : blas_file() + ", not OpenBLAS"},
          {"kernels", kernels}};
}

}  // namespace offload::learning
