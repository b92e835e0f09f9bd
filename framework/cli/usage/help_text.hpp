// `--help` of every verb, in the width of the terminal: words are never broken, and examples can be copied
// as they stand.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace offload::cli {

// CLI11's text, its lines wrapped at `columns`. Lines of a footer are one paragraph up to an "Example:".
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(int columns) : columns_(columns) {}

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_footer(const CLI::App* app) const override;

 private:
  int columns_;
};

}  // namespace offload::cli
