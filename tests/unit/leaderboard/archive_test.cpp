// What a bundle's archive may not be: forty ways to write one that reaches out of its folder, is more than it
// seems, or says two things at once. Each is made by hand, byte by byte, beside the plain one that is taken.
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <fstream>
#include <functional>

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "leaderboard/bundle/bundle.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::HasSubstr;

// A header of 512 bytes as POSIX has it, and the data behind it.
struct TarEntry {
  std::string name, data = {};
  char type = '0';
  std::string link = {}, size = {};  // size: as the header says it, in octal; empty: that of the data
  int mode = 0644;
};

std::string octal(std::uint64_t value, int digits) { return fmt::format("{:0{}o}", value, digits); }

std::string tar_entry(const TarEntry& entry) {
  std::string head(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { head.replace(at, text.size(), text); };
  put(0, entry.name.substr(0, 100));
  put(100, octal(static_cast<std::uint64_t>(entry.mode), 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, entry.size.empty() ? octal(entry.data.size(), 11) : entry.size);
  put(136, octal(0, 11));
  put(148, "        ");
  head[156] = entry.type;
  put(157, entry.link.substr(0, 100));
  put(257, std::string("ustar\0", 6) + "00");
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6) + std::string("\0 ", 2));
  std::string data = entry.data;
  data.resize((data.size() + 511) / 512 * 512, '\0');
  return head + data;
}

std::string tar(const std::vector<TarEntry>& entries) {
  std::string bytes;
  for (const TarEntry& entry : entries) bytes += tar_entry(entry);
  return bytes + std::string(1024, '\0');
}

// "LENGTH KEY=VALUE\n", whose length counts itself.
std::string pax_record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "taken";
}

class Archive : public ::testing::Test {
 protected:
  std::string of(const std::string& bytes, const ArchiveLimits& limits = {}) const {
    const fs::path out = folder_ / "out";
    fs::remove_all(out);
    const fs::path file = folder_.write("b.tar", bytes);
    return refusal([&] { unpack_archive(file, out, limits); });
  }
  std::string of(const std::vector<TarEntry>& entries) const { return of(tar(entries)); }

  // Nothing lies beside the folder that was unpacked into.
  void TearDown() override {
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      EXPECT_THAT(entry.path().filename().string(), testing::AnyOf("out", "b.tar", "packed")) << entry.path();
  }
  TemporaryFolder folder_;
};

