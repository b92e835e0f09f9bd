#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"
#include "cli/usage/help_text.hpp"
#include "cli/usage/mistakes.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "leaderboard/build_source.hpp"
#include "process/memory_limit.hpp"

namespace {

constexpr int kUsageStatus = 2;

int run(int argc, char** argv) {
  CLI::App app{"OffloadBench: the benchmark for local-cloud LLM inference offloading"};
  app.name("offload-bench");
  app.set_version_flag("-V,--version", std::string("offload-bench ") + OFFLOAD_VERSION);
  app.formatter(std::make_shared<offload::cli::HelpFormatter>(offload::cli::table_width()));
  app.require_subcommand(1);
  app.footer(
      "Example: offload-bench run benchmarks/suites/quickstart.toml\n"
      "Exit status: 0 ok, 1 a failed row, mismatch or regression, 2 usage or configuration, 3 data,\n"
      "4 plugin, 5 input or output, 6 (verify) nothing is wrong but something had to be believed,\n"
      "130 or 143 after SIGINT or SIGTERM.");
  offload::cli::Action action;
  offload::cli::add_run(app, action);
  offload::cli::add_show(app, action);
  offload::cli::add_report(app, action);
  offload::cli::add_compare(app, action);
  offload::cli::add_export(app, action);
  offload::cli::add_oracle(app, action);
  offload::cli::add_power(app, action);
  offload::cli::add_replay(app, action);
  offload::cli::add_leaderboard(app, action);
  offload::cli::add_list(app, action);
  offload::cli::add_describe(app, action);
  offload::cli::add_check(app, action);
  offload::cli::add_datasets(app, action);
  offload::cli::add_collect(app, action);
  offload::cli::add_micro(app, action);
  offload::cli::add_plugin(app, action);
  offload::cli::add_serve(app, action);
  offload::cli::add_slurm(app, action);
  offload::cli::add_submit(app, action);
  offload::cli::add_tasks(app, action);
  offload::cli::add_verify(app, action);
  offload::cli::add_help(app, action);
  offload::cli::add_completion(app, action);
  std::vector<const char*> words(argv, argv + argc);
  // Flags of Google Benchmark may stand behind it, which CLI11 would take for words to the application.
  if (words.size() > 1 && std::string_view(words[1]) == "micro")
    std::erase_if(words, [](const char* word) { return std::string_view(word) == "--"; });
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::ParseError& error) {
    const bool unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                         dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    if (unknown) offload::cli::explain_unknown_words(app);
    // Help and version are errors to CLI11.
    if (error.get_exit_code() == 0) return app.exit(error);
    offload::cli::tell("{}\n", offload::cli::refusal(app, error));
    return kUsageStatus;
  }
  return action();
}

// Closed standard streams would be the next files that are opened: the leaderboard would go into one of them.
// Taken the wrong way round, so that using them fails as it should.
void keep_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      [[maybe_unused]] const int taken = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

// What was printed has arrived, or the verb has not done what it was asked for.
int printed(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  offload::cli::tell("offload-bench: standard output: cannot be written: {}\n", std::strerror(errno));
  return status == 0 ? 5 : status;
}

}  // namespace

int offload::cli::run_command(int argc, char** argv) {
  keep_standard_streams();
  watch_memory();
  try {
    if (argc > 1 && std::string_view(argv[1]) == kAgentChild) return run_agent_child(argc, argv);
    if (argc > 1 && std::string_view(argv[1]) == kBuildChild) return run_build_child(argc, argv);
    return printed(run(argc, argv));
  } catch (const offload::Error& error) {
    offload::cli::tell("offload-bench: {}\n", error.what());
    return error.exit_status();
  } catch (const std::bad_alloc&) {
    offload::cli::tell("offload-bench: {}\n", offload::out_of_memory());
    return 5;
  } catch (const std::exception& error) {
    offload::cli::tell("offload-bench: {}\n", error.what());
    return 5;
  }
}
