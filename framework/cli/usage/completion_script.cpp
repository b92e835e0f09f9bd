#include "cli/usage/completion_script.hpp"

#include <fmt/format.h>

namespace offload::cli {
namespace {

struct OptionWords {
  std::string name;                 // "--format"
  std::vector<std::string> values;  // those it knows
  bool takes_value = false;
  std::string help;
};

// A verb by its path, "datasets import"; that of the application itself is empty.
struct VerbWords {
  std::string path, help;
  std::vector<std::string> verbs;
  std::vector<OptionWords> options;
};

// CLI11 writes what an option may be behind its type: "TEXT:{table,csv}".
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{'), close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

void collect(const CLI::App& app, const std::string& path, std::vector<VerbWords>& list) {
  VerbWords words{path, app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words.options.push_back(
          {"--" + name, values_of(*option), option->get_items_expected_max() > 0, option->get_description()});
    }
  }
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* verb : below) words.verbs.push_back(verb->get_name());
  list.push_back(words);
  for (const CLI::App* verb : below)
    collect(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), list);
}

// "prefix" + words, each in quotes of the shell, of which names of verbs, options and values need none.
std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string names(const std::vector<OptionWords>& options) {
  std::vector<std::string> list;
  for (const OptionWords& option : options) list.push_back(option.name);
  return joined(list);
}

// Single quotes keep everything in bash, zsh and fish but themselves.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') continue;
    out += c;
  }
  return out + "'";
}

// Where a word leads: "run" from the application, "datasets import" from "datasets".
std::string bash_steps(const std::vector<VerbWords>& list) {
  std::string out;
  for (const VerbWords& verb : list) {
    if (verb.path.empty()) continue;
    const std::size_t space = verb.path.rfind(' ');
    const bool top = space == std::string::npos;
    out += fmt::format("      '{}|{}') path='{}' ;;\n", top ? "" : verb.path.substr(0, space),
                       top ? verb.path : verb.path.substr(space + 1), verb.path);
  }
  return out;
}

std::string bash_values(const std::vector<VerbWords>& list) {
  std::string out;
  for (const VerbWords& verb : list) {
    for (const OptionWords& option : verb.options) {
      if (!option.takes_value) continue;
      out +=
          fmt::format("    '{}|{}') value=1 words='{}' ;;\n", verb.path, option.name, joined(option.values));
    }
  }
  return out;
}

std::string bash_words(const std::vector<VerbWords>& list) {
  std::string out;
  for (const VerbWords& verb : list)
    out += fmt::format("    '{}') verbs='{}' options='{}' ;;\n", verb.path, joined(verb.verbs),
                       names(verb.options));
  return out;
}

// Of bash 4 and later, and of zsh by its bashcompinit.
std::string bash_function(const std::vector<VerbWords>& list) {
  return R"(_offload_bench() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  local path='' words='' verbs='' options='' value='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path|${COMP_WORDS[i]}" in
)" + bash_steps(list) +
         R"(    esac
  done
  case "$path|$previous" in
)" + bash_values(list) +
         R"(  esac
  case "$path" in
)" + bash_words(list) +
         R"(  esac
  if [ -z "$value" ]; then
    case "$current" in
      -*) words="$options" ;;
      *) words="$verbs" ;;
    esac
  fi
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
)";
}

std::string fish_script(const std::vector<VerbWords>& list) {
  std::string paths, lines;
  for (const VerbWords& verb : list) {
    if (!verb.path.empty()) paths += " " + quoted(verb.path);
    const std::string at = fmt::format("complete -c offload-bench -n \"__offload_bench_at '{}'\"", verb.path);
    for (const VerbWords& below : list) {
      const std::size_t space = below.path.rfind(' ');
      const bool top = space == std::string::npos;
      if (below.path.empty() || (top ? "" : below.path.substr(0, space)) != verb.path) continue;
      lines +=
          fmt::format("{} -f -a {} -d {}\n", at, below.path.substr(top ? 0 : space + 1), quoted(below.help));
    }
    for (const OptionWords& option : verb.options) {
      lines += fmt::format("{} -l {}{}{} -d {}\n", at, option.name.substr(2), option.takes_value ? " -r" : "",
                           option.values.empty() ? "" : " -f -a " + quoted(joined(option.values)),
                           quoted(option.help));
    }
  }
  return R"(# Completion of offload-bench: offload-bench completion fish > ~/.config/fish/completions/offload-bench.fish
function __offload_bench_at
    set -l known)" +
         paths + R"(
    set -l path
    for word in (commandline -opc)[2..-1]
        contains -- (string join -- ' ' $path $word) $known; and set -a path $word
    end
    test "$path" = "$argv[1]"
end
)" + lines;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  std::vector<VerbWords> list;
  collect(app, "", list);
  if (shell == "fish") return fish_script(list);
  if (shell == "zsh") {
    return "#compdef offload-bench\n# Completion of offload-bench; in ~/.zshrc, after compinit: source "
           "<(offload-bench "
           "completion zsh)\nautoload -U +X bashcompinit && bashcompinit\n" +
           bash_function(list) + "complete -o filenames -F _offload_bench offload-bench\n";
  }
  return "# Completion of offload-bench; in ~/.bashrc: source <(offload-bench completion bash)\n" +
         bash_function(list) + "complete -o filenames -F _offload_bench offload-bench\n";
}

}  // namespace offload::cli
