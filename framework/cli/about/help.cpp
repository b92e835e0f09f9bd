// `offload-bench help [VERB]` and `offload-bench completion SHELL`: what the application says of itself.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/usage/completion_script.hpp"
#include "cli/usage/mistakes.hpp"
#include "cli/verbs.hpp"

namespace offload::cli {

void add_help(CLI::App& app, Action& action) {
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = app.add_subcommand("help", "Say what the command, or one of its verbs, does");
  verb->add_option("VERB", *words, "The verb, and one of its own verbs");
  verb->footer("Example: offload-bench help datasets import");
  verb->callback([words, &app, &action] {
    action = [words, &app] {
      // App::help would go on to the verb that was parsed, which is this one.
      const CLI::App& of = verb_at(app, *words);
      fmt::print("{}", of.get_formatter()->make_help(&of, path_of(of), CLI::AppFormatMode::Normal));
      return 0;
    };
  });
}

void add_completion(CLI::App& app, Action& action) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("completion", "Print a script that completes this command in a shell");
  verb->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->footer(
      "bash and zsh: source <(offload-bench completion bash) in ~/.bashrc, the same with zsh in ~/.zshrc "
      "after compinit; fish: write it to ~/.config/fish/completions/offload-bench.fish.\n"
      "Example: source <(offload-bench completion bash)");
  verb->callback([shell, &app, &action] {
    action = [shell, &app] {
      fmt::print("{}", completion_script(app, *shell));
      return 0;
    };
  });
}

}  // namespace offload::cli
