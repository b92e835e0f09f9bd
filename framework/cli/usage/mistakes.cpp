#include "cli/usage/mistakes.hpp"

#include "core/error.hpp"
#include "files/suggestion.hpp"

namespace offload::cli {
namespace {

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

[[noreturn]] void no_verb(const CLI::App& app, const std::string& word) {
  const std::vector<std::string> verbs = verbs_of(app);
  const std::string of = app.get_parent() == nullptr ? "" : " of `" + path_of(app) + "`";
  fail(ErrorKind::config, "there is no verb '{}'{}; known: {}; `{} --help` says what each does{}",
       printable(word), of, fmt::join(verbs, ", "), path_of(app), suggestion(word, verbs));
}

// The verb that was reached.
const CLI::App& reached(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

}  // namespace

std::string path_of(const CLI::App& app) {
  return (app.get_parent() == nullptr ? "" : path_of(*app.get_parent()) + " ") + app.get_name();
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(verb->get_name());
  return names;
}

CLI::App& verb_at(CLI::App& app, const std::vector<std::string>& words) {
  CLI::App* at = &app;
  for (const std::string& word : words) {
    const auto named = at->get_subcommands([&word](CLI::App* verb) { return verb->get_name() == word; });
    if (named.empty()) no_verb(*at, word);
    at = named.front();
  }
  return *at;
}

void explain_unknown_option(const CLI::App& verb, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  fail(ErrorKind::config, "`{}` has no option '{}'; `{} --help` lists those it has{}", path_of(verb),
       printable(name), path_of(verb), suggestion(name, options_of(verb)));
}

void explain_unknown_words(const CLI::App& app) {
  const CLI::App* at = &reached(app);
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return;
  const std::string& word = rest.front();
  if (word.starts_with('-')) explain_unknown_option(*at, word);
  if (!verbs_of(*at).empty()) no_verb(*at, word);
  fail(ErrorKind::config, "`{}` does not expect '{}'; `{} --help` says what it takes", path_of(*at),
       printable(word), path_of(*at));
}

std::string refusal(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& verb = reached(app);
  const std::string path = path_of(verb), fact = error.what(), start = app.get_name() + " ";
  return fmt::format("{}: {}{}; see `{} --help`", app.get_name(),
                     path.starts_with(start) ? path.substr(start.size()) + ": " : "",
                     fact == "A subcommand is required" ? "a verb is required" : printable(fact, 400), path);
}

}  // namespace offload::cli
