#include "results/result_reading.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "results/sealed_result.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kReaders = 2;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().native());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    fail(ErrorKind::io, "{}: {}", printable(folder.native()), error.message());
  }
  return names;
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

// Reads the files of one name, one per folder that has it.
template <typename Result>
class Reader {
 public:
  explicit Reader(const std::vector<fs::path>& folders) : folders_(folders) {}

  // What counts of them.
  std::optional<Result> read(const std::string& name) {
    found_.reset();
    files_.clear();
    conflict_ = false;
    for (const fs::path& folder : folders_) read(folder, name);
    for (std::size_t i = 0; conflict_ && i < files_.size(); ++i) {
      left_out.push_back(
          {files_[i], "conflict: another outcome of the same job is in " + files_[i == 0 ? 1 : 0]});
    }
    if (conflict_) return std::nullopt;
    return std::move(found_);
  }

  std::vector<LeftOut> left_out;

 private:
  void read(const fs::path& folder, const std::string& name) {
    const std::string kind(kind_of<Result>().folder);
    const fs::path file = folder / kind / name;
    if (folders_.size() > 1 && !fs::exists(fs::symlink_status(file))) return;
    try {
      if (!name.ends_with(".json")) fail(ErrorKind::data, "foreign: not a .json file");
      add(read_sealed<Result>(file, kind + "/" + name), file);
    } catch (const Error& error) {
      left_out.push_back({folders_.size() > 1 ? file.native() : kind + "/" + name, error.what()});
    }
  }

  void add(Result result, const fs::path& file) {
    if (found_ && result.status == TrialStatus::failed) return;
    if (found_ && found_->status == TrialStatus::ok) {
      files_.push_back(file.native());
      conflict_ = conflict_ || outcome(*found_) != outcome(std::move(result));
      return;
    }
    files_ = {file.native()};
    found_ = std::move(result);
  }

  const std::vector<fs::path>& folders_;
  std::optional<Result> found_;
  std::vector<std::string> files_;  // with what was found
  bool conflict_ = false;
};

template <typename Result>
void visit(const std::vector<fs::path>& folders, const std::function<void(Result)>& visitor,
           std::vector<LeftOut>& left_out) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    for (std::string& name : names_in(folder / kind_of<Result>().folder)) {
      if (!is_temporary(name)) names.push_back(std::move(name));
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&] {
    Reader<Result> reader(folders);
    try {
      for (std::size_t i = next++; i < names.size(); i = next++) {
        std::optional<Result> result = reader.read(names[i]);
        const std::lock_guard lock(mutex);
        if (result) visitor(std::move(*result));
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      error = std::current_exception();
      next = names.size();
    }
    const std::lock_guard lock(mutex);
    left_out.insert(left_out.end(), reader.left_out.begin(), reader.left_out.end());
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::min<std::size_t>(kReaders, names.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace

std::vector<LeftOut> visit_results(const std::vector<fs::path>& folders, const ResultVisitor& visitor) {
  std::vector<LeftOut> left_out;
  visit<ReferenceResult>(folders, visitor.reference, left_out);
  visit<TrialResult>(folders, visitor.trial, left_out);
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
