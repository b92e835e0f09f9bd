// `offload-bench plugin new NAME`: the start of a plugin of one's own.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "check/scaffold.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"

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

int make_new(const PluginOptions& options) {
  const std::string folder = options.out.empty() ? options.name : options.out;
  const bool in_python = options.language == "python";
  const auto source = write_plugin_project(options.name, template_of(options), folder);
  if (in_python) {
    const std::string named = source.string() + ":" + class_name(options.name);
    put("{0} is ready. Next:\n  offload-bench check {0}\nand in a suite{1}: plugin = \"{0}\"\n", named,
        options.kind == "agent" ? "" : ", under [reward]");
    return 0;
  }
  put("{0} is ready. Next, with PREFIX where OffloadBench is installed:\n"
      "  cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH=PREFIX && cmake --build {0}/build\n"
      "  offload-bench check {0}/build/{1}.so\n",
      folder, options.name);
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
