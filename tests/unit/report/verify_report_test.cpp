// That no figure of the files a report consists of can be altered unseen.
#include "report/verify_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "report/report.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

using nlohmann::json;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Whether verify names `file` when it holds `text`.
bool finds(const std::filesystem::path& folder, const Report& report, const std::string& file,
           const std::string& text) {
  const std::string before = text_of(folder / file);
  std::ofstream(folder / file) << text;
  std::vector<Disagreement> found;
  verify_report(folder, report, found);
  std::ofstream(folder / file) << before;
  return std::any_of(found.begin(), found.end(), [&](const Disagreement& d) { return d.file == file; });
}

// Every number, word and flag of report.json and of the tables, altered one at a time.
TEST(VerifyReport, FindsEveryAlteredFigure) {
  const example::TemporaryFolder folder;
  const Report report = make_report(example::plan(), example::contents(example::plan()));
  write_report(folder.path(), report);
  std::filesystem::remove(folder.path() / "report.html");  // large, and no table
  const json flat = json::parse(text_of(folder.path() / "report.json")).flatten();
  ASSERT_GT(flat.size(), 500U);
  for (const auto& [place, value] : flat.items()) {
    if (place.starts_with("/timing") || place.starts_with("/host")) continue;
    json altered = flat;
    altered[place] = value.is_number_float()     ? json(value.get<double>() * (1 + 1e-9) + 1e-12)
                     : value.is_number_integer() ? json(value.get<std::int64_t>() + 1)
                     : value.is_boolean()        ? json(!value.get<bool>())
                     : value.is_string()         ? json(value.get<std::string>() + "x")
                                                 : json(.5);
    EXPECT_TRUE(finds(folder.path(), report, "report.json", altered.unflatten().dump(1))) << place;
  }
  for (const char* file : {"leaderboard.csv", "trials.csv"}) {
    const std::string text = text_of(folder.path() / file);
    for (std::size_t at = text.find('\n'); at < text.size(); ++at) {
      if (std::isdigit(static_cast<unsigned char>(text[at])) == 0) continue;
      std::string altered = text;
      altered[at] = text[at] == '7' ? '3' : '7';
      EXPECT_TRUE(finds(folder.path(), report, file, altered)) << file << " at " << at;
      at = std::min(text.find_first_of(",\n", at), text.size());  // one digit of every field
    }
  }
}

}  // namespace
}  // namespace offload
