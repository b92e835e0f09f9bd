// The house rules of framework/: which room may include which (framework/floors.txt), and how large rooms and
// files may grow. Reads the sources themselves, so an include that no compiler has seen yet is judged, too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "temporary_folder.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kSubjectsMost = 14, kRoomLinesMost = 2500, kFileLinesMost = 350;

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool is_source(const fs::path& file) {
  static const std::set<std::string> endings = {".cpp", ".hpp", ".c", ".h"};
  return endings.contains(file.extension().string());
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_source(entry.path())) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// framework/floors.txt: floors of rooms ("core") and, apart, of places within a room ("core/",
// "core/oracle").
class Floors {
 public:
  explicit Floors(const fs::path& file) {
    int floor = 0;
    for (const std::string& line : lines_of(file)) {
      ++floor;
      if (line.starts_with('#')) continue;
      std::istringstream words(line);
      for (std::string word; words >> word;) floor_[word] = floor;
    }
  }

  bool knows(const std::string& place) const { return floor_.contains(place); }
  int of(const std::string& place) const { return floor_.at(place); }
  // Whether the room is divided.
  bool divides(const std::string& room) const { return floor_.contains(room + "/"); }

 private:
  std::map<std::string, int> floor_;
};

// Where a file below framework/ stands: its room, and within a divided room the part of it.
struct Place {
  explicit Place(const fs::path& file) {
    auto part = file.begin();
    room = part->string();
    const bool deeper = std::distance(file.begin(), file.end()) > 2;
    inner = room + "/" + (deeper ? std::next(part)->string() : "");
  }
  std::string room, inner;
};

class Judge {
 public:
  explicit Judge(fs::path root) : root_(std::move(root)), floors_(root_ / "framework" / "floors.txt") {
    for (const fs::path& file : sources_below(root_ / "framework")) judge(file, true);
    for (const fs::path& file : sources_below(root_ / "plugins")) judge(file, false);
  }

  std::size_t includes() const { return includes_; }
  const std::vector<std::string>& findings() const { return findings_; }

 private:
  void judge(const fs::path& file, bool framework) {
    static const std::regex directive(R"re(^\s*(#|%:|\?\?=)\s*include(_next)?\b\s*(.*)$)re");
    static const std::regex plain(R"re(^(["<])([^">]+)[">]\s*(//.*|/\*.*)?$)re");
    std::size_t number = 0;
    for (const std::string& line : lines_of(file)) {
      ++number;
      std::smatch match, target;
      if (!std::regex_match(line, match, directive)) continue;
      const std::string rest = match[3];
      if (!std::regex_match(rest, target, plain)) {
        report(file, number, rest, "is written so that nobody can tell what it includes");
        continue;
      }
      ++includes_;
      judge(file, number, target[2], target[1] == "\"", framework);
    }
  }

  void judge(const fs::path& file, std::size_t line, const std::string& name, bool quoted, bool framework) {
    const fs::path base = root_ / "framework";
    fs::path found;
    if (quoted && fs::exists(file.parent_path() / name)) {
      found = fs::relative((file.parent_path() / name).lexically_normal(), base);
    } else if (name.starts_with("offload/")) {
      found = fs::path("sdk") / "include" / name;
    } else if (fs::exists(base / name) || floors_.knows(fs::path(name).begin()->string())) {
      found = fs::path(name).lexically_normal();
    } else {
      return;  // of the system, of a library or of another tree
    }
    const std::string room = found.begin()->string();
    if (room == "..") {
      if (framework) report(file, line, name, "leaves framework/");
      return;
    }
    if (!fs::exists(base / found)) return report(file, line, name, "is not there");
    if (!framework) {
      if (room != "sdk") report(file, line, name, "plugins see sdk alone");
      return;
    }
    judge(file, line, name, Place(fs::relative(file, base)), Place(found));
  }

  void judge(const fs::path& file, std::size_t line, const std::string& name, const Place& from,
             const Place& to) {
    if (!floors_.knows(from.room) || !floors_.knows(to.room)) {
      return report(file, line, name, "concerns a room that is not in floors.txt");
    }
    if (from.room != to.room) {
      if (floors_.of(to.room) >= floors_.of(from.room)) report(file, line, name, "goes up or sideways");
      return;
    }
    if (!floors_.divides(from.room) || from.inner == to.inner) return;
    if (!floors_.knows(from.inner) || !floors_.knows(to.inner)) {
      return report(file, line, name, "concerns a part of a room that is not in floors.txt");
    }
    if (floors_.of(to.inner) >= floors_.of(from.inner))
      report(file, line, name, "goes up or sideways in its room");
  }

  void report(const fs::path& file, std::size_t line, const std::string& name, const std::string& what) {
    findings_.push_back(fs::relative(file, root_).string() + ":" + std::to_string(line) + ": include of " +
                        name + " " + what);
  }

  fs::path root_;
  Floors floors_;
  std::size_t includes_ = 0;
  std::vector<std::string> findings_;
};

TEST(Rooms, IncludesGoDown) {
  const Judge judge(OFFLOAD_SOURCE_DIR);
  EXPECT_GT(judge.includes(), 1000u);
  EXPECT_THAT(judge.findings(), IsEmpty());
}

// A small house: files below core, report divided in two.
class PlantedIncludes : public ::testing::Test {
 protected:
  void SetUp() override {
    write("framework/floors.txt", "# rooms\nsdk\ncore\nfiles process\nreport\n\nreport/text\nreport/\n");
    write("framework/sdk/include/offload/abi.h", "");
    write("framework/core/value.hpp", "#include <offload/abi.h>\n#include <vector>\n");
    write("framework/files/file.hpp", "#include \"core/value.hpp\"\n#include \"files/other.hpp\"\n");
    write("framework/files/other.hpp", "");
    write("framework/process/child.hpp", "");
    write("framework/report/report.hpp", "#include \"report/text/text.hpp\"\n");
    write("framework/report/text/text.hpp", "#include \"files/file.hpp\"\n");
    write("plugins/agents/one/one.cpp", "#include <offload/abi.h>\n#include \"helper.hpp\"\n");
    write("plugins/agents/one/helper.hpp", "");
  }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  // What is found when `file` holds `line` alone.
  std::vector<std::string> with(const std::string& file, const std::string& line) const {
    write(file, line + "\n");
    return Judge(folder_.path()).findings();
  }

