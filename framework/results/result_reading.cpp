#include "results/result_reading.hpp"

#include <algorithm>
#include <compare>
#include <deque>
#include <mutex>
#include <set>
#include <span>
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
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().native());
  if (error && error != std::errc::no_such_file_or_directory)
    fail(ErrorKind::io, "{}: {}", printable(folder.native()), error.message());
  return names;
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

// A file of results, and which of the folders it is in.
struct Found {
  std::string_view name;
  std::uint32_t folder = 0;

  auto operator<=>(const Found&) const = default;
};

// Many names, each at an address of its own that stays.
class Names {
 public:
  std::string_view keep(std::string_view name) {
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < name.size()) {
      blocks_.emplace_back().reserve(std::max(kBlock, name.size()));
    }
    std::string& block = blocks_.back();
    block += name;
    return std::string_view(block).substr(block.size() - name.size());
  }

 private:
  static constexpr std::size_t kBlock = std::size_t{1} << 16;
  std::deque<std::string> blocks_;
};

// Reads the files of one name, one per folder that has it.
template <typename Result>
class Reader {
 public:
  Reader(const std::vector<fs::path>& folders, const std::vector<std::string>& names)
      : folders_(folders), names_(names) {}

  // What counts of them; they have one name.
  std::optional<Result> read(std::span<const Found> files) {
    found_.reset();
    files_.clear();
    conflict_ = false;
    for (const Found& file : files) read(file.folder, std::string(file.name));
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
  Names kept;
  std::vector<Found> found;
  for (std::size_t f = 0; f < folders.size(); ++f) {
    for (const std::string& name : names_in(folders[f] / kind_of<Result>().folder)) {
      if (is_temporary(name) || (of.passes_over && of.passes_over(f, fs::path(name).stem()))) continue;
      found.push_back({kept.keep(name), static_cast<std::uint32_t>(f)});
    }
  }
  std::ranges::sort(found);
  const std::vector<std::string> names = of.names.empty() ? short_names(folders) : of.names;
  std::size_t next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&] {
    Reader<Result> reader(folders, names);
    const auto take = [&]() -> std::span<const Found> {
      const std::lock_guard lock(mutex);
      const std::size_t begin = next;
      while (next < found.size() && found[next].name == found[begin].name) ++next;
      return std::span(found).subspan(begin, next - begin);
    };
    try {
      for (auto files = take(); !files.empty(); files = take()) {
        std::optional<Result> result = reader.read(files);
        const std::lock_guard lock(mutex);
        if (!result) continue;
        if (std::is_same_v<Result, TrialResult> && of.trials_of) ++(*of.trials_of)[reader.folder()];
        visitor(std::move(*result));
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      error = std::current_exception();
      next = found.size();
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
