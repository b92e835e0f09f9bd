// `offload-bench build-child --read PATH... --write FOLDER... -- PROGRAM ARGUMENT...`: the process that
// builds a stranger's plugin, from leaderboard/build_source.hpp alone. Shuts itself in and then becomes the
// build.
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "process/fresh_process.hpp"
#include "process/sandbox.hpp"

namespace offload::cli {

int run_build_child(int argc, char** argv) {
  constexpr rlim_t kLargestFile = rlim_t{256} << 20;
  SandboxSettings settings;
  settings.executes = true;
  int at = 2;
  for (; at + 1 < argc && std::string_view(argv[at]) == "--read"; at += 2)
    settings.readable.emplace_back(argv[at + 1]);
  for (; at + 1 < argc && std::string_view(argv[at]) == "--write"; at += 2)
    settings.writable.emplace_back(argv[at + 1]);
  if (at + 1 >= argc || settings.writable.empty())
    fail(ErrorKind::config, "build-child: expected --write and --");
  const rlimit file = {kLargestFile, kLargestFile};
  setrlimit(RLIMIT_FSIZE, &file);
  const std::uint64_t held = enter_sandbox(settings);
  constexpr int kChannel = FreshProcess::kGivenDescriptor;
  char go = 0;
  if (write(kChannel, &held, sizeof held) != sizeof held || read(kChannel, &go, 1) != 1) return 1;
  close(kChannel);
  char** const program = argv + at + 1;
  execv(program[0], program);
  fail(ErrorKind::io, "{}: cannot be started: {}", printable(program[0], 400), std::strerror(errno));
}

}  // namespace offload::cli
