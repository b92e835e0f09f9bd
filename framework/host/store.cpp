#include "host/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "core/error.hpp"
#include "host/atomic_file.hpp"
#include "host/sha256.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

// A kind of result: what its files say they are, and the folder they lie in.
struct Kind {
  std::string_view folder, head, middle;
};
constexpr Kind kTrial = {"trials", R"({"format":"offload-trial/1","sha256":")", "\",\"trial\":\n"};
constexpr Kind kReference = {"references", R"({"format":"offload-reference/1","sha256":")",
                             "\",\"reference\":\n"};
constexpr std::string_view kTail = "\n}\n";
constexpr std::size_t kDigest = 64;
constexpr std::size_t kTrialMax = std::size_t{512} << 20, kSuiteMax = std::size_t{64} << 20;
constexpr std::string_view kCheckpoints = "checkpoints";

[[noreturn]] void fail_io(const fs::path& file, std::string_view what) {
  fail(ErrorKind::io, "{}: {}: {}", printable(file.native()), what, std::strerror(errno));
}

bool plain_name(std::string_view key) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !key.empty() && key.size() <= 128 && key[0] != '.' && std::all_of(key.begin(), key.end(), plain);
}

std::string with_checksum(const Kind& kind, const std::string& payload) {
  std::string text;
  text.reserve(payload.size() + 128);
  text.append(kind.head).append(sha256_of(payload)).append(kind.middle).append(payload).append(kTail);
  return text;
}

// The payload of a result file, or why it has none.
std::string unsealed(const Kind& kind, const std::string& text) {
  const std::string_view view = text;
  const std::size_t begin = kind.head.size() + kDigest + kind.middle.size();
  if (view.substr(0, kind.head.size()) != kind.head.substr(0, view.size())) {
    fail(ErrorKind::data, "foreign: not a {} result of this format",
         &kind == &kTrial ? "trial" : "reference");
  }
  if (view.size() < begin + kTail.size() || view.substr(view.size() - kTail.size()) != kTail) {
    fail(ErrorKind::data, "half-written: it ends after {} bytes, before its end mark", view.size());
  }
  const std::string payload(view.substr(begin, view.size() - begin - kTail.size()));
  if (view.substr(kind.head.size() + kDigest, kind.middle.size()) != kind.middle ||
      sha256_of(payload) != view.substr(kind.head.size(), kDigest)) {
    fail(ErrorKind::data, "changed: its SHA-256 is not the one that it carries");
  }
  return payload;
}

template <typename Result>
constexpr const Kind& kind_of() {
  if constexpr (std::is_same_v<Result, TrialResult>)
    return kTrial;
  else
    return kReference;
}

template <typename Result>
fs::path file_of(const fs::path& folder, const std::string& key) {
  return folder / kind_of<Result>().folder / (key + ".json");
}

template <typename Result>
Result read_result(const fs::path& file, const std::string& shown) {
  const std::string payload = unsealed(kind_of<Result>(), read_bounded(file, kTrialMax));
  Result result;
  if constexpr (std::is_same_v<Result, TrialResult>) {
    result = trial_result_from_json(payload, shown);
  } else {
    result = reference_result_from_json(payload, shown);
  }
  if (result.key + ".json" != file.filename().native()) {
    fail(ErrorKind::data, "misnamed: it holds the result {}", printable(result.key));
  }
  return result;
}

// Empty when there is none or it is not valid.
template <typename Result>
std::optional<Result> find_result(const fs::path& folder, const std::string& key) {
  const fs::path file = file_of<Result>(folder, key);
  if (!plain_name(key) || !fs::exists(file)) return std::nullopt;
  try {
    return read_result<Result>(file, key + ".json");
  } catch (const Error&) {
    return std::nullopt;
  }
}

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

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    fail(ErrorKind::io, "{}: cannot make the folder: {}", printable(folder.native()), error.message());
}

// What a result found out, without times, machine and the words of a failure.
std::string outcome(TrialResult result) {
  result.timing = {};
  result.host.clear();
  return to_json(result);
}

std::string outcome(ReferenceResult result) {
  result.wall_s = 0;
  return to_json(result);
}

