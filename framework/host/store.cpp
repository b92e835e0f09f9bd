#include "host/store.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>

#include "core/error.hpp"
#include "host/sha256.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHead = R"({"format":"offload-trial/1","sha256":")";
constexpr std::string_view kMiddle = "\",\"trial\":\n";
constexpr std::string_view kTail = "\n}\n";
constexpr std::size_t kDigest = 64;
constexpr std::size_t kTrialMax = std::size_t{512} << 20, kSuiteMax = std::size_t{64} << 20;
constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kCheckpoints = "checkpoints";

[[noreturn]] void fail_io(const fs::path& file, std::string_view what) {
  fail(ErrorKind::io, "{}: {}: {}", printable(file.native()), what, std::strerror(errno));
}

bool plain_name(std::string_view key) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !key.empty() && key.size() <= 128 && key[0] != '.' && std::all_of(key.begin(), key.end(), plain);
}

std::string sealed(const std::string& payload) {
  std::string text;
  text.reserve(payload.size() + 128);
  text.append(kHead).append(sha256_of(payload)).append(kMiddle).append(payload).append(kTail);
  return text;
}

// The payload of a trial file, or why it has none.
std::string unsealed(const std::string& text) {
  const std::string_view view = text;
  const std::size_t begin = kHead.size() + kDigest + kMiddle.size();
  if (view.substr(0, kHead.size()) != kHead.substr(0, view.size())) {
    fail(ErrorKind::data, "foreign: not a trial result of this format");
  }
  if (view.size() < begin + kTail.size() || view.substr(view.size() - kTail.size()) != kTail) {
    fail(ErrorKind::data, "half-written: it ends after {} bytes, before its end mark", view.size());
  }
  const std::string payload(view.substr(begin, view.size() - begin - kTail.size()));
  if (view.substr(kHead.size() + kDigest, kMiddle.size()) != kMiddle ||
      sha256_of(payload) != view.substr(kHead.size(), kDigest)) {
    fail(ErrorKind::data, "changed: its SHA-256 is not the one that it carries");
  }
  return payload;
}

TrialResult read_trial_file(const fs::path& file, const std::string& shown) {
  TrialResult result = trial_result_from_json(unsealed(read_bounded(file, kTrialMax)), shown);
  if (result.key + ".json" != file.filename().native()) {
    fail(ErrorKind::data, "misnamed: it holds the trial {}", printable(result.key));
  }
  return result;
}

// The process that writes a temporary file NAME.PID.tmp; 0 for other names.
pid_t writer_of(std::string_view name) {
  if (!name.ends_with(kTemporary)) return 0;
  name.remove_suffix(kTemporary.size());
  const std::string_view digits = name.substr(name.find_last_of('.') + 1);
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  return error == std::errc() && end == digits.data() + digits.size() && pid > 0 ? pid : 0;
}

bool runs(pid_t pid) { return kill(pid, 0) == 0 || errno != ESRCH; }

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    files.push_back(it->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    fail(ErrorKind::io, "{}: {}", printable(folder.native()), error.message());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void write_all(int descriptor, std::string_view text, const fs::path& file) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_io(file, "cannot write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(descriptor) != 0) fail_io(file, "cannot write");
}

// Makes the renaming itself survive a crash; file systems that cannot do it are left to themselves.
void sync_folder(const fs::path& folder) {
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    fail(ErrorKind::io, "{}: cannot make the folder: {}", printable(folder.native()), error.message());
}

// What a trial found out, without times, machine and the words of a failure.
std::string outcome(TrialResult result) {
  result.timing = {};
  result.host.clear();
  return to_json(result);
}

}  // namespace

void write_atomically(const fs::path& file, std::string_view text) {
  const fs::path temporary = file.native() + "." + std::to_string(getpid()) + std::string(kTemporary);
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) fail_io(temporary, "cannot write");
  try {
    write_all(descriptor, text, temporary);
    close(descriptor);
    if (rename(temporary.c_str(), file.c_str()) != 0) fail_io(file, "cannot replace");
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  sync_folder(file.parent_path());
}

