#include "fuzz/input.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace offload::fuzz {
namespace {

struct Scratch {
  Scratch() {
    const std::filesystem::path memory = "/dev/shm";
    std::string name =
        (std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
        "offload-fuzz-XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "a scratch folder can be made");
    path = name;
  }
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(path, error);
  }
  std::filesystem::path path;
};

}  // namespace

void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

std::vector<std::string> parts(std::string_view input) {
  constexpr std::string_view kCut = "\n%%\n";
  std::vector<std::string> out;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = input.find(kCut);
    out.emplace_back(input.substr(0, end));
    if (end != std::string_view::npos) input.remove_prefix(end + kCut.size());
  }
  return out;
}

InputFile::InputFile(std::string_view bytes) : descriptor_(memfd_create("input", MFD_CLOEXEC)) {
  require(descriptor_ >= 0 &&
              write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
          "a file in memory can be written");
  path_ = "/proc/self/fd/" + std::to_string(descriptor_);
}

InputFile::~InputFile() { close(descriptor_); }

const std::filesystem::path& scratch_folder() {
  static const Scratch scratch;
  return scratch.path;
}

}  // namespace offload::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
