#include "leaderboard/bundle/archive.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "leaderboard/bundle/libarchive.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{1} << 16, kPartMost = 255;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int operator*() const { return number_; }

 private:
  int number_;
};

struct FreeRead {
  void operator()(struct archive* a) const { archive_read_free(a); }
};
struct FreeWrite {
  void operator()(struct archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
  void operator()(struct archive_entry* e) const { archive_entry_free(e); }
};

// Below `root` and through no link, whatever is there by now.
int open_below(int root, const std::string& path) {
  open_how how{};
  how.flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  how.mode = 0600;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

bool plain_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(" ._+-=,@#()").find(c) != std::string_view::npos;
}

class Unpacker {
 public:
  Unpacker(const fs::path& file, const fs::path& folder, const ArchiveLimits& limits)
      : shown_(printable(file.filename().native())),
        folder_(folder),
        limits_(limits),
        input_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
        archive_(archive_read_new()) {
    struct stat status {};
    if (*input_ < 0 || fstat(*input_, &status) != 0) fail_io(file, "cannot be read");
    if (!S_ISREG(status.st_mode)) fail(ErrorKind::data, "{}: not a regular file", shown_);
    packed_ = static_cast<std::uint64_t>(status.st_size);
    if (packed_ > limits.packed_bytes)
      fail(ErrorKind::data, "{}: {}; a bundle has at most {}", shown_, counted(packed_, "byte"),
           limits.packed_bytes);
    archive_read_support_filter_zstd(archive_.get());
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_format_tar(archive_.get());
    check(archive_read_open_fd(archive_.get(), *input_, kPiece), "is no tar archive of zstd or gzip");
  }

