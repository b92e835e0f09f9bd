#include "results/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "results/result_reading.hpp"
#include "results/sealed_result.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSuiteMax = std::size_t{64} << 20;
constexpr std::string_view kCheckpoints = "checkpoints";

bool plain_name(std::string_view key) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !key.empty() && key.size() <= 128 && key[0] != '.' && std::all_of(key.begin(), key.end(), plain);
}

// Empty when there is none or it is not valid.
template <typename Result>
std::optional<Result> find_result(const fs::path& folder, const std::string& key) {
  const fs::path file = file_of<Result>(folder, key);
  std::error_code error;
  if (!plain_name(key) || !fs::exists(file, error)) return std::nullopt;
  try {
    return read_sealed<Result>(file, key + ".json");
  } catch (const Error&) {
    return std::nullopt;
  }
}

// What a plugin made may be outside of what files of results can say; better a failed job than one that looks
// finished and cannot be counted.
template <typename Result>
void require_readable(const Result& result, const std::string& payload) {
  try {
    parse_result(payload, "its result", &result);
  } catch (const Error& error) {
    throw Error(ErrorKind::plugin, error.what());
  }
}

template <typename Result>
bool write_result(const fs::path& folder, const Result& result) {
  const ResultKind& kind = kind_of<Result>();
  if (!plain_name(result.key)) fail(ErrorKind::data, "'{}': not a usable key", printable(result.key));
  if (result.status == TrialStatus::failed) {
    const auto stored = find_result<Result>(folder, result.key);
    if (stored && stored->status == TrialStatus::ok) return false;
  }
  const std::string payload = to_json(result);
  if (result.status == TrialStatus::ok) require_readable(result, payload);
  make_folder(folder / kind.folder);
  write_atomically(file_of<Result>(folder, result.key), sealed(kind, payload));
  return true;
}

}  // namespace

Store::Store(fs::path folder) : folder_(std::move(folder)) {}

void Store::write_plan(const ReportPlan& plan) const {
  make_folder(folder_);
  AtomicFile file(folder_ / "suite.json");
  write_json(plan, [&file](std::string_view part) { file.write(part); });
  file.commit();
}

std::optional<ReportPlan> Store::read_plan() const {
  const fs::path file = folder_ / "suite.json";
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  std::ifstream in = open_bounded(file, kSuiteMax);
  return report_plan_from_json(in, file.native());
}

bool Store::write_trial(const TrialResult& result) const { return write_result(folder_, result); }

bool Store::write_reference(const ReferenceResult& result) const { return write_result(folder_, result); }

void Store::write_checkpoint(const std::string& key, std::string_view bytes) const {
  if (!plain_name(key)) fail(ErrorKind::data, "'{}': not a usable trial key", printable(key));
  make_folder(folder_ / kCheckpoints);
  write_atomically(folder_ / kCheckpoints / (key + ".ckpt"), bytes);
}

std::optional<TrialResult> Store::read_trial(const std::string& key) const {
  return find_result<TrialResult>(folder_, key);
}

bool Store::has_finished(const std::string& key, bool reference) const {
  const auto finished = [](const auto& result) { return result && result->status == TrialStatus::ok; };
  return reference ? finished(find_result<ReferenceResult>(folder_, key))
                   : finished(find_result<TrialResult>(folder_, key));
}

StoreContents Store::read_all() const { return read_merged({folder_}); }

void Store::clean() const {
  remove_temporary_files(folder_, false);
  for (const char* own : {"trials", "references", "checkpoints", "inputs", "events", "cache"}) {
    remove_temporary_files(folder_ / own, true);
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

}  // namespace offload
