// That no figure of the files a report consists of can be altered unseen.
#include "report/verify_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "report/report.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

using nlohmann::json;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The places of `file` that verify names when it holds `text`.
std::set<std::string> found_in(const std::filesystem::path& folder, const Report& report,
                               const std::string& file, const std::string& text) {
  const std::string before = text_of(folder / file);
  std::ofstream(folder / file) << text;
  std::vector<Disagreement> found;
  verify_report(folder, report, found);
  std::ofstream(folder / file) << before;
  std::set<std::string> places;
  for (const Disagreement& one : found) {
    if (one.file == file) places.insert(one.place);
  }
  return places;
}

json altered(const json& value) {
  if (value.is_number_float()) return value.get<double>() * (1 + 1e-9) + 1e-12;
  if (value.is_number_integer()) return value.get<std::int64_t>() + 1;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_string()) return value.get<std::string>() + "x";
  return .5;
}

class VerifyReport : public ::testing::Test {
 protected:
  VerifyReport() : report_(make_report(example::plan(), example::contents(example::plan()))) {
    write_report(folder_.path(), report_);
    std::filesystem::remove(folder_.path() / "report.html");  // large, and no table
  }

  example::TemporaryFolder folder_;
  Report report_;
};

// Every number, word and flag, a few hundred at a time: each is named by its place.
TEST_F(VerifyReport, FindsEveryAlteredFigure) {
  constexpr std::size_t kAtOnce = 300;  // of a thousand that are named at most
  const json whole = json::parse(text_of(folder_.path() / "report.json")), flat = whole.flatten();
  std::vector<std::string> places;
  for (const auto& [place, value] : flat.items()) {
    if (!place.starts_with("/timing") && !place.starts_with("/host")) places.push_back(place);
  }
  ASSERT_GT(places.size(), 500U);
  for (std::size_t first = 0; first < places.size(); first += kAtOnce) {
    const std::size_t end = std::min(first + kAtOnce, places.size());
    json changed = whole;
    for (std::size_t i = first; i < end; ++i) {
      json& value = changed.at(json::json_pointer(places[i]));
      value = altered(value);
    }
    const auto found = found_in(folder_.path(), report_, "report.json", changed.dump(1));
    for (std::size_t i = first; i < end; ++i) EXPECT_TRUE(found.contains(places[i])) << places[i];
  }
}

// One digit of every field of the tables, a column at a time.
TEST_F(VerifyReport, FindsEveryAlteredField) {
  for (const std::string file : {"leaderboard.csv", "trials.csv"}) {
    const std::string text = text_of(folder_.path() / file);
    const auto columns = static_cast<std::size_t>(
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find('\n')), ','));
    std::size_t all = 0;
    for (std::size_t column = 0; column <= columns; ++column) {
      std::string other = text;
      std::vector<std::size_t> lines;
      std::size_t line = 2, field = 0;
      bool done = false;
      for (std::size_t at = text.find('\n') + 1; at < text.size(); ++at) {
        if (text[at] == '\n') {
          ++line;
          field = 0;
          done = false;
        } else if (text[at] == ',') {
          ++field;
        } else if (!done && field == column && std::isdigit(static_cast<unsigned char>(text[at])) != 0) {
          other[at] = text[at] == '7' ? '3' : '7';
          lines.push_back(line);
          done = true;
        }
      }
      all += lines.size();
      const auto found = found_in(folder_.path(), report_, file, other);
      for (const std::size_t one : lines) {
        const std::string place = "line " + std::to_string(one) + ", ";
        EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                                [&](const std::string& named) { return named.starts_with(place); }))
            << file << " " << place << "field " << column;
      }
    }
    EXPECT_GT(all, 20U) << file;
  }
}

}  // namespace
}  // namespace offload
