// A table written line by line, since decisions can be many, as CSV, JSON lines or LaTeX.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace offload {

enum class TableFormat { csv, jsonl, latex };

// Nothing; text; a number, NaN for none; a whole number.
using TableValue = std::variant<std::monostate, std::string, double, std::int64_t>;

class TableWriter {
 public:
  using Sink = std::function<void(std::string_view text)>;

  // Writes the head. `sink` outlives the object; `alignment` is what LaTeX's tabular says of the columns.
  TableWriter(TableFormat format, std::vector<std::string> columns, const Sink& sink,
              const std::string& alignment = {});

  // One value per column.
  void line(const std::vector<TableValue>& values);
  // After the last line.
  void end();

 private:
  TableFormat format_;
  std::vector<std::string> columns_;
  const Sink& sink_;
};

}  // namespace offload
