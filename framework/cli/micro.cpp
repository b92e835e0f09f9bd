// `offload-bench micro`: hands over to offload-bench-micro beside this program, because Google Benchmark and
// the plugins' own libraries have no place in the command.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "cli/usage/mistakes.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "plugin/search.hpp"

namespace offload::cli {
namespace {

struct MicroOptions {
  std::vector<std::string> plugins;
  std::string isolation = "none";
};

// A flag of Google Benchmark, which its library reads.
bool is_flag(const std::string& word) { return word.starts_with("--benchmark_") || word.starts_with("--v="); }

// A plugin that is not there is said here, as of every verb.
void check_words(const CLI::App& verb, const MicroOptions& options) {
  for (const std::string& word : verb.remaining()) {
    if (!is_flag(word)) explain_unknown_option(verb, word);
  }
  const PluginSearch search;
  for (const std::string& plugin : options.plugins) search.find(plugin, std::filesystem::current_path());
}

int micro(const CLI::App& verb, const MicroOptions& options) {
  if (options.isolation != "none" && options.isolation != "process")
    fail(ErrorKind::config, "--isolation: expected none or process, found '{}'",
         printable(options.isolation));
  check_words(verb, options);
  std::vector<std::string> words = options.plugins;
  for (const std::string& word : verb.remaining()) words.push_back(word);
  const auto program = std::filesystem::canonical("/proc/self/exe").parent_path() / "offload-bench-micro";
  words.insert(words.begin(), {program.string(), "--isolation", options.isolation});
  std::vector<char*> raw;
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  ::execv(program.c_str(), raw.data());
  fail(ErrorKind::io, "{}: {}; `./dev build` builds it (the target offload-bench-micro)", program.string(),
       std::strerror(errno));
}

}  // namespace

void add_micro(CLI::App& app, Action& action) {
  const auto options = std::make_shared<MicroOptions>();
  CLI::App* verb = app.add_subcommand("micro", "Microbenchmarks: act, update and score of any plugin");
  verb->add_option("PLUGIN", options->plugins,
                   "Ids, .so paths and FILE.py:NAME to measure [all that are built in, and the environment]");
  verb->add_option("--isolation", options->isolation,
                   "none, or process: in the sandbox of rows that are isolated")
      ->type_name("TEXT:{none,process}")
      ->capture_default_str();
  verb->allow_extras();
  verb->footer(
      "Flags of Google Benchmark, --benchmark_NAME=VALUE, go along; of --benchmark_out the JSON is what its "
      "compare.py and `offload-bench compare` read.\n"
      "Example: offload-bench micro rc-ppo build/my-agent.so -- --benchmark_filter=act "
      "--benchmark_out=now.json");
  verb->callback([verb, options, &action] { action = [verb, options] { return micro(*verb, *options); }; });
}

}  // namespace offload::cli