template <typename Result>
bool write_result(const fs::path& folder, const Result& result) {
  const Kind& kind = kind_of<Result>();
  if (!plain_name(result.key)) fail(ErrorKind::data, "'{}': not a usable key", printable(result.key));
  if (result.status == TrialStatus::failed) {
    const auto stored = find_result<Result>(folder, result.key);
    if (stored && stored->status == TrialStatus::ok) return false;
  }
  make_folder(folder / kind.folder);
  write_atomically(file_of<Result>(folder, result.key), with_checksum(kind, to_json(result)));
  return true;
}

template <typename Result>
void read_results(const fs::path& folder, std::vector<Result>& results, std::vector<LeftOut>& left_out) {
  const std::string kind(kind_of<Result>().folder);
  for (const fs::path& file : files_in(folder / kind)) {
    const std::string name = file.filename().native();
    if (is_temporary(name)) continue;
    const std::string shown = kind + "/" + name;
    try {
      if (!name.ends_with(".json")) fail(ErrorKind::data, "foreign: not a .json file");
      results.push_back(read_result<Result>(file, shown));
    } catch (const Error& error) {
      left_out.push_back({shown, error.what()});
    }
  }
}

// Results of one kind from several folders.
template <typename Result>
class Merge {
 public:
  void add(const fs::path& folder, Result result) {
    const std::string file = file_of<Result>(folder, result.key).native();
    const auto [at, fresh] = found_.try_emplace(result.key, Found{result, {file}, false});
    if (fresh) return;
    Found& known = at->second;
    if (result.status == TrialStatus::failed) return;
    known.files.push_back(file);
    if (known.result.status == TrialStatus::failed) {
      known = {std::move(result), {file}, false};
    } else if (outcome(known.result) != outcome(std::move(result))) {
      known.conflict = true;
    }
  }

  void take(std::vector<Result>& results, std::vector<LeftOut>& left_out) {
    for (auto& [key, entry] : found_) {
      if (!entry.conflict) results.push_back(std::move(entry.result));
      for (std::size_t i = 0; entry.conflict && i < entry.files.size(); ++i) {
        const std::string& other = entry.files[i == 0 ? 1 : 0];
        left_out.push_back({entry.files[i], "conflict: another outcome of the same job is in " + other});
      }
    }
  }

 private:
  struct Found {
    Result result;
    std::vector<std::string> files;
    bool conflict = false;
  };
  std::map<std::string, Found> found_;
};

}  // namespace

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

void Store::write_suite(std::string_view text) const {
  make_folder(folder_);
  write_atomically(folder_ / "suite.json", text);
}

std::optional<std::string> Store::read_suite() const {
  if (!fs::exists(folder_ / "suite.json")) return std::nullopt;
  return read_bounded(folder_ / "suite.json", kSuiteMax);
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
  if (reference) {
    const auto result = find_result<ReferenceResult>(folder_, key);
    return result && result->status == TrialStatus::ok;
  }
  const auto result = find_result<TrialResult>(folder_, key);
  return result && result->status == TrialStatus::ok;
}

StoreContents Store::read_all() const {
  StoreContents contents;
  read_results(folder_, contents.references, contents.left_out);
  read_results(folder_, contents.trials, contents.left_out);
  return contents;
}

void Store::clean() const { remove_temporary_files(folder_); }

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
  Merge<TrialResult> trials;
  Merge<ReferenceResult> references;
  StoreContents merged;
  for (const fs::path& folder : folders) {
    StoreContents contents = Store(folder).read_all();
    for (const LeftOut& out : contents.left_out) {
      merged.left_out.push_back({(folder / out.file).native(), out.reason});
    }
    for (TrialResult& trial : contents.trials) trials.add(folder, std::move(trial));
    for (ReferenceResult& reference : contents.references) references.add(folder, std::move(reference));
  }
  trials.take(merged.trials, merged.left_out);
  references.take(merged.references, merged.left_out);
  std::sort(merged.left_out.begin(), merged.left_out.end(),
            [](const LeftOut& a, const LeftOut& b) { return a.file < b.file; });
  return merged;
}

}  // namespace offload
