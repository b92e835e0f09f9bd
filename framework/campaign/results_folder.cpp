#include "campaign/results_folder.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kInputMax = std::size_t{1} << 30;

std::string quoted_toml(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// The bytes [begin, end) of a text become another.
struct Edit {
  std::size_t begin, end;
  std::string text;
};

std::string edited(const std::string& text, std::vector<Edit> edits) {
  std::ranges::sort(edits, {}, &Edit::begin);
  std::string out;
  std::size_t done = 0;
  for (const Edit& edit : edits) {
    out.append(text, done, edit.begin - done).append(edit.text);
    done = edit.end;
  }
  return out + text.substr(done);
}

void copy_input(const fs::path& file, const fs::path& copy) {
  std::error_code error;
  if (fs::equivalent(file, copy, error) && !error) return;  // the suite is run from its own results folder
  make_folder(copy.parent_path());
  write_atomically(copy, read_bounded(file, kInputMax));
}

// suite.toml and, as inputs/NAME, every file that the suite names; suite.toml names those in their place, so
// that its paths are relative to the folder, and the suite, where its name was that of its file. Returns the
// hash of suite.toml.
std::string store_suite(const Suite& suite, const fs::path& folder) {
  std::map<std::string, fs::path> stored;  // by name below inputs/
  std::vector<Edit> edits;
  for (const SuiteInput& input : suite.inputs) {
    std::string name = input.file.filename().string();
    while (stored.contains(name) && stored[name] != input.file) name = fmt::format("_{}", name);
    stored[name] = input.file;
    edits.push_back({input.begin, input.end, quoted_toml("inputs/" + name)});
  }
  if (suite.unnamed) {
    const SuiteName& name = *suite.unnamed;
    edits.push_back({name.at, name.at, name.before + quoted_toml(suite.name) + name.after});
  }
  const std::string text = edited(suite.text, std::move(edits));
  const fs::path copy = folder / "suite.toml";
  std::error_code error;
  if (text != suite.text && fs::equivalent(suite.file, copy, error) && !error) {
    fail(ErrorKind::config, "{}: the copy in the results folder would replace it; choose another --out",
         printable(suite.file));
  }
  for (const auto& [name, file] : stored) copy_input(file, folder / "inputs" / name);
  write_atomically(copy, text);
  return sha256_of(text);
}

}  // namespace

ResultsFolder::ResultsFolder(const Plan& plan, const fs::path& folder) : store_(folder), lock_(folder) {
  store_.clean();
  ReportPlan stored = plan.stored;
  stored.suite_toml_sha256 = store_suite(plan.experiment.suite, folder);
  store_.write_suite(to_json(stored));
}

}  // namespace offload
