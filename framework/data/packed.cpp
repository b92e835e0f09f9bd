#include "data/packed.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <offload/random.hpp>

#include "core/environment/action_space.hpp"
#include "core/error.hpp"
#include "data/dataset.hpp"
#include "data/packed_outcomes.hpp"
#include "files/atomic_file.hpp"

namespace offload {
namespace {

constexpr std::array<char, 8> kMagic = {'O', 'F', 'F', 'L', 'P', 'A', 'C', 'K'};
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::size_t kHeaderBytes = sizeof(PackedHeader);
constexpr std::size_t kNamesMax = std::size_t{1} << 20;

// A fast sum against accidents, over four independent lanes; fed in pieces whose sizes, but for the last, are
// multiples of 32.
class Checksum {
 public:
  void update(std::string_view bytes) {
    for (; bytes.size() >= 32; bytes.remove_prefix(32)) {
      std::array<std::uint64_t, 4> words;
      std::memcpy(words.data(), bytes.data(), 32);
      for (std::size_t i = 0; i < 4; ++i) {
        lanes_[i] = (lanes_[i] ^ words[i]) * 0x9e3779b97f4a7c15ull;
        lanes_[i] ^= lanes_[i] >> 29;
      }
    }
    for (const char c : bytes) lanes_[0] = mix(lanes_[0] ^ static_cast<unsigned char>(c)) + 1;
  }
  std::uint64_t value() const { return stream(lanes_[0], lanes_[1], lanes_[2], lanes_[3]); }