TEST_F(Archive, TakesPlainFilesAndFolders) {
  const std::string bytes = gzip(tar({{"a/", "", '5'}, {"a/b.txt", "hello"}, {"c", ""}}));
  const ArchivedFiles files = unpack_archive(folder_.write("b.tar", bytes), folder_ / "out");
  EXPECT_EQ(files, (ArchivedFiles{{"a/b.txt", {5, sha256_of("hello")}}, {"c", {0, sha256_of("")}}}));
  EXPECT_EQ(fs::status(folder_ / "out/a/b.txt").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Archive, WhatIsPackedIsTakenAndAlwaysTheSameBytes) {
  std::ofstream(folder_ / "out") << "of a file";
  const std::vector<PackedFile> files = {{"manifest.json", {}, "{}"}, {"results/x", folder_ / "out"}};
  pack_archive(files, folder_ / "packed");
  const std::string first = sha256_of_file(folder_ / "packed");
  pack_archive(files, folder_ / "packed");
  EXPECT_EQ(sha256_of_file(folder_ / "packed"), first);
  fs::remove(folder_ / "out");
  const ArchivedFiles unpacked = unpack_archive(folder_ / "packed", folder_ / "out");
  EXPECT_EQ(unpacked.at("results/x").sha256, sha256_of("of a file"));
}

TEST_F(Archive, RefusesPathsThatLeadElsewhere) {
  const std::pair<std::string, const char*> paths[] = {
      {"/etc/x", "absolute"},       {"../x", "goes up"},          {"a/../../x", "goes up"},
      {"a/..", "goes up"},          {"./x", "begins with '.'"},   {"a//b", "empty part"},
      {".hidden", "begins with"},   {"-rf", "begins with"},       {"a/.git/config", "begins with"},
      {"a\\b", "characters other"}, {"a\nb", "characters other"}, {"a\x1b[31m", "characters other"},
      {"a:b", "characters other"},  {"caf\xc3\xa9", ""},          {"con.", "ends with"},
      {"name ", "ends with"},       {"a*", "characters other"},   {"a/b/c/d/e/f/g/h/i/j/k/l/m", "deeper"},
  };
  for (const auto& [path, words] : paths) {
    const std::string said = of({{path, "x"}});
    EXPECT_NE(said, "taken") << path;
    EXPECT_THAT(said, HasSubstr(words)) << path;
  }
  const std::string long_name = std::string(150, 'n') + "/" + std::string(150, 'm');
  EXPECT_THAT(of({{"", pax_record("path", long_name), 'x'}, {"short", "x"}}), HasSubstr("more than 300"));
  EXPECT_THAT(of({{"", pax_record("path", "../up"), 'x'}, {"short", "x"}}), HasSubstr("goes up"));
  EXPECT_THAT(of({{"././@LongLink", "/etc/passwd", 'L'}, {"short", "x"}}), HasSubstr("absolute"));
}

TEST_F(Archive, RefusesWhatIsNoFileAndNoFolder) {
  const std::pair<char, const char*> types[] = {
      {'1', "link"}, {'2', "link"}, {'3', "neither"}, {'4', "neither"}, {'6', "neither"}};
  for (const auto& [type, words] : types)
    EXPECT_THAT(of({{"x", "", type, "/etc/passwd"}}), HasSubstr(words)) << type;
  EXPECT_THAT(of({{"", pax_record("linkpath", "/etc"), 'x'}, {"x", "", '2', "y"}}), HasSubstr("link"));
}

TEST_F(Archive, RefusesHolesAndAttributes) {
  const std::string sparse = pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                             pax_record("GNU.sparse.name", "x") +
                             pax_record("GNU.sparse.realsize", "1000000000");
  EXPECT_NE(of({{"", sparse, 'x'}, {"x", std::string("1\n0\n5\n") + std::string(506, '\0') + "hello"}}),
            "taken");
  EXPECT_THAT(of({{"", pax_record("SCHILY.xattr.user.a", "b"), 'x'}, {"x", "1"}}), HasSubstr("attributes"));
}

// What other readers of tar would take for something else, or for more.
TEST_F(Archive, RefusesWhatFewReadersKnow) {
  for (const char type : {'M', 'V'}) EXPECT_NE(of({{"x", "1", type}}), "taken") << type;
  const std::string old_map = pax_record("GNU.sparse.size", "1000000") +
                              pax_record("GNU.sparse.numblocks", "1") +
                              pax_record("GNU.sparse.map", "999999,1");
  EXPECT_NE(of({{"", old_map, 'x'}, {"x", "1"}}), "taken");
  EXPECT_THAT(of({{"x", "1"}, {"y", "12345", '1', "x"}}), HasSubstr("link"));
  EXPECT_NE(of({{"", pax_record("path", "caf\xff"), 'x'}, {"x", "1"}}), "taken");
  EXPECT_NE(of({{"", "30 path", 'x'}, {"x", "1"}}), "taken") << "a record that ends before its length";
  EXPECT_THAT(of({{"", pax_record("path", std::string(256, 'n')), 'x'}, {"x", "1"}}), HasSubstr("255 bytes"));
  EXPECT_NE(of({{"././@LongLink", std::string(2 << 20, 'n'), 'L'}, {"x", "1"}}), "taken");
  EXPECT_NE(of({{"", pax_record("comment", std::string(4 << 20, ' ')), 'x'}, {"x", "1"}}), "taken")
      << "a head that fills the memory";
}

// A kind that nobody knows is a plain file, as POSIX has it, and a name ends where every reader ends it.
TEST_F(Archive, TakesNoMoreThanNameAndBytes) {
  const auto is = [&](const std::vector<TarEntry>& entries, const char* name) {
    fs::remove_all(folder_ / "out");
    const ArchivedFiles files = unpack_archive(folder_.write("b.tar", tar(entries)), folder_ / "out");
    EXPECT_EQ(files, (ArchivedFiles{{name, {1, sha256_of("1")}}}));
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder_ / "out" / name)));
  };
  for (const char type : {'S', 'N', 'Z', '7'}) is({{"x", "1", type, "/etc/passwd"}}, "x");
  is({{"", pax_record("path", std::string("a\0/../../b", 10)), 'x'}, {"x", "1"}}, "a");
}

