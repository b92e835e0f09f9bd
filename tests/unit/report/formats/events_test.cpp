#include "report/formats/events.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <sstream>

#include "report/report.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char c : bytes) text += fmt::format("{:02x}", c);
  return text;
}

template <typename T>
T little_endian(const std::string& bytes, std::size_t at) {
  T value = {};
  EXPECT_LE(at + sizeof value, bytes.size());
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::uint32_t unmasked(std::uint32_t crc) { return std::rotl(crc - 0xa282ead8U, 15); }

// The payloads of a file's records, every checksum verified.
std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < file.size();) {
    const auto length = static_cast<std::size_t>(little_endian<std::uint64_t>(file, at));
    EXPECT_EQ(unmasked(little_endian<std::uint32_t>(file, at + 8)), crc32c(file.substr(at, 8)));
    all.push_back(file.substr(at + 12, length));
    EXPECT_EQ(unmasked(little_endian<std::uint32_t>(file, at + 12 + length)), crc32c(all.back()));
    at += 16 + length;
  }
  return all;
}

// A reader of protocol buffers: the next field's number, and its bytes or value.
struct Fields {
  const std::string& bytes;
  std::size_t at = 0;

  bool more() const { return at < bytes.size(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.at(at++));
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
  }
  std::string text() {
    const auto length = static_cast<std::size_t>(varint());
    at += length;
    return bytes.substr(at - length, length);
  }
};

CurvePoint parse(const std::string& event) {
  CurvePoint point;
  Fields fields{event};
  while (fields.more()) {
    const std::uint64_t tag = fields.varint();
    if (tag == 9) {
      EXPECT_EQ(little_endian<double>(event, fields.at), 0);
      fields.at += 8;
    } else if (tag == 16) {
      point.step = static_cast<std::int64_t>(fields.varint());
    } else {
      EXPECT_EQ(tag, 42u);
      const std::string summary = fields.text();
      for (Fields values{summary}; values.more();) {
        EXPECT_EQ(values.varint(), 10u);
        const std::string value = values.text();
        Fields parts{value};
        EXPECT_EQ(parts.varint(), 10u);
        const std::string name = parts.text();
        EXPECT_EQ(parts.varint(), 21u);
        point.values[name] = little_endian<float>(value, parts.at);
      }
    }
  }
  return point;
}

TEST(Events, ChecksumOfTheStandardsExample) { EXPECT_EQ(crc32c("123456789"), 0xe3069283U); }

TEST(Events, RecordIsTheGoldenOne) {
  const std::string golden = "1700000000000000e7cef81e09000000000000f03f10072a0a0a080a0161150000003f35e3065a";
  const std::string event = scalar_event(1, {7, {{"a", .5}}});
  EXPECT_EQ(hex(event), golden.substr(24, 46));
  const std::string file = event_file({{7, {{"a", .5}}}});
  const std::vector<std::string> all = records(file);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");
  // The golden record differs from the file's last one in the wall time and so in the checksum alone.
  EXPECT_EQ(hex(file.substr(file.size() - 39, 12)), golden.substr(0, 24));
  EXPECT_EQ(hex(all[1].substr(9)), golden.substr(42, 28));
  std::uint32_t golden_crc = 0x5a06e335;
  EXPECT_EQ(unmasked(golden_crc), crc32c(event));
}

TEST(Events, ReportWritesCurvesThatReadBack) {
  const example::TemporaryFolder folder;
  const ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  contents.trials[0].training.curve = {{300, {{"loss", .25}, {"reward/open", -1.5}}}, {70000, {{"loss", 2}}}};
  const std::string row = contents.trials[0].row, split = contents.trials[0].split;
  write_report(folder.path(), make_report(plan, contents));
  std::ifstream in(event_path(folder.path(), row, split), std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  const std::vector<std::string> all = records(bytes.str());
  ASSERT_EQ(all.size(), 3u);
  for (std::size_t i = 0; i < 2; ++i) {
    const CurvePoint point = parse(all[i + 1]);
    EXPECT_EQ(point.step, contents.trials[0].training.curve[i].step);
    EXPECT_EQ(point.values, contents.trials[0].training.curve[i].values);
  }
}

TEST(Events, NamesStayInsideTheFolder) {
  EXPECT_EQ(event_path("d", "rc-ppo", "r0f0"), "d/events/rc-ppo/r0f0/events.out.tfevents.offload");
  const std::string odd = event_path("d", "../x", "..").string();
  EXPECT_EQ(odd.find("/../"), std::string::npos) << odd;
  EXPECT_NE(event_path("d", "a/b", "s"), event_path("d", "a_b", "s"));
  EXPECT_NE(event_path("d", "a/b", "s"), event_path("d", "a:b", "s"));
}

}  // namespace
}  // namespace offload
