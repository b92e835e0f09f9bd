#include "campaign/results_folder.hpp"

#include <map>

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

void copy_input(const fs::path& file, const fs::path& copy) {
  std::error_code error;
  if (fs::equivalent(file, copy, error) && !error) return;  // the suite is run from its own results folder
  make_folder(copy.parent_path());
  write_atomically(copy, read_bounded(file, kInputMax));
}

// suite.toml and, as inputs/NAME, every file that the suite names; suite.toml names those in their place, so
// that its paths are relative to the folder. Returns the hash of suite.toml.
std::string store_suite(const Suite& suite, const fs::path& folder) {
  std::map<std::string, fs::path> stored;  // by name below inputs/
  std::string text;
  std::size_t done = 0;
  for (const SuiteInput& input : suite.inputs) {
    std::string name = input.file.filename().string();
    while (stored.contains(name) && stored[name] != input.file) name = fmt::format("_{}", name);
    stored[name] = input.file;
    text.append(suite.text, done, input.begin - done).append(quoted_toml("inputs/" + name));
    done = input.end;
  }
  text += suite.text.substr(done);
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