TEST_F(Archive, CountsFoldersThatNobodyNamed) {
  ArchiveLimits limits;
  limits.entries = 12;
  EXPECT_EQ(of(tar({{"a/b/c/d/x", "1"}, {"a/b/c/d/y", "1"}}), limits), "taken");
  EXPECT_THAT(of(tar({{"a/b/c/d/x", "1"}, {"e/f/g/h/i/j/k/y", "1"}}), limits),
              HasSubstr("more than 12 entries"));
}

TEST_F(Archive, RefusesWhatIsThereTwice) {
  EXPECT_THAT(of({{"x", "1"}, {"x", "2"}}), HasSubstr("there twice"));
  EXPECT_THAT(of({{"x", "1"}, {"x/y", "2"}}), HasSubstr("below a file"));
  EXPECT_THAT(of({{"x/y", "1"}, {"x", "2"}}), HasSubstr("there twice"));
}

TEST_F(Archive, RefusesBombs) {
  ArchiveLimits limits;
  limits.bytes = 1000;
  EXPECT_THAT(of(tar({{"x", std::string(1001, 'x')}}), limits), HasSubstr("beyond 1000 bytes"));
  EXPECT_THAT(of(tar({{"x", std::string(600, 'x')}, {"y", std::string(600, 'x')}}), limits),
              HasSubstr("beyond 1000 bytes"));
  EXPECT_THAT(of(gzip(tar({{"x", std::string(kRatioFree + 4096, '\0')}}))), HasSubstr("times its size"));
  EXPECT_THAT(of(gzip(gzip(tar({{"x", "x"}})))), HasSubstr("more than once"));
  std::string layers = tar({{"x", std::string(1 << 20, '\0')}});
  for (int i = 0; i < 20; ++i) layers = gzip(layers);
  EXPECT_NE(of(layers), "taken");
  limits = {};
  limits.entries = 2;
  EXPECT_THAT(of(tar({{"a", ""}, {"b", ""}, {"c", ""}}), limits), HasSubstr("more than 2 entries"));
  limits.packed_bytes = 100;
  EXPECT_THAT(of(tar({{"a", ""}}), limits), HasSubstr("at most 100"));
}

