#include "slurm/scripts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"

namespace offload {

// What follows the heads that are written here: array.sh and submit.sh, as they stand.
extern const char* const kSlurmArray;
extern const char* const kSlurmSubmit;

namespace {

namespace fs = std::filesystem;

constexpr long kLeastTime_s = 120;

// One word of bash, whatever is in it.
std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void require_plain(const std::string& text, const char* what) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, control)) {
    fail(ErrorKind::config, "{}: {} has a line break or another control character; choose another",
         printable(text), what);
  }
}

// Slurm replaces %a and the like in the names of output files, in those of the folders above it as well.
void require_folder(const fs::path& folder) {
  require_plain(folder.native(), "the results folder's path");
  if (folder.native().find_first_of("%\\") == std::string::npos) return;
  fail(
      ErrorKind::config,
      "{}: the results folder's path has % or \\, by which Slurm would look for its output elsewhere; choose "
      "another --out",
      printable(folder.native()));
}

// Digits alone, few enough for any sum of them.
std::optional<long> whole(std::string_view text) {
  long value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = !text.empty() && text.size() <= 6 && std::isdigit(static_cast<unsigned char>(text[0]));
  if (!plain || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Of "30" (minutes), "30:00", "2:30:00", "1-12" (a day and 12 hours), "1-12:30" or "1-12:30:00".
std::optional<long> seconds_of(std::string_view time) {
  const std::size_t dash = time.find('-');
  std::optional<long> days = 0;
  if (dash != std::string_view::npos) days = whole(time.substr(0, dash));
  std::string_view rest = dash == std::string_view::npos ? time : time.substr(dash + 1);
  std::vector<long> parts;
  for (bool more = days.has_value(); more;) {
    const std::size_t colon = rest.find(':');
    const auto part = whole(rest.substr(0, colon));
    if (!part || parts.size() == 3) return std::nullopt;
    parts.push_back(*part);
    more = colon != std::string_view::npos;
    rest = more ? rest.substr(colon + 1) : rest;
  }
  if (parts.empty()) return std::nullopt;
  // Without days one or two numbers begin with minutes.
  if (dash == std::string_view::npos && parts.size() < 3) parts.insert(parts.begin(), 0);
  parts.resize(3);
  return ((*days * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2];
}

bool is_list_of_names(std::string_view text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '.' || c == '-' || c == ',';
  };
  return std::ranges::all_of(text, plain) && text[0] != ',' && text[0] != '-' && text.back() != ',';
}

bool is_memory(std::string_view text) {
  if (std::string_view("KMGT").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return whole(text).value_or(0) > 0;
}

bool is_instruction_set(std::string_view text) {
  return text == "baseline" || text == "avx2" || text == "avx512";
}

void require(const std::string& value, bool (*right)(std::string_view), const char* option,
             const char* example) {
  if (value.empty() || right(value)) return;
  fail(ErrorKind::config, "{} {}: not as Slurm takes it; such as {}", option, printable(value), example);
}

void check(const SlurmSettings& settings) {
  require_folder(settings.folder);
  for (const fs::path& path : {settings.command, settings.from}) require_plain(path.native(), "the path");
  for (const fs::path& path : settings.plugin_folders) require_plain(path.native(), "the plugins' folder");
  require_plain(settings.dataset, "the data set's name");
  if (settings.tasks < 1 || settings.cpus < 1) fail(ErrorKind::config, "--tasks and --cpus: at least 1");
  require(settings.partition, is_list_of_names, "--partition", "short or short,long");
  require(settings.memory, is_memory, "--memory", "8G");
  require(settings.instruction_set, is_instruction_set, "--isa", "avx2");
  if (settings.time.empty()) return;
  const auto time_s = seconds_of(settings.time);
  if (!time_s) {
    fail(ErrorKind::config,
         "--time {}: not as Slurm takes it; such as 90 (minutes), 1:30:00 or 1-12 (a day and 12 hours)",
         printable(settings.time));
  }
  if (*time_s < kLeastTime_s) {
    fail(ErrorKind::config,
         "--time {}: at least 2 minutes, since Slurm may warn a part a minute early; raise it",
         settings.time);
  }
}

// How long before the end of its time a part is told to start no other trial: a tenth of it.
long warning_s(const std::string& time) {
  constexpr long kLeast = 30, kMost = 300, kUnknown = 120;
  const auto time_s = seconds_of(time);
  return time_s ? std::clamp(*time_s / 10, kLeast, kMost) : kUnknown;
}

std::string job_name(const std::string& suite) {
  std::string name = "ob-";
  for (const char c : suite.substr(0, 60)) {
    const auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) || c == '-' || c == '_' || c == '.' ? c : '_';
  }
  return name;
}

std::string directives(const SlurmSettings& settings, const std::string& name, const char* output) {
  std::string out =
      fmt::format("#SBATCH --job-name={}\n#SBATCH --output={}\n#SBATCH --open-mode=append\n", name, output);
  if (!settings.partition.empty()) out += fmt::format("#SBATCH --partition={}\n", settings.partition);
  if (!settings.time.empty()) out += fmt::format("#SBATCH --time={}\n", settings.time);
  if (!settings.memory.empty()) out += fmt::format("#SBATCH --mem={}\n", settings.memory);
  return out;
}

std::string variables(const SlurmSettings& settings) {
  return fmt::format("set -u\ncommand={}\nfolder={}\n", shell_word(settings.command.native()),
                     shell_word(settings.folder.native()));
}

std::string array_script(const SlurmSettings& settings) {
  std::string arguments;
  if (!settings.dataset.empty()) arguments += " --dataset " + shell_word(settings.dataset);
  for (const fs::path& folder : settings.plugin_folders)
    arguments += " --plugin-dir " + shell_word(folder.native());
  std::string out = "#!/bin/bash\n";
  out +=
      "# One part of a suite's trials, by `offload-bench slurm`. How many parts there are is written here:\n"
      "# SLURM_ARRAY_TASK_COUNT is of the submission, and another one where a part is submitted again.\n";
  out += directives(settings, job_name(settings.suite), "part-%a.log");
  out += fmt::format("#SBATCH --requeue\n#SBATCH --signal=B:TERM@{}\n#SBATCH --cpus-per-task={}\n",
                     warning_s(settings.time), settings.cpus);
  out += variables(settings);
  out += fmt::format("from={}\nparts={}\narguments=({})\n", shell_word(settings.from.native()),
                     settings.tasks, arguments.empty() ? arguments : arguments.substr(1));
  if (!settings.instruction_set.empty())
    out += fmt::format("export OFFLOAD_ISA={}\n", settings.instruction_set);
  return out + kSlurmArray;
}

std::string merge_script(const SlurmSettings& settings) {
  return "#!/bin/bash\n"
         "# Joins the parts' results and reports, or names the parts that are missing, by `offload-bench "
         "slurm`.\n" +
         directives(settings, job_name(settings.suite) + "-merge", "merge.log") + variables(settings) +
         "exec \"$command\" slurm --merge \"$folder\"\n";
}

std::string submit_script(const SlurmSettings& settings) {
  return "#!/bin/bash\n"
         "# Submits the parts that are missing, all of them at first, and the merge after them, by "
         "`offload-bench\n"
         "# slurm`. Options of sbatch may follow: submit.sh --account=NAME. Not while parts still run.\n" +
         variables(settings) + kSlurmSubmit;
}

}  // namespace

SlurmScripts slurm_scripts(const SlurmSettings& settings) {
  check(settings);
  return {array_script(settings), merge_script(settings), submit_script(settings)};
}

fs::path part_folder(const fs::path& folder, std::size_t part, std::size_t tasks) {
  return folder / "parts" / fmt::format("{}-of-{}", part, tasks);
}

void write_slurm(const SlurmSettings& settings) {
  const SlurmScripts scripts = slurm_scripts(settings);
  const fs::path folder = settings.folder / "slurm";
  make_folder(folder / "logs");
  const std::array<std::pair<const char*, const std::string*>, 3> files = {
      {{"array.sh", &scripts.array}, {"merge.sh", &scripts.merge}, {"submit.sh", &scripts.submit}}};
  for (const auto& [name, text] : files) {
    write_atomically(folder / name, *text);
    std::error_code error;
    fs::permissions(folder / name, fs::perms(0755), error);
    if (error)
      fail(ErrorKind::io, "{}: cannot be made executable: {}", printable((folder / name).native()),
           error.message());
  }
  write_atomically(folder / "parts.json", fmt::format("{{\"tasks\": {}}}\n", settings.tasks));
}

}  // namespace offload
