// `offload-bench plugin new NAME`: the start of a plugin of one's own.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "check/scaffold.hpp"
#include "cli/terminal.hpp"
#include "cli/usage/shell_lines.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "leaderboard/build_source.hpp"
#include "process/installation.hpp"

namespace offload::cli {
namespace {

struct PluginOptions {
  std::string name, kind = "agent", language = "c++", out;
};

Template template_of(const PluginOptions& options) {
  const bool python = options.language == "python";
  if (python && options.kind == "torch")
    fail(ErrorKind::config,
         "--kind torch: is an agent in C++; an agent in Python imports what it likes, leave --kind out");
  if (python) return options.kind == "reward" ? Template::python_reward : Template::python_agent;
  return options.kind == "reward"  ? Template::reward
         : options.kind == "torch" ? Template::torch_agent
                                   : Template::agent;
}

// Of the tree that this program was built in; empty where it was installed.
std::filesystem::path build_tree() {
  const std::filesystem::path root = command_or_self().parent_path().parent_path();
  std::error_code error;
  return std::filesystem::exists(root / "CMakeCache.txt", error) ? root : std::filesystem::path();
}

int line_columns() { return known_width() > 0 ? table_width() : 0; }

// The commands that lead from a project in C++ to a checked plugin, from where this program is: an
// installation has the SDK or is without it, a build tree installs it once.
std::string next_steps(const std::string& folder, const std::string& name) {
  const int columns = line_columns();
  const std::string project = shell_word(folder), build = shell_word(folder + "/build");
  std::string prefix = "$HOME/offload", out = folder + " is ready. Next:\n";
  if (const auto installed = installed_sdk(); !installed.empty()) {
    prefix = shell_word(installed.string());
  } else if (const auto tree = build_tree(); !tree.empty()) {
    out += text::shell_line(
        "cmake --install " + shell_word(near(tree).string()) + " --component sdk --prefix " + prefix,
        columns);
  } else {
    out += "(this installation is without the SDK: run the first line where OffloadBench was built)\n" +
           text::shell_line("cmake --install build/release --component sdk --prefix " + prefix, columns);
  }
  out += text::shell_line("cmake -S " + project + " -B " + build + " -DCMAKE_PREFIX_PATH=" + prefix, columns);
  out += text::shell_line("cmake --build " + build, columns);
  return out +
         text::shell_line(own_command() + " check " + shell_word(folder + "/build/" + name + ".so"), columns);
}

// In Python nothing is built: it is checked, and named in a suite.
std::string next_steps_in_python(const std::string& named, const std::string& kind) {
  return fmt::format("{} is ready. Next:\n{}and in a suite{}:\n  plugin = \"{}\"\n", named,
                     text::shell_line(own_command() + " check " + shell_word(named), line_columns()),
                     kind == "agent" ? "" : ", under [reward]", named);
}

int make_new(const PluginOptions& options) {
  const std::string folder = options.out.empty() ? options.name : options.out;
  const auto source = write_plugin_project(options.name, template_of(options), folder);
  const std::string steps =
      options.language == "python"
          ? next_steps_in_python(source.string() + ":" + class_name(options.name), options.kind)
          : next_steps(folder, options.name);
  fmt::print("{}", steps);  // to be copied, so broken by nothing else
  return 0;
}

}  // namespace

void add_plugin(CLI::App& app, Action& action) {
  const auto options = std::make_shared<PluginOptions>();
  CLI::App* verb = app.add_subcommand("plugin", "Start a plugin of your own");
  verb->require_subcommand(1);
  verb->footer("Example: offload-bench plugin new my-agent");
  CLI::App* fresh = verb->add_subcommand("new", "Write a project that builds");
  fresh->add_option("NAME", options->name, "The plugin's id: a-z, 0-9 and '-'")->required();
  fresh
      ->add_option("--kind", options->kind,
                   "agent, reward, or torch: an agent with a network of LibTorch [agent]")
      ->check(CLI::IsMember({"agent", "reward", "torch"}));
  fresh->add_option("--language", options->language, "c++ or python [c++]")
      ->check(CLI::IsMember({"c++", "python"}));
  fresh->add_option("--out", options->out, "Folder to make [NAME]");
  fresh->footer("Example: offload-bench plugin new thrifty --language python --out ~/thrifty");
  fresh->callback([options, &action] { action = [options] { return make_new(*options); }; });
}

}  // namespace offload::cli
