#include "plugin/image.hpp"

#include <elf.h>
#include <offload/abi.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::uintmax_t kLargestPlugin = std::uintmax_t{1} << 30;
constexpr std::string_view kEntryPrefix = "offload_entry_v";

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "add this processor's ELF machine number"
#endif

const char* machine_name(Elf64_Half machine) {
  switch (machine) {
    case EM_386:
      return "32-bit x86";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "32-bit ARM";
    case EM_AARCH64:
      return "ARM64";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "PowerPC";
    default:
      return "another processor";
  }
}

// The bytes of the file with reads that cannot leave it.
class Image {
 public:
  explicit Image(const std::filesystem::path& file) : name_(printable(file.string(), 400)) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!std::filesystem::exists(status)) {
      fail(ErrorKind::plugin, "{}: no such file; build the plugin or correct the path", name_);
    }
    if (!std::filesystem::is_regular_file(status)) {
      fail(ErrorKind::plugin, "{}: is not a file; name the plugin's .so", name_);
    }
    const auto size = std::filesystem::file_size(file, error);
    if (error || size > kLargestPlugin)
      fail(ErrorKind::plugin, "{}: is too large for a plugin (1 GiB)", name_);
    std::ifstream in(file, std::ios::binary);
    bytes_.resize(static_cast<std::size_t>(size));
    if (!in.read(bytes_.data(), static_cast<std::streamsize>(size))) {
      fail(ErrorKind::plugin, "{}: cannot be read: {}", name_, std::strerror(errno));
    }
  }

  const std::string& name() const { return name_; }
  std::string_view bytes() const { return bytes_; }
  bool contains(std::uint64_t offset, std::uint64_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }
  template <typename T>
  T read(std::uint64_t offset) const {
    if (!contains(offset, sizeof(T))) truncated();
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  [[noreturn]] void truncated() const {
    fail(ErrorKind::plugin, "{}: is cut off after {}; build or copy it again", name_,
         counted(bytes_.size(), "byte"));
  }

 private:
  std::string name_;
  std::string bytes_;
};

[[noreturn]] void refuse_non_elf(const Image& image) {
  const std::string_view head = image.bytes().substr(0, 512);
  if (head.empty()) fail(ErrorKind::plugin, "{}: is empty; build or copy it again", image.name());
  const bool text = std::all_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isprint(byte) != 0 || std::isspace(byte) != 0;
  });
  fail(ErrorKind::plugin, "{}: is a {} file, not a shared library; name the plugin's .so", image.name(),
       text ? "text" : "data");
}

Elf64_Ehdr checked_header(const Image& image) {
  const std::string_view bytes = image.bytes();
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) refuse_non_elf(image);
  const auto header = image.read<Elf64_Ehdr>(0);
  // Class and byte order stand before everything that depends on them.
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    fail(ErrorKind::plugin, "{}: is built for {}, this machine is {}; rebuild it here", image.name(),
         header.e_ident[EI_DATA] == ELFDATA2LSB ? machine_name(header.e_machine) : "another byte order",
         machine_name(kMachine));
  }
  if (header.e_type != ET_DYN) {
    fail(ErrorKind::plugin, "{}: is not a shared library; link it with -shared, or use offload_add_plugin",
         image.name());
  }
  return header;
}

void check_extents(const Image& image, const Elf64_Ehdr& header) {
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = image.read<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!image.contains(segment.p_offset, segment.p_filesz)) image.truncated();
  }
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = image.read<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_NOBITS && !image.contains(section.sh_offset, section.sh_size))
      image.truncated();
  }
}

std::string_view text_at(const Image& image, const Elf64_Shdr& strings, std::uint64_t offset) {
  if (offset >= strings.sh_size) return {};
  const std::string_view table = image.bytes().substr(strings.sh_offset, strings.sh_size);
  const std::string_view text = table.substr(offset);
  return text.substr(0, text.find('\0'));
}

// What follows offload_entry_v in the names of exported symbols: nothing, "1" (preferred), or another major.
std::optional<std::string> exported_major(const Image& image, const Elf64_Ehdr& header) {
  std::optional<std::string> found;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = image.read<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= header.e_shnum) continue;
    const auto strings = image.read<Elf64_Shdr>(header.e_shoff + section.sh_link * sizeof(Elf64_Shdr));
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
      const auto symbol = image.read<Elf64_Sym>(section.sh_offset + at);
      const std::string_view name = text_at(image, strings, symbol.st_name);
      if (symbol.st_shndx == SHN_UNDEF || !name.starts_with(kEntryPrefix)) continue;
      if (name == OFFLOAD_ENTRY_SYMBOL) return "1";
      found = printable(name.substr(kEntryPrefix.size()), 20);
    }
  }
  return found;
}

}  // namespace

void check_plugin_image(const std::filesystem::path& file) {
  const Image image(file);
  const Elf64_Ehdr header = checked_header(image);
  check_extents(image, header);
  if (header.e_phnum == 0) image.truncated();
  const auto major = exported_major(image, header);
  if (!major) {
    fail(ErrorKind::plugin,
         "{}: exports no " OFFLOAD_ENTRY_SYMBOL
         "; put OFFLOAD_AGENT or OFFLOAD_REWARD in one of its sources, or do not strip its section headers",
         image.name());
  }
  if (*major != "1") {
    fail(ErrorKind::plugin, "{}: built for plugin ABI {}, this host speaks {}; rebuild it against this SDK",
         image.name(), *major, OFFLOAD_ABI_MAJOR);
  }
}

}  // namespace offload
