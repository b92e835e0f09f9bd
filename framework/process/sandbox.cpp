#include "process/sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "process/call_filter.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

// Of linux/landlock.h, whose copy on a machine may be older than its kernel.
struct LandlockRules {
  std::uint64_t files = 0, network = 0, scopes = 0;
};
struct [[gnu::packed]] LandlockPath {
  std::uint64_t allowed = 0;
  std::int32_t folder = -1;
};
constexpr long kVersionFlag = 1;
constexpr int kPathRule = 1;
constexpr std::uint64_t kReadFile = 1 << 2, kReadFolder = 1 << 3, kExecute = 1, kWriteFile = 1 << 1;
constexpr std::uint64_t kMakeDevices = 1 << 6 | 1 << 11;  // of characters, of blocks
constexpr std::uint64_t kBindAndConnect = 3, kSocketsAndSignals = 3;
constexpr long kScopesSince = 6, kNetworkSince = 4;

// What runtimes and mathematical libraries read of a machine. Nothing that other processes can write.
constexpr const char* kSystem[] = {"/lib",           "/lib64",
                                   "/usr/lib",       "/usr/lib64",
                                   "/usr/local/lib", "/etc/ld.so.cache",
                                   "/etc/localtime", "/usr/share/zoneinfo",
                                   "/dev/null",      "/dev/urandom",
                                   "/proc/self",     "/proc/cpuinfo",
                                   "/proc/meminfo",  "/sys/devices/system/cpu"};
constexpr std::size_t kLibrariesMost = 1000;

// All rights over files that this version of Landlock knows.
std::uint64_t file_rights(long version) {
  if (version < 2) return (1 << 13) - 1;
  if (version < 3) return (1 << 14) - 1;
  return version < 5 ? (1 << 15) - 1 : (1 << 16) - 1;
}

void allow(int rules, const fs::path& path, std::uint64_t rights) {
  LandlockPath rule;
  rule.folder = open(path.c_str(), O_PATH | O_CLOEXEC);
  if (rule.folder < 0) return;
  rule.allowed = rights;
  syscall(SYS_landlock_add_rule, rules, kPathRule, &rule, 0);
  close(rule.folder);
}

void allow_path(int rules, const fs::path& path, bool executes) {
  std::error_code error;
  const std::uint64_t folder = fs::is_directory(path, error) ? kReadFolder : 0;
  allow(rules, path, kReadFile | folder | (executes ? kExecute : 0));
}

std::uint64_t restrict_files(const SandboxSettings& settings) {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
  if (version < 1) return 0;
  LandlockRules wanted;
  wanted.files = file_rights(version);
  if (version >= kNetworkSince) wanted.network = kBindAndConnect;
  if (version >= kScopesSince) wanted.scopes = kSocketsAndSignals;
  const std::size_t known = version >= kScopesSince ? 3 : version >= kNetworkSince ? 2 : 1;
  const auto rules =
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &wanted, known * sizeof(std::uint64_t), 0));
  if (rules < 0) return 0;
  for (const char* path : kSystem) allow_path(rules, path, settings.executes);
  for (const fs::path& path : settings.readable) allow_path(rules, path, settings.executes);
  for (const fs::path& path : settings.listable) allow(rules, path, kReadFolder);
  for (const fs::path& path : settings.writable) allow(rules, path, wanted.files & ~kMakeDevices);
  if (!settings.writable.empty()) allow(rules, "/dev/null", kReadFile | kWriteFile);
  const bool held = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  close(rules);
  if (!held) return 0;
  return kHeldFiles | (version >= kScopesSince ? kHeldSignals : 0);
}

std::uint64_t give_up_privileges() {
  // It may search folders that root alone could, where the command as root could; Landlock says which.
  constexpr std::uint32_t kKept = 1 << CAP_DAC_READ_SEARCH;
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return 0;
  const std::uint32_t kept = sets[0].permitted & kKept;
  sets = {};
  sets[0].effective = sets[0].permitted = kept;
  const bool given_up = syscall(SYS_capset, &header, sets.data()) == 0;
  const bool for_ever = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  return given_up && for_ever ? kHeldPrivileges : 0;
}

std::uint64_t restrict_calls(const SandboxSettings& settings) {
  std::vector<sock_filter> code =
      settings.writable.empty() ? call_filter(settings.executes) : building_filter();
  const sock_fprog program = {static_cast<unsigned short>(code.size()), code.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? kHeldCalls : 0;
}

// x.so, x.so.1.2
bool names_library(const std::string& name) {
  const std::size_t ending = name.rfind(".so");
  return ending != std::string::npos &&
         name.find_first_not_of(".0123456789", ending + 3) == std::string::npos;
}

}  // namespace

std::uint64_t leave_namespaces() {
  if (unshare(CLONE_NEWIPC) == 0) return kHeldIpc;
  return unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUSER) == 0 ? kHeldNetwork | kHeldIpc : 0;
}

// Reading sets the time of a file that was last read long ago, which a later copy of an agent could ask for.
std::uint64_t leave_no_times() {
  mount_attr quiet{};
  quiet.attr_set = MOUNT_ATTR_NOATIME | MOUNT_ATTR_RDONLY;
  quiet.attr_clr = MOUNT_ATTR__ATIME;
  quiet.propagation = MS_PRIVATE;
  if (unshare(CLONE_NEWNS) != 0) return 0;
  return syscall(SYS_mount_setattr, -1, "/", AT_RECURSIVE, &quiet, sizeof quiet) == 0 ? kHeldTimes : 0;
}

std::uint64_t enter_sandbox(const SandboxSettings& settings) {
  const std::uint64_t privileges = give_up_privileges();
  const std::uint64_t files = restrict_files(settings);
  return privileges | files | restrict_calls(settings);
}

std::vector<fs::path> libraries_beside(const fs::path& library) {
  std::vector<fs::path> found = {library};
  std::error_code error;
  for (fs::directory_iterator at(library.parent_path(), error), end; !error && at != end;
       at.increment(error)) {
    // No links: what is beside it is there itself.
    if (!fs::is_regular_file(at->symlink_status(error)) || !names_library(at->path().filename().string()))
      continue;
    if (found.size() < kLibrariesMost) found.push_back(at->path());
  }
  return found;
}

std::string missing_text(std::uint64_t held) {
  struct Part {
    std::uint64_t bits;
    const char* words;
  };
  static constexpr Part kParts[] = {
      {kHeldFiles, "no Landlock (Linux 5.13, switched on): agents can read files, data sets among them"},
      {kHeldCalls, "no seccomp: agents can use the network, start processes and write files"},
      {kHeldPrivileges, "privileges could not be given up"},
      {kHeldNetwork, "no network namespace: seccomp alone keeps agents from the network"},
      {kHeldIpc, "no IPC namespace: seccomp alone keeps agents from shared memory and queues"},
      {kHeldTimes,
       "no view of file systems of its own (root, Linux 5.12): the time of a file that was read can be a "
       "word "
       "for a later copy"},
      {kHeldSignals, "no Landlock scopes (Linux 6.12): seccomp alone keeps agents from signals to others"},
  };
  std::string text;
  for (const Part& part : kParts) {
    if ((held & part.bits) == 0) text += (text.empty() ? "" : "; ") + std::string(part.words);
  }
  return text;
}

}  // namespace offload
