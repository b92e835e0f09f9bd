#include "results/result_reading.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/sha256.hpp"
#include "results/sealed_result.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kReaders = 2;

void for_each_name_in(const fs::path& folder, const std::function<void(const std::string&)>& visit) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    visit(it->path().filename().native());
  if (error && error != std::errc::no_such_file_or_directory)
    fail(ErrorKind::io, "{}: {}", printable(folder.native()), error.message());
}

std::string last_components(const fs::path& path, std::ptrdiff_t count) {
  const std::ptrdiff_t all = std::distance(path.begin(), path.end());
  fs::path last;
  for (auto at = std::next(path.begin(), std::max<std::ptrdiff_t>(0, all - count)); at != path.end(); ++at)
    last /= *at;
  return last.native();
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

// Files of results by name, each with the folders that it is in. There may be many: a name that is a key's
// takes 36 bytes.
class FoundFiles {
 public:
  void add(const std::string& name, std::uint32_t folder) {
    const auto key = name.ends_with(kEnding)
                         ? digest_of_hex(std::string_view(name).substr(0, name.size() - kEnding.size()))
                         : std::nullopt;
    if (key)
      keyed_.emplace_back(*key, folder);
    else
      others_.emplace_back(name, folder);
  }
  void sort() {
    std::ranges::sort(keyed_);
    std::ranges::sort(others_);
  }
  std::size_t size() const { return keyed_.size() + others_.size(); }
  // The next name, once sorted, and its folders; false after the last.
  bool next(std::string& name, std::vector<std::uint32_t>& folders) {
    folders.clear();
    if (keys_read_ < keyed_.size()) {
      name = keyed_[keys_read_].first.hex().append(kEnding);
      take(keyed_, keys_read_, folders);
    } else if (others_read_ < others_.size()) {
      name = others_[others_read_].first;
      take(others_, others_read_, folders);
    }
    return !folders.empty();
  }

 private:
  static constexpr std::string_view kEnding = ".json";

  static void take(const auto& files, std::size_t& at, std::vector<std::uint32_t>& folders) {
    const std::size_t begin = at;
    for (; at < files.size() && files[at].first == files[begin].first; ++at)
      folders.push_back(files[at].second);
  }

  // Which grow without being copied.
  std::deque<std::pair<Digest, std::uint32_t>> keyed_;
  std::deque<std::pair<std::string, std::uint32_t>> others_;
  std::size_t keys_read_ = 0, others_read_ = 0;
};

// Reads the files of one name, one per folder that has it.
template <typename Result>
class Reader {
 public:
  Reader(const std::vector<fs::path>& folders, const std::vector<std::string>& names)
      : folders_(folders), names_(names) {}

  // What counts of the files of this name in these folders.
  std::optional<Result> read(const std::string& name, const std::vector<std::uint32_t>& folders) {
    found_.reset();
    files_.clear();
    conflict_ = false;
    for (const std::uint32_t folder : folders) read(folder, name);
    for (std::size_t i = 0; conflict_ && i < files_.size(); ++i) {
      left_out.push_back(
          {files_[i], "conflict: another outcome of the same job is in " + files_[i == 0 ? 1 : 0]});
    }
    if (conflict_) return std::nullopt;
    return std::move(found_);
  }

  // Where what counts lies: an index into the folders.
  std::uint32_t folder() const { return folder_; }

  std::vector<LeftOut> left_out;

 private:
  void read(std::uint32_t folder, const std::string& name) {
    const std::string kind(kind_of<Result>().folder);
    const fs::path file = folders_[folder] / kind / name;
    const std::string named =
        folders_.size() > 1 ? names_[folder] + "/" + kind + "/" + name : kind + "/" + name;
    try {
      if (!name.ends_with(".json")) fail(ErrorKind::data, "foreign: not a .json file");
      add(read_sealed<Result>(file, kind + "/" + name), named, folder);
    } catch (const Error& error) {
      left_out.push_back({named, error.what()});
    }
  }

  void add(Result result, const std::string& file, std::uint32_t folder) {
    if (found_ && result.status == TrialStatus::failed) return;
    if (found_ && found_->status == TrialStatus::ok) {
      files_.push_back(file);
      conflict_ = conflict_ || outcome(*found_) != outcome(std::move(result));
      return;
    }
    files_ = {file};
    folder_ = folder;
    found_ = std::move(result);
  }

  const std::vector<fs::path>& folders_;
  const std::vector<std::string>& names_;
  std::optional<Result> found_;
  std::vector<std::string> files_;  // with what was found
  bool conflict_ = false;
  std::uint32_t folder_ = 0;
};

template <typename Result>
void visit(const std::vector<fs::path>& folders, const ResultVisitor& of,
           const std::function<void(Result)>& visitor, std::vector<LeftOut>& left_out) {
  FoundFiles found;
  for (std::size_t f = 0; f < folders.size(); ++f) {
    for_each_name_in(folders[f] / kind_of<Result>().folder, [&](const std::string& name) {
      if (is_temporary(name) || (of.passes_over && of.passes_over(f, fs::path(name).stem()))) return;
      found.add(name, static_cast<std::uint32_t>(f));
    });
  }
  found.sort();
  const std::vector<std::string> names = of.names.empty() ? short_names(folders) : of.names;
  bool ends = false;
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&] {
    Reader<Result> reader(folders, names);
    std::string name;
    std::vector<std::uint32_t> in;
    const auto take = [&] {
      const std::lock_guard lock(mutex);
      return !ends && found.next(name, in);
    };
    try {
      while (take()) {
        std::optional<Result> result = reader.read(name, in);
        const std::lock_guard lock(mutex);
        if (!result) continue;
        if (std::is_same_v<Result, TrialResult> && of.trials_of) ++(*of.trials_of)[reader.folder()];
        visitor(std::move(*result));
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      error = std::current_exception();
      ends = true;
    }
    const std::lock_guard lock(mutex);
    left_out.insert(left_out.end(), reader.left_out.begin(), reader.left_out.end());
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::min<std::size_t>(kReaders, found.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace

std::vector<std::string> short_names(const std::vector<fs::path>& folders) {
  std::vector<fs::path> paths;
  std::ptrdiff_t deepest = 1;
  for (const fs::path& folder : folders) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(fs::absolute(folder), error);
    paths.push_back(path.has_filename() ? path : path.parent_path());
    deepest = std::max(deepest, std::distance(paths.back().begin(), paths.back().end()));
  }
  std::vector<std::string> names;
  for (std::ptrdiff_t count = 1; count <= deepest; ++count) {
    names.clear();
    for (const fs::path& path : paths) names.push_back(last_components(path, count));
    if (std::set<std::string>(names.begin(), names.end()).size() == folders.size()) break;
  }
  return names;
}

std::vector<LeftOut> visit_results(const std::vector<fs::path>& folders, const ResultVisitor& visitor) {
  std::vector<LeftOut> left_out;
  visit<ReferenceResult>(folders, visitor, visitor.reference, left_out);
  if (visitor.trials_of != nullptr) visitor.trials_of->assign(folders.size(), 0);
  visit<TrialResult>(folders, visitor, visitor.trial, left_out);
  std::ranges::sort(left_out, {}, &LeftOut::file);
  return left_out;
}

StoreContents read_merged(const std::vector<fs::path>& folders) {
  StoreContents contents;
  contents.left_out = visit_results(
      folders, {[&](TrialResult trial) { contents.trials.push_back(std::move(trial)); },
                [&](ReferenceResult reference) { contents.references.push_back(std::move(reference)); }});
  std::ranges::sort(contents.trials, {}, &TrialResult::key);
  std::ranges::sort(contents.references, {}, &ReferenceResult::key);
  return contents;
}

}  // namespace offload