  test::TemporaryFolder folder_;
};

TEST_F(PlantedIncludes, NoneIsFoundInAHouseInOrder) {
  EXPECT_THAT(Judge(folder_.path()).findings(), IsEmpty());
}

TEST_F(PlantedIncludes, UpwardInAnySpelling) {
  for (const char* line : {"#include \"report/report.hpp\"", "#include <report/report.hpp>",
                           "  #  include \"report/report.hpp\"", "#include \"../report/report.hpp\"",
                           "#include \"files/../report/report.hpp\" // for a name"}) {
    EXPECT_THAT(with("framework/files/file.hpp", line), Contains(HasSubstr("goes up or sideways"))) << line;
  }
}

TEST_F(PlantedIncludes, Sideways) {
  EXPECT_THAT(with("framework/files/file.hpp", "#include \"process/child.hpp\""),
              Contains("framework/files/file.hpp:1: include of process/child.hpp goes up or sideways"));
}

TEST_F(PlantedIncludes, UpwardWithinARoom) {
  EXPECT_THAT(with("framework/report/text/text.hpp", "#include \"report/report.hpp\""),
              Contains(HasSubstr("goes up or sideways in its room")));
}

TEST_F(PlantedIncludes, OutOfTheHouseAndIntoNothing) {
  EXPECT_THAT(with("framework/files/file.hpp", "#include \"../../plugins/agents/one/helper.hpp\""),
              Contains(HasSubstr("leaves framework/")));
  EXPECT_THAT(with("framework/files/file.hpp", "#include \"core/gone.hpp\""),
              Contains(HasSubstr("is not there")));
  EXPECT_THAT(with("framework/files/file.hpp", "#include OFFLOAD_HEADER"),
              Contains(HasSubstr("nobody can tell")));
}

TEST_F(PlantedIncludes, OfARoomWithoutAFloor) {
  write("framework/attic/box.hpp", "");
  EXPECT_THAT(with("framework/report/report.hpp", "#include \"attic/box.hpp\""),
              Contains(HasSubstr("not in floors.txt")));
}

TEST_F(PlantedIncludes, OfTheFrameworkByAPlugin) {
  EXPECT_THAT(with("plugins/agents/one/one.cpp", "#include \"core/value.hpp\""),
              Contains(HasSubstr("plugins see sdk alone")));
  EXPECT_THAT(with("plugins/agents/one/one.cpp", "#include \"../../../framework/core/value.hpp\""),
              Contains(HasSubstr("plugins see sdk alone")));
}

TEST(Rooms, StaySmall) {
  const fs::path framework = fs::path(OFFLOAD_SOURCE_DIR) / "framework";
  std::map<std::string, std::size_t> lines;
  std::map<std::string, std::set<std::string>> subjects;
  for (const fs::path& file : sources_below(framework)) {
    const std::size_t count = lines_of(file).size();
    EXPECT_LE(count, kFileLinesMost) << file;
    const fs::path folder = fs::relative(file.parent_path(), framework);
    lines[folder.string()] += count;
    subjects[folder.string()].insert(file.stem().string());
  }
  for (const auto& [folder, names] : subjects) {
    if (folder != "cli") {
      EXPECT_LE(names.size(), kSubjectsMost) << folder;
    }
    EXPECT_LE(lines[folder], kRoomLinesMost) << folder;
  }
}

TEST(Rooms, SayWhatLivesThere) {
  const fs::path framework = fs::path(OFFLOAD_SOURCE_DIR) / "framework";
  const Floors floors(framework / "floors.txt");
  for (const auto& entry : fs::directory_iterator(framework)) {
    if (!entry.is_directory()) continue;
    EXPECT_TRUE(floors.knows(entry.path().filename().string())) << entry.path();
    const std::vector<std::string> text = lines_of(entry.path() / "README.md");
    EXPECT_GE(text.size(), 3u) << entry.path() << ": README.md says in a paragraph what lives there";
  }
}

}  // namespace
}  // namespace offload