 private:
  std::array<std::uint64_t, 4> lanes_ = {1, 2, 3, 4};
};

std::uint64_t header_checksum(const PackedHeader& header) {
  Checksum sum;
  sum.update({reinterpret_cast<const char*>(&header), offsetof(PackedHeader, header_checksum)});
  return sum.value();
}

template <typename T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// Zeros that bring a section to the alignment.
std::string_view padding(std::size_t bytes) {
  static constexpr char zeros[kPackedAlignment] = {};
  return {zeros, (kPackedAlignment - bytes % kPackedAlignment) % kPackedAlignment};
}

// Of a section as it lies in the file, padding included.
void add_section(Checksum& sum, std::string_view section) {
  const std::size_t whole = section.size() / kPackedAlignment * kPackedAlignment;
  sum.update(section.substr(0, whole));
  if (whole == section.size()) return;
  std::string last(section.substr(whole));
  last += padding(section.size());
  sum.update(last);
}

// The texts of a table, each behind its length.
std::string pack_names(const EpisodeTable& table) {
  std::string names;
  const auto add = [&](const std::string& text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    names.append(reinterpret_cast<const char*>(&size), sizeof size);
    names += text;
  };
  for (const std::string& task : table.tasks) add(task);
  add(table.sha256);
  add(table.source);
  return names;
}

// A file mapped read-only.
class Mapping {
 public:
  explicit Mapping(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status {};
    if (descriptor >= 0 && ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      data_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
    }
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (descriptor < 0 || data_ == MAP_FAILED) {
      fail(ErrorKind::io, "{}: cannot be mapped: {}", printable(file.native()), std::strerror(error));
    }
  }
  ~Mapping() {
    if (data_) ::munmap(data_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// Turns a mapped file into a table, trusting nothing in it.
class Opener {
 public:
  Opener(const std::filesystem::path& file, std::string_view bytes) : file_(file), bytes_(bytes) {}

  EpisodeTable table() {
    check_header();
    EpisodeTable table;
    table.modalities = static_cast<int>(header_.modalities);
    const std::size_t episodes = header_.episodes, turns = header_.turns;
    table.id = section<std::int64_t>(0, episodes);
    table.first_turn = section<std::uint64_t>(1, episodes + 1);
    table.task = section<std::uint8_t>(2, turns);
    const bool outcomes = header_.sections[kPackedLogSections].bytes != 0;
    table.action = section<std::uint16_t>(3, outcomes ? 0 : turns);
    table.score = section<double>(4, outcomes ? 0 : turns);
    table.raw_score = section<double>(5, outcomes ? 0 : turns);
    table.latency_s = section<double>(6, header_.sections[6].bytes == 0 ? 0 : turns);
    table.cost_usd = section<double>(7, header_.sections[7].bytes == 0 ? 0 : turns);
    table.association = section<double>(8, turns * header_.modalities);
    Checksum sum;
    sum.update(bytes_.substr(kHeaderBytes));
    require(sum.value() == header_.data_checksum, "its data do not have the checksum of its header");
    read_names(table);
    check_values(table);
    if (outcomes) read_outcomes(table);
    return table;
  }

 private:
  void require(bool holds, const char* fact) const {
    if (!holds) {
      fail(ErrorKind::data,
           "{}: not a usable packed data set: {}; delete it, it is made anew from its source",
           printable(file_.native()), fact);
    }
  }

  void check_header() {
    require(bytes_.size() >= kHeaderBytes, "it is shorter than a header");
    std::memcpy(&header_, bytes_.data(), sizeof header_);
    require(header_.magic == kMagic, "it is another kind of file");
    require(header_.byte_order == kByteOrder, "it is from a machine of another byte order");
    require(header_.version == kPackedVersion, "it is of another version");
    require(header_.header_checksum == header_checksum(header_), "its header is damaged");
    require(header_.file_bytes == bytes_.size(), "it was cut short or added to");
    require(header_.modalities <= static_cast<std::uint32_t>(kMaxModalities) && header_.tasks > 0 &&
                header_.tasks <= kTasksMax && header_.episodes > 0 && header_.episodes <= kEpisodesMax &&
                header_.turns <= header_.episodes * kTurnsMax,
            "a count is out of range");
  }

  template <typename T>
  std::span<const T> section(std::size_t index, std::size_t count) const {
    const std::string_view bytes = section_bytes(index);
    require(bytes.size() == count * sizeof(T), "a section has the wrong size");
    return {reinterpret_cast<const T*>(bytes.data()), count};
  }

  std::string_view section_bytes(std::size_t index) const {
    const auto [offset, bytes] = header_.sections[index];
    require(offset % kPackedAlignment == 0 && offset >= kHeaderBytes && offset <= bytes_.size() &&
                bytes <= bytes_.size() - offset,
            "a section lies outside the file");
    return bytes_.substr(offset, bytes);
  }

  void read_names(EpisodeTable& table) const {
    std::string_view names = section_bytes(9);
    require(names.size() <= kNamesMax, "its names are too long");
    const auto next = [&] {
      std::uint32_t size = 0;
      require(names.size() >= sizeof size, "its names are cut short");
      std::memcpy(&size, names.data(), sizeof size);
      names.remove_prefix(sizeof size);
      require(names.size() >= size, "its names are cut short");
      std::string text(names.substr(0, size));
      names.remove_prefix(size);
      return text;
    };
    for (std::uint32_t i = 0; i < header_.tasks; ++i) table.tasks.push_back(next());
    table.sha256 = next();
    table.source = next();
  }

  void read_outcomes(EpisodeTable& table) const {
    require(table.modalities == 0, "its outcomes have views");
    std::array<std::string_view, kPackedOutcomeSections> sections;
    for (std::size_t i = 0; i < sections.size(); ++i) sections[i] = section_bytes(kPackedLogSections + i);
    table.outcomes = unpack_outcomes(sections, table.turns(), printable(file_.native()),
                                     [&](bool holds, const char* fact) { require(holds, fact); });
  }

  // What indexes something else is in range, and every number is what the reader would have let through.
  void check_values(const EpisodeTable& table) const {
    bool lengths = table.first_turn.front() == 0 && table.first_turn.back() == table.turns();
    for (std::size_t e = 0; e < table.episodes(); ++e) {
      // Wraps to a large number where the order is broken.
      lengths &= table.first_turn[e + 1] - table.first_turn[e] - 1 < kTurnsMax;
    }
    require(lengths, "its episodes overlap");
    const std::size_t tasks = table.tasks.size(), actions = 1 + (std::size_t{1} << table.modalities);
    require(std::all_of(table.task.begin(), table.task.end(), [&](auto task) { return task < tasks; }),
            "a task is out of range");
    require(
        std::all_of(table.action.begin(), table.action.end(), [&](auto action) { return action < actions; }),
        "an action is out of range");
    for (const auto& amounts : {table.score, table.raw_score, table.latency_s, table.cost_usd}) {
      require(std::all_of(amounts.begin(), amounts.end(), [](double x) { return x >= 0 && x < INFINITY; }),
              "a score, time or cost is out of range");
    }
    require(std::all_of(table.association.begin(), table.association.end(),
                        [](double x) { return std::isfinite(x); }),
            "an association score is out of range");
  }

  const std::filesystem::path& file_;
  std::string_view bytes_;
  PackedHeader header_{};
};

}  // namespace

bool is_packed(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return false;
  std::array<char, kMagic.size()> start = {};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  return start == kMagic;
}

void seal(PackedHeader& header, std::string_view data) {
  Checksum sum;
  sum.update(data);
  header.data_checksum = sum.value();
  header.header_checksum = header_checksum(header);
}

void write_packed(const EpisodeTable& table, const std::filesystem::path& file) {
  const std::string names = pack_names(table);
  const PackedOutcomes outcomes(table.outcomes.get());
  std::array<std::string_view, kPackedSections> sections = {
      bytes_of(table.id),          bytes_of(table.first_turn),
      bytes_of(table.task),        bytes_of(table.action),
      bytes_of(table.score),       bytes_of(table.raw_score),
      bytes_of(table.latency_s),   bytes_of(table.cost_usd),
      bytes_of(table.association), names};
  std::ranges::copy(outcomes.sections, sections.begin() + kPackedLogSections);
  PackedHeader header{};
  header.magic = kMagic;
  header.version = kPackedVersion;
  header.byte_order = kByteOrder;
  header.episodes = table.episodes();
  header.turns = table.turns();
  header.modalities = static_cast<std::uint32_t>(table.modalities);
  header.tasks = static_cast<std::uint32_t>(table.tasks.size());
  std::uint64_t offset = kHeaderBytes;
  Checksum sum;
  for (std::size_t i = 0; i < kPackedSections; ++i) {
    header.sections[i] = {offset, sections[i].size()};
    add_section(sum, sections[i]);
    offset += sections[i].size() + padding(sections[i].size()).size();
  }
  header.file_bytes = offset;
  header.data_checksum = sum.value();
  header.header_checksum = header_checksum(header);

  AtomicFile out(file);
  out.write({reinterpret_cast<const char*>(&header), sizeof header});
  for (const std::string_view section : sections) {
    out.write(section);
    out.write(padding(section.size()));
  }
  out.commit();
}

EpisodeTable open_packed(const std::filesystem::path& file) {
  const auto mapping = std::make_shared<const Mapping>(file);
  EpisodeTable table = Opener(file, mapping->bytes()).table();
  table.owner = mapping;
  return table;
}

}  // namespace offload
