// What was meant by a verb or an option that there is not.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace offload::cli {

// "offload-bench datasets import", as it is typed.
std::string path_of(const CLI::App& app);

// The verbs below `app`, in their order.
std::vector<std::string> verbs_of(const CLI::App& app);

// The verb that `words` lead to from `app`. Throws Error(config) for one that there is not, with the known
// ones and what may have been meant.
CLI::App& verb_at(CLI::App& app, const std::vector<std::string>& words);

// Throws Error(config) for an option that `verb` does not have, with what may have been meant.
[[noreturn]] void explain_unknown_option(const CLI::App& verb, const std::string& word);

// After CLI11 refused a command line: throws Error(config) where a word of it is no verb, option or argument
// that is known there; returns where the refusal was for something else.
void explain_unknown_words(const CLI::App& app);

// What CLI11 refused for something else: verb, fact, and where help is.
std::string refusal(const CLI::App& app, const CLI::ParseError& error);

}  // namespace offload::cli