std::string read_bounded(const fs::path& file, std::size_t limit) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) fail(ErrorKind::io, "{}: there is no such file", printable(file.native()));
  if (!fs::is_regular_file(status)) fail(ErrorKind::data, "{}: not a regular file", printable(file.native()));
  const std::uintmax_t size = fs::file_size(file, error);
  if (error || size > limit) {
    fail(ErrorKind::data, "{}: larger than {} bytes", printable(file.native()), limit);
  }
  std::string text(size, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(size));
  if (stream.bad() || !stream.is_open()) fail(ErrorKind::io, "{}: cannot be read", printable(file.native()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

Store::Store(fs::path folder) : folder_(std::move(folder)) {}

fs::path Store::trial_file(const std::string& key) const { return folder_ / "trials" / (key + ".json"); }

void Store::write_suite(std::string_view text) const {
  make_folder(folder_);
  write_atomically(folder_ / "suite.json", text);
}

std::optional<std::string> Store::read_suite() const {
  if (!fs::exists(folder_ / "suite.json")) return std::nullopt;
  return read_bounded(folder_ / "suite.json", kSuiteMax);
}

bool Store::write_trial(const TrialResult& result) const {
  if (!plain_name(result.key)) fail(ErrorKind::data, "'{}': not a usable trial key", printable(result.key));
  if (result.status == TrialStatus::failed) {
    const auto stored = read_trial(result.key);
    if (stored && stored->status == TrialStatus::ok) return false;
  }
  make_folder(folder_ / "trials");
  write_atomically(trial_file(result.key), sealed(to_json(result)));
  return true;
}

void Store::write_checkpoint(const std::string& key, std::string_view bytes) const {
  if (!plain_name(key)) fail(ErrorKind::data, "'{}': not a usable trial key", printable(key));
  make_folder(folder_ / kCheckpoints);
  write_atomically(folder_ / kCheckpoints / (key + ".ckpt"), bytes);
}

std::optional<TrialResult> Store::read_trial(const std::string& key) const {
  if (!plain_name(key) || !fs::exists(trial_file(key))) return std::nullopt;
  try {
    return read_trial_file(trial_file(key), key + ".json");
  } catch (const Error&) {
    return std::nullopt;
  }
}

StoreContents Store::read_all() const {
  StoreContents contents;
  for (const fs::path& file : files_in(folder_ / "trials")) {
    const std::string name = file.filename().native();
    if (writer_of(name) != 0) continue;
    const std::string shown = "trials/" + name;
    try {
      if (!name.ends_with(".json")) fail(ErrorKind::data, "foreign: not a .json file");
      contents.trials.push_back(read_trial_file(file, shown));
    } catch (const Error& error) {
      contents.left_out.push_back({shown, error.what()});
    }
  }
  return contents;
}

void Store::clean() const {
  for (const fs::path& folder : {folder_, folder_ / "trials", folder_ / kCheckpoints}) {
    for (const fs::path& file : files_in(folder)) {
      const pid_t writer = writer_of(file.filename().native());
      std::error_code ignored;
      if (writer != 0 && !runs(writer)) fs::remove(file, ignored);
    }
  }
}

StoreLock::StoreLock(const fs::path& folder) {
  make_folder(folder);
  const fs::path file = folder / ".lock";
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail_io(file, "cannot open");
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
    const std::string pid = std::to_string(getpid());
    if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, pid.data(), pid.size(), 0) < 0) {
      close(descriptor_);
      fail_io(file, "cannot write");
    }
    return;
  }
  char holder[32] = {};
  const ssize_t size = pread(descriptor_, holder, sizeof holder - 1, 0);
  close(descriptor_);
  fail(ErrorKind::io, "{}: in use by the offload-bench process {}; wait for it, or choose another --out",
       printable(folder.native()),
       printable(std::string(holder, static_cast<std::size_t>(std::max<ssize_t>(size, 0)))));
}

StoreLock::~StoreLock() { close(descriptor_); }

StoreContents read_merged(const std::vector<fs::path>& folders) {
  if (folders.size() == 1) return Store(folders[0]).read_all();
  struct Found {
    TrialResult trial;
    std::vector<std::string> files;
    bool conflict = false;
  };
  std::map<std::string, Found> found;
  StoreContents merged;
  for (const fs::path& folder : folders) {
    StoreContents contents = Store(folder).read_all();
    for (const LeftOut& out : contents.left_out) {
      merged.left_out.push_back({(folder / out.file).native(), out.reason});
    }
    for (TrialResult& trial : contents.trials) {
      const std::string file = (folder / "trials" / (trial.key + ".json")).native();
      const auto [at, fresh] = found.try_emplace(trial.key, Found{trial, {file}, false});
      if (fresh) continue;
      Found& known = at->second;
      if (trial.status == TrialStatus::failed) continue;
      known.files.push_back(file);
      if (known.trial.status == TrialStatus::failed) {
        known = {std::move(trial), {file}, false};
      } else if (outcome(known.trial) != outcome(std::move(trial))) {
        known.conflict = true;
      }
    }
  }
  for (auto& [key, entry] : found) {
    if (!entry.conflict) merged.trials.push_back(std::move(entry.trial));
    for (std::size_t i = 0; entry.conflict && i < entry.files.size(); ++i) {
      const std::string& other = entry.files[i == 0 ? 1 : 0];
      merged.left_out.push_back(
          {entry.files[i], "conflict: another outcome of the same trial is in " + other});
    }
  }
  std::sort(merged.left_out.begin(), merged.left_out.end(),
            [](const LeftOut& a, const LeftOut& b) { return a.file < b.file; });
  return merged;
}

}  // namespace offload
