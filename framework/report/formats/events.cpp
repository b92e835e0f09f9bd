#include "report/formats/events.hpp"

#include "files/plain_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>

namespace offload {
namespace {

constexpr const char* kEventFile = "events.out.tfevents.offload";
constexpr std::string_view kFileVersion = "brain.Event:2";

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table = {};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0U);
    table[i] = crc;
  }
  return table;
}

template <typename Integer>
void add_little_endian(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

// Protocol buffers: the field numbers and wire types of tensorflow.Event, Summary and Summary.Value.
void add_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void add_bytes(std::string& out, char tag, std::string_view bytes) {
  out += tag;
  add_varint(out, bytes.size());
  out += bytes;
}

std::string event_start(double wall_s) {
  std::string event = "\x09";
  add_little_endian(event, std::bit_cast<std::uint64_t>(wall_s));
  return event;
}

void add_record(std::string& out, std::string_view data) {
  const auto masked = [](std::string_view bytes) {
    const std::uint32_t crc = crc32c(bytes);
    return std::rotr(crc, 15) + 0xa282ead8U;
  };
  std::string length;
  add_little_endian(length, static_cast<std::uint64_t>(data.size()));
  out += length;
  add_little_endian(out, masked(length));
  out += data;
  add_little_endian(out, masked(data));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

std::string scalar_event(double wall_s, const CurvePoint& point) {
  std::string summary;
  for (const auto& [tag, number] : point.values) {
    std::string value;
    add_bytes(value, '\x0a', tag);
    value += '\x15';
    add_little_endian(value, std::bit_cast<std::uint32_t>(static_cast<float>(number)));
    add_bytes(summary, '\x0a', value);
  }
  std::string event = event_start(wall_s) + '\x10';
  add_varint(event, static_cast<std::uint64_t>(point.step));
  add_bytes(event, '\x2a', summary);
  return event;
}

std::string event_file(const std::vector<CurvePoint>& curve) {
  std::string version = event_start(0);
  add_bytes(version, '\x1a', kFileVersion);
  std::string file;
  add_record(file, version);
  for (const CurvePoint& point : curve) add_record(file, scalar_event(0, point));
  return file;
}

std::filesystem::path event_path(const std::filesystem::path& folder, const std::string& row,
                                 const std::string& split) {
  return folder / "events" / file_name(row) / file_name(split) / kEventFile;
}

void remove_event_files(const std::filesystem::path& folder, const std::set<std::filesystem::path>& kept) {
  namespace fs = std::filesystem;
  std::vector<fs::path> gone;
  std::error_code error;
  for (fs::directory_iterator row(folder / "events", error), end; !error && row != end;
       row.increment(error)) {
    if (!fs::is_directory(row->symlink_status(error))) continue;
    for (fs::directory_iterator split(row->path(), error); !error && split != end; split.increment(error)) {
      const fs::path file = split->path() / kEventFile;
      if (fs::is_directory(split->symlink_status(error)) &&
          fs::is_regular_file(fs::symlink_status(file, error)) && !kept.contains(file)) {
        gone.push_back(file);
      }
    }
  }
  for (const fs::path& file : gone) {
    fs::remove(file, error);
    // Of folders only an empty one goes.
    fs::remove(file.parent_path(), error);
    fs::remove(file.parent_path().parent_path(), error);
  }
}

}  // namespace offload