TEST_F(Archive, RefusesSizesThatAreNot) {
  EXPECT_NE(of({{"x", "x", '0', "", "77777777777"}}), "taken");
  EXPECT_NE(of({{"x", "x", '0', "", std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x85")}}),
            "taken");
  EXPECT_NE(of({{"", pax_record("size", "99999999999999999999999"), 'x'}, {"x", "x"}}), "taken");
}

TEST_F(Archive, RefusesWhatIsCutOrNoArchive) {
  const std::string whole = gzip(tar({{"x", std::string(5000, 'x')}}));
  EXPECT_NE(of(whole.substr(0, whole.size() / 2)), "taken");
  EXPECT_NE(of(tar({{"x", std::string(5000, 'x')}}).substr(0, 2000)), "taken");
  EXPECT_NE(of(std::string("PK\x03\x04 a zip")), "taken");
  EXPECT_NE(of(std::string("#!/bin/sh\n")), "taken");
  EXPECT_THAT(refusal([&] { unpack_archive("/dev/zero", folder_ / "out"); }),
              HasSubstr("not a regular file"));
}

// A bundle's own rules on top of that.
class Bundle : public ::testing::Test {
 protected:
  BundleManifest manifest() const {
    BundleManifest one;
    one.entrant = "somebody";
    one.task = "task";
    one.version = "0.1.0";
    for (const auto& [path, text] : files_) one.files[path] = {text.size(), sha256_of(text)};
    return one;
  }
  std::string of(const std::string& manifest_text) const {
    std::vector<PackedFile> packed = {{"manifest.json", {}, manifest_text}};
    for (const auto& [path, text] : files_) packed.push_back({path, {}, text});
    pack_archive(packed, folder_ / "bundle");
    fs::remove_all(folder_ / "in");
    return refusal([&] { unpack_bundle(folder_ / "bundle", folder_ / "in"); });
  }
  std::string now() const { return of(to_json(manifest())); }
  std::string with(const std::string& path, const std::string& text) {
    const auto before = files_;
    files_[path] = text;
    const std::string said = now();
    files_ = before;
    return said;
  }

  std::map<std::string, std::string> files_ = {{"results/suite.toml", "[suite]\n"},
                                               {"results/suite.json", "{}"}};
  TemporaryFolder folder_;
};

TEST_F(Bundle, TakesWhatItsManifestSays) { EXPECT_EQ(now(), "taken"); }

TEST_F(Bundle, RefusesWhatItsManifestDoesNotSay) {
  BundleManifest other = manifest();
  other.files["results/suite.json"].sha256 = sha256_of("else");
  EXPECT_THAT(of(to_json(other)), HasSubstr("not what the manifest says"));
  other = manifest();
  other.files["results/suite.json"].bytes = 3;
  EXPECT_THAT(of(to_json(other)), HasSubstr("not what the manifest says"));
  other = manifest();
  other.files.erase("results/suite.json");
  EXPECT_THAT(of(to_json(other)), HasSubstr("not what the manifest says"));
  other = manifest();
  other.files["results/trials/x.json"] = {1, sha256_of("x")};
  EXPECT_THAT(of(to_json(other)), HasSubstr("is missing"));
  EXPECT_THAT(of("{"), HasSubstr("manifest.json"));
  files_.erase("results/suite.toml");
  EXPECT_THAT(now(), HasSubstr("is missing"));
}

TEST_F(Bundle, RefusesManifestsThatSayTwoThings) {
  const std::string whole = to_json(manifest());
  const auto with_text = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    EXPECT_NE(text.find(from), std::string::npos);
    return of(text.replace(text.find(from), from.size(), to));
  };
  EXPECT_NE(with_text("\"entrant\": \"somebody\"", "\"entrant\": \"somebody\", \"entrant\": \"another\""),
            "taken");
  const std::string hash = "\"sha256\": \"" + sha256_of("{}") + "\"";
  EXPECT_NE(with_text(hash, "\"sha256\": \"0\", " + hash), "taken");
  for (const char* bytes : {"-2", "2.0", "1e400", "18446744073709551618", "\"2\"", "true"})
    EXPECT_NE(with_text("\"bytes\": 2,", std::string("\"bytes\": ") + bytes + ","), "taken") << bytes;
  EXPECT_NE(of(std::string(100'000, '[')), "taken");
  EXPECT_THAT(of(whole + " "), HasSubstr("is not as `offload-bench submit` writes it"));
}

TEST_F(Bundle, RefusesFilesThatAreNoPartOfOne) {
  for (const char* path :
       {"board.sqlite", "results/report.html", "results/trials/a/b.json", "results/trials/x.so",
        "plugins/x.so", "source/x/CMakeLists.txt", "results/references/x.json"})
    EXPECT_THAT(with(path, "x"), HasSubstr("no part of a bundle")) << path;
}

TEST_F(Bundle, RefusesSuitesThatNameFilesOutsideIt) {
  for (const char* text :
       {"[[row]]\nplugin = \"/usr/lib/x.so\"\n", "[data]\nsplit = {folds = \"../../etc/passwd\"}\n",
        "[[row]]\ncheckpoint = \"inputs/../../x\"\n", "[data]\nsource = \"~/data.json\"\n",
        "[reward]\nplugin = \"/tmp/reward.so\"\n", "[a.b]\nc = [[\"/x\"]]\n"})
    EXPECT_THAT(with("results/suite.toml", text), HasSubstr("names a file outside the bundle")) << text;
  EXPECT_EQ(with("results/suite.toml", "[python]\ninterpreter = \"/usr/bin/python3\"\n"), "taken");
}

TEST_F(Bundle, RefusesEntrantsThatAreNoNames) {
  for (const std::string name : {"", " x", "<b>", "a\nb", "x ",
                                 "\xe2\x80\xae"
                                 "evil",
                                 "-x"}) {
    BundleManifest other = manifest();
    other.entrant = name;
    EXPECT_NE(of(to_json(other)), "taken") << name;
  }
  BundleManifest other = manifest();
  other.sources = {"../x"};
  EXPECT_THAT(of(to_json(other)), HasSubstr("ids of plugins"));
}

}  // namespace
}  // namespace offload
