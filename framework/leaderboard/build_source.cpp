#include "leaderboard/build_source.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "plugin/image.hpp"
#include "plugin/isolated.hpp"
#include "plugin/search.hpp"
#include "process/fresh_process.hpp"
#include "process/sandbox.hpp"
#include "remote/remote_agent.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBuildOutput = 3000;  // bytes kept of what a build prints

constexpr const char* kBuildScript =
    R"(cmake -S "$1" -B "$2" -DCMAKE_PREFIX_PATH="$3" -DCMAKE_BUILD_TYPE=Release && cmake --build "$2")";

// Runs the build in this process, which is contained, and returns when it is over.
std::string run_build(const fs::path& source, const fs::path& folder, const fs::path& sdk) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail_io(folder, "cannot make a channel");
  std::vector<std::string> arguments = {kBuildChild};
  for (const fs::path& path : {source, sdk, fs::path("/usr"), fs::path("/bin")})
    arguments.insert(arguments.end(), {"--read", path.string()});
  arguments.insert(arguments.end(), {"--write", folder.string(), "--", "/bin/sh", "-c", kBuildScript, "build",
                                     source.string(), (folder / "build").string(), sdk.string()});
  const Beginning beginning{command_program(),
                            std::move(arguments),
                            {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + (folder / "home").string(),
                             "TMPDIR=" + (folder / "tmp").string()}};
  FreshProcess builder(beginning, ends[1]);
  close(ends[1]);
  std::uint64_t held = 0;
  if (read(ends[0], &held, sizeof held) != sizeof held) held = 0;
  // A build has no copies to leave a word for.
  require_isolation(held | builder.namespaces() | kHeldTimes);
  if (write(ends[0], "", 1) != 1) fail_io(folder, "cannot start the build");
  const int status = builder.wait();
  close(ends[0]);
  if (status != 0)
    fail(ErrorKind::plugin, "status {}", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return "built";
}

}  // namespace

fs::path installed_sdk() {
  const fs::path prefix = shipped_folder().parent_path().parent_path().parent_path();
  std::error_code error;
  for (const char* libraries : {"lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"}) {
    if (fs::exists(prefix / libraries / "cmake/OffloadBench/OffloadBenchConfig.cmake", error)) return prefix;
  }
  return {};
}

fs::path build_source(const fs::path& source, const std::string& id, const fs::path& folder,
                      const BuildSettings& settings) {
  // The board's fault, not the entrant's: nothing is entered. What is built need not ask for it.
  std::error_code error;
  if (!fs::is_directory(settings.sdk, error)) {
    fail(ErrorKind::run,
         "the SDK is not {}; install it (cmake --install BUILD --component sdk --prefix DIR) and name DIR by "
         "--sdk; nothing was added",
         settings.sdk.empty() ? "beside this program" : "in " + printable(settings.sdk.string(), 400));
  }
  for (const char* name : {"home", "tmp"}) make_folder(folder / name);
  IsolationLimits limits;
  limits.timeout_s = settings.limit_s;
  limits.memory_mb = settings.memory_mb;
  limits.output_bytes = kBuildOutput;
  limits.memory_fix = "use less, or raise --build-memory";
  const std::string subject = fmt::format("source/{}: building it", id);
  IsolatedCall call(
      subject,
      [&] { return run_build(fs::absolute(source), fs::absolute(folder), fs::absolute(settings.sdk)); },
      limits);
  wait_for(call);
  try {
    call.result();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::plugin) throw;
    fail(ErrorKind::plugin, "{}; it printed: {}", call.sentence_of(error),
         printable(call.output(), kBuildOutput));
  }
  const fs::path library = folder / "build" / (id + ".so");
  if (!fs::is_regular_file(fs::symlink_status(library)))
    fail(ErrorKind::plugin, "source/{}: it built, but left no {}.so in its build folder", id, id);
  check_plugin_image(library);
  return library;
}

void require_isolation(std::uint64_t held) {
  const std::string missing = missing_text(held);
  if (missing.empty()) return;
  fail(ErrorKind::run, "nothing of a bundle is run on this machine, which does not hold all of isolation: {}",
       missing);
}

}  // namespace offload