  ArchivedFiles unpack() {
    if (mkdir(folder_.c_str(), 0700) != 0) fail_io(folder_, "cannot make the folder");
    root_ =
        std::make_unique<Descriptor>(open(folder_.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (**root_ < 0) fail_io(folder_, "cannot be opened");
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) return std::move(files_);
      check(status, "is cut off or no tar archive");
      if (archive_filter_count(archive_.get()) > 2) refuse("", "is compressed more than once");
      count_entry();
      take(entry);
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& path, const std::string& fact) const {
    fail(ErrorKind::data, "{}: {}{}; make it by `offload-bench submit`", shown_,
         path.empty() ? "" : printable(path, 300) + ": ", fact);
  }
  // A warning is as good as an error: who packed by the rules gives rise to none.
  void check(int status, const char* fact) const {
    if (status == ARCHIVE_OK) return;
    const char* words = archive_error_string(archive_.get());
    refuse(path_, fmt::format("{} ({})", fact, printable(words == nullptr ? "no reason given" : words)));
  }

  // Folders that nobody named are entries, too: a file may lie in many.
  void count_entry() {
    if (++entries_ > limits_.entries)
      refuse("", fmt::format("has more than {}", counted(limits_.entries, "entry")));
  }

  void take(archive_entry* entry) {
    const char* name = archive_entry_pathname(entry);
    path_ = name == nullptr ? "" : name;
    if (name == nullptr) refuse("", "an entry's name cannot be read");
    const bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (folder && path_.ends_with('/')) path_.pop_back();
    if (const std::string problem = path_problem(path_, limits_); !problem.empty()) refuse(path_, problem);
    if (archive_entry_hardlink(entry) != nullptr) refuse(path_, "is a link");
    if (archive_entry_symlink(entry) != nullptr) refuse(path_, "is a link");
    if (!folder && archive_entry_filetype(entry) != AE_IFREG) refuse(path_, "is neither file nor folder");
    if (archive_entry_sparse_reset(entry) > 0) refuse(path_, "has holes");
    if (archive_entry_xattr_reset(entry) > 0 || archive_entry_acl_types(entry) != 0)
      refuse(path_, "has attributes beyond name and bytes");
    if (folder) return make_folders(path_);
    if (const std::size_t slash = path_.rfind('/'); slash != std::string::npos)
      make_folders(path_.substr(0, slash));
    if (folders_.contains(path_) || files_.contains(path_)) refuse(path_, "is there twice");
    write(entry);
  }

  void make_folders(const std::string& path) {
    for (std::size_t end = 0; end != std::string::npos;) {
      end = path.find('/', end + 1);
      const std::string part = path.substr(0, end);
      if (files_.contains(part)) refuse(path, "lies below a file");
      if (!folders_.insert(part).second) continue;
      count_entry();
      if (mkdirat(**root_, part.c_str(), 0700) != 0) fail_io(folder_ / part, "cannot make the folder");
    }
  }

  void write(archive_entry* entry) {
    if (archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0) refuse(path_, "has no size");
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (size > limits_.bytes - bytes_)
      refuse(path_, fmt::format("goes beyond {} in all", counted(limits_.bytes, "byte")));
    const Descriptor out(open_below(**root_, path_));
    if (*out < 0) fail_io(folder_ / path_, "cannot be created");
    Sha256 hash;
    std::uint64_t done = 0;
    std::string piece(kPiece, '\0');
    for (;;) {
      const la_ssize_t got = archive_read_data(archive_.get(), piece.data(), piece.size());
      if (got == 0) break;
      if (got < 0) check(static_cast<int>(got), "is cut off");
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
      count(bytes.size());
      done += bytes.size();
      hash.update(bytes);
      put(*out, bytes);
    }
    if (done != size)
      refuse(path_, fmt::format("has {} where its head says {}", counted(done, "byte"), size));
    files_[path_] = {size, hash.hex()};
  }

  void count(std::uint64_t more) {
    bytes_ += more;
    if (bytes_ > limits_.bytes)
      refuse(path_, fmt::format("goes beyond {} in all", counted(limits_.bytes, "byte")));
    if (bytes_ > kRatioFree && bytes_ / limits_.ratio > packed_)
      refuse(path_, fmt::format("unpacks to more than {} its size", counted(limits_.ratio, "time")));
  }

  void put(int out, std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(out, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_io(folder_ / path_, "cannot be written");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  std::string shown_, path_;
  fs::path folder_;
  const ArchiveLimits& limits_;
  Descriptor input_;
  std::unique_ptr<struct archive, FreeRead> archive_;
  std::unique_ptr<Descriptor> root_;
  std::uint64_t packed_ = 0, bytes_ = 0;
  std::size_t entries_ = 0;
  std::set<std::string> folders_;
  ArchivedFiles files_;
};

}  // namespace

std::string path_problem(std::string_view path, const ArchiveLimits& limits) {
  if (path.empty()) return "has no name";
  if (path.size() > limits.path)
    return fmt::format("has a name of more than {}", counted(limits.path, "byte"));
  if (path.front() == '/') return "is an absolute path";
  std::size_t depth = 0;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty()) return "has an empty part in its path";
    if (part == "..") return "goes up";
    if (part.size() > kPartMost) return fmt::format("has a part of more than {} bytes", kPartMost);
    if (part.front() == '.' || part.front() == '-') return "has a part that begins with '.' or '-'";
    if (part.back() == '.' || part.back() == ' ') return "has a part that ends with '.' or ' '";
    if (!std::ranges::all_of(part, plain_character))
      return "has characters other than letters, digits and ' ._+-=,@#()'";
    if (++depth > limits.depth) return fmt::format("lies deeper than {}", counted(limits.depth, "folder"));
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

ArchivedFiles unpack_archive(const fs::path& archive, const fs::path& folder, const ArchiveLimits& limits) {
  return Unpacker(archive, folder, limits).unpack();
}

namespace {

// libarchive's words for what it cannot write, which is what AtomicFile threw where that is at fault.
struct Output {
  AtomicFile file;
  std::exception_ptr error;
};

la_ssize_t write_output(struct archive* /*archive*/, void* output, const void* bytes, std::size_t size) {
  auto& out = *static_cast<Output*>(output);
  try {
    out.file.write({static_cast<const char*>(bytes), size});
    return static_cast<la_ssize_t>(size);
  } catch (...) {
    out.error = std::current_exception();
    return -1;
  }
}

void check_written(struct archive* archive, const Output& output, la_ssize_t status) {
  if (output.error) std::rethrow_exception(output.error);
  if (status < 0) fail(ErrorKind::io, "the bundle cannot be written: {}", archive_error_string(archive));
}

}  // namespace

void pack_archive(const std::vector<PackedFile>& files, const fs::path& file) {
  const ArchiveLimits limits;
  if (files.size() > limits.entries)
    fail(ErrorKind::data, "{}; a bundle has at most {}", counted(files.size(), "file"), limits.entries);
  Output output{AtomicFile(file), nullptr};
  const std::unique_ptr<struct archive, FreeWrite> archive(archive_write_new());
  archive_write_set_format_pax_restricted(archive.get());
  archive_write_add_filter_zstd(archive.get());
  archive_write_set_bytes_in_last_block(archive.get(), 1);
  check_written(archive.get(), output,
                archive_write_open(archive.get(), &output, nullptr, write_output, nullptr));
  std::uint64_t total = 0;
  for (const PackedFile& one : files) {
    if (const std::string problem = path_problem(one.path, limits); !problem.empty())
      fail(ErrorKind::data, "{}: {}; rename it", printable(one.path, 300), problem);
    const std::string bytes = one.file.empty() ? one.text : read_bounded(one.file, limits.bytes);
    total += bytes.size();
    if (total > limits.bytes)
      fail(ErrorKind::data, "{}: goes beyond the {} of a bundle", one.path, counted(limits.bytes, "byte"));
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), one.path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_mtime(entry.get(), 0, 0);
    check_written(archive.get(), output, archive_write_header(archive.get(), entry.get()));
    check_written(archive.get(), output, archive_write_data(archive.get(), bytes.data(), bytes.size()));
  }
  check_written(archive.get(), output, archive_write_close(archive.get()));
  output.file.commit();
}

}  // namespace offload
