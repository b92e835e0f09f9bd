#include "process/copies/nameless_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "process/copies/descriptors.hpp"

namespace offload {
namespace {

constexpr std::string_view kNameless = " (deleted)";  // what the system puts behind the name

[[noreturn]] void fail_here() {
  fail(ErrorKind::io, "cannot copy shared memory for an evaluation: {}", std::strerror(errno));
}

// A line of /proc/self/maps: `7f00-7f10 rw-s 00000000 00:01 1234   /dev/zero (deleted)`.
void add_mapping(std::string_view line, NamelessMemory& memory) {
  if (!line.ends_with(kNameless)) return;
  unsigned long begin = 0, end = 0, offset = 0, inode = 0;
  unsigned int major_number = 0, minor_number = 0;
  char rights[5] = {};
  if (std::sscanf(std::string(line).c_str(), "%lx-%lx %4s %lx %x:%x %lu", &begin, &end, rights, &offset,
                  &major_number, &minor_number, &inode) != 7) {
    return;
  }
  if (rights[3] != 's') return;
  const int protection = (rights[0] == 'r' ? PROT_READ : 0) | (rights[1] == 'w' ? PROT_WRITE : 0) |
                         (rights[2] == 'x' ? PROT_EXEC : 0);
  memory[{makedev(major_number, minor_number), inode}].mappings.push_back(
      {reinterpret_cast<char*>(begin), end - begin, static_cast<off_t>(offset), protection});  // NOLINT
}

void add_descriptor(int descriptor, NamelessMemory& memory) {
  if (!DescriptorFile(descriptor).leads_to().ends_with(kNameless)) return;
  struct stat status {};
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
    memory[{status.st_dev, status.st_ino}].descriptors.push_back(descriptor);
}

// False where not all of them could be read.
bool add_mappings(int maps, NamelessMemory& memory) {
  // A name has at most 4,096 bytes, of which the system writes some as four characters each.
  static constexpr std::size_t kLine = 5 * 4096;
  const std::unique_ptr<char[]> text(new char[kLine]);
  std::size_t kept = 0;
  while (kept < kLine) {
    const ssize_t size = read(maps, text.get() + kept, kLine - kept);
    if (size <= 0) return size == 0 && kept == 0;
    std::string_view lines(text.get(), kept + static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = lines.find('\n')) != lines.npos; lines.remove_prefix(end + 1))
      add_mapping(lines.substr(0, end), memory);
    kept = lines.size();
    std::memmove(text.get(), lines.data(), kept);
  }
  return false;
}

void write_all(int to, const char* bytes, std::size_t count, off_t offset) {
  while (count > 0) {
    const ssize_t written = pwrite(to, bytes, count, offset);
    if (written < 0 && errno == EFAULT) return;  // mapped beyond the object's end
    if (written <= 0) fail_here();
    bytes += written;
    offset += written;
    count -= static_cast<std::size_t>(written);
  }
}

void copy_file(int from, int to) {
  const std::unique_ptr<char[]> buffer(new char[std::size_t{1} << 20]);
  off_t offset = 0;
  for (ssize_t size = 0; (size = pread(from, buffer.get(), std::size_t{1} << 20, offset)) > 0; offset += size)
    write_all(to, buffer.get(), static_cast<std::size_t>(size), offset);
}

void copy_contents(const NamelessObject& object, int to) {
  for (const int descriptor : object.descriptors) {
    if ((fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_WRONLY) return copy_file(descriptor, to);
  }
  for (const NamelessObject::Mapping& mapping : object.mappings) {
    if ((mapping.protection & PROT_READ) == 0) mprotect(mapping.begin, mapping.size, PROT_READ);
    write_all(to, mapping.begin, mapping.size, mapping.offset);
  }
}

void put_in_place(int copy, const NamelessObject& object) {
  for (const NamelessObject::Mapping& mapping : object.mappings) {
    if (mmap(mapping.begin, mapping.size, mapping.protection, MAP_SHARED | MAP_FIXED, copy, mapping.offset) ==
        MAP_FAILED) {
      fail_here();
    }
  }
  for (const int descriptor : object.descriptors) {
    const off_t at = lseek(descriptor, 0, SEEK_CUR);
    // Opened anew, so that each has a place of its own in it.
    const int access = fcntl(descriptor, F_GETFL) & (O_ACCMODE | O_APPEND);
    const int own = open(DescriptorFile(copy).name(), access | O_CLOEXEC);
    if (own < 0 || lseek(own, at, SEEK_SET) < 0) fail_here();
    const int kept = (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0;
    if (dup3(own, descriptor, kept) < 0) fail_here();
    close(own);
  }
}

}  // namespace

std::size_t NamelessObject::size() const {
  std::size_t bytes = 0;
  for (const Mapping& mapping : mappings)
    bytes = std::max(bytes, static_cast<std::size_t>(mapping.offset) + mapping.size);
  struct stat status {};
  for (const int descriptor : descriptors) {
    if (fstat(descriptor, &status) == 0) bytes = std::max(bytes, static_cast<std::size_t>(status.st_size));
  }
  return bytes;
}

std::optional<NamelessMemory> nameless_memory() {
  NamelessMemory memory;
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) return std::nullopt;
  const bool all = add_mappings(maps, memory);
  close(maps);
  if (!all) return std::nullopt;
  const std::optional<std::vector<int>> descriptors = open_descriptors();
  if (!descriptors) return std::nullopt;
  for (const int descriptor : *descriptors) add_descriptor(descriptor, memory);
  return memory;
}

std::optional<NamelessMemory> nameless_memory_since(const NamelessMemory& before) {
  std::optional<NamelessMemory> memory = nameless_memory();
  if (memory) std::erase_if(*memory, [&](const auto& object) { return before.contains(object.first); });
  return memory;
}

std::size_t size_of(const NamelessMemory& memory) {
  std::size_t bytes = 0;
  for (const auto& [id, object] : memory) bytes += object.size();
  return bytes;
}

void take_over(const NamelessMemory& memory) {
  for (const auto& [id, object] : memory) {
    const int copy = memfd_create("offload-copy", MFD_CLOEXEC);
    if (copy < 0 || ftruncate(copy, static_cast<off_t>(object.size())) != 0) fail_here();
    copy_contents(object, copy);
    put_in_place(copy, object);
    close(copy);
  }
}

}  // namespace offload
