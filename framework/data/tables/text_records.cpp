#include "data/tables/text_records.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "data/tables/libcsv.hpp"
#include "files/file_kind.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Hands over a file's bytes up to and with each \n, or to the end; hashes them.
std::string for_each_line(const std::filesystem::path& file,
                          const std::function<void(std::string_view)>& piece) {
  // Not blocking, because opening a pipe would wait for a writer.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail_io(file, "cannot be opened");
  const struct Closing {
    int descriptor;
    ~Closing() { ::close(descriptor); }
  } closing{descriptor};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    fail(ErrorKind::data, "{}: not a regular file; give the file itself", printable(file.native()));
  Sha256 hash;
  std::string buffer(std::size_t{1} << 20, '\0'), rest;
  bool first = true;
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_io(file, "cannot be read");
    if (count == 0) break;
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    hash.update(bytes);
    if (first && bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    first = false;
    for (std::size_t end; (end = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(end + 1)) {
      if (rest.empty()) {
        piece(bytes.substr(0, end + 1));
      } else {
        rest += bytes.substr(0, end + 1);
        piece(rest);
        rest.clear();
      }
    }
    rest += bytes;
    if (rest.size() > kRecordMax) {
      fail(ErrorKind::data, "{}: a line longer than {} MiB; this is no table of texts",
           printable(file.native()), kRecordMax >> 20);
    }
  }
  if (first) fail(ErrorKind::data, "{}: the file is empty", printable(file.native()));
  if (!rest.empty()) piece(rest);
  return hash.hex();
}

// libcsv's events, gathered to records. It is C and must not be thrown through.
class CsvReader {
 public:
  CsvReader(std::string_view file, const CsvRecord& record) : place_{file, 1}, record_(record) {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    // Blanks around a field are part of it: "3 " is no number.
    csv_set_space_func(&parser_, [](unsigned char) { return 0; });
  }
  ~CsvReader() { csv_free(&parser_); }
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  void feed(std::string_view line) {
    ++lines_;
    bytes_ += line.size();
    if (lines_ == 1 && looks_like_json(line)) {
      place_.refuse("",
                    "looks like JSON, where CSV is expected; a table of one object a line is named "
                    "NAME.jsonl, a data set of episodes NAME.json");
    }
    if (bytes_ > kRecordMax)
      place_.refuse("", "a record longer than {} MiB; is a quote left open?", kRecordMax >> 20);
    if (csv_parse(&parser_, line.data(), line.size(), &CsvReader::field, &CsvReader::end, this) !=
        line.size()) {
      rethrow();
      place_.refuse("", "{}; quote the whole field and double the quotes within", reason());
    }
    rethrow();
  }
  void finish() {
    if (csv_fini(&parser_, &CsvReader::field, &CsvReader::end, this) != 0) {
      rethrow();
      place_.refuse("",
                    "a quote is open to the end of the file; the file was cut short or a quote is missing");
    }
    rethrow();
  }

 private:
  static void field(void* text, std::size_t size, void* self) {
    auto& reader = *static_cast<CsvReader*>(self);
    reader.texts_.append(static_cast<const char*>(text), size);
    reader.ends_.push_back(reader.texts_.size());
  }
  static void end(int, void* self) { static_cast<CsvReader*>(self)->record(); }

  void record() {
    fields_.clear();
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      fields_.push_back(std::string_view(texts_).substr(begin, end - begin));
      begin = end;
    }
    try {
      if (!thrown_) record_(place_, fields_);
    } catch (...) {
      thrown_ = std::current_exception();
    }
    texts_.clear();
    ends_.clear();
    bytes_ = 0;
    place_.line = lines_ + 1;
  }
  void rethrow() {
    if (thrown_) std::rethrow_exception(thrown_);
  }
  std::string_view reason() { return csv_strerror(csv_error(&parser_)); }

  csv_parser parser_{};
  RecordPlace place_;
  const CsvRecord& record_;
  std::uint64_t lines_ = 0;
  std::size_t bytes_ = 0;
  std::string texts_;
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> fields_;
  std::exception_ptr thrown_;
};

}  // namespace

void RecordPlace::refuse_text(std::string_view column, std::string_view fact) const {
  if (column.empty()) fail(ErrorKind::data, "{}:{}: {}", file, line, fact);
  fail(ErrorKind::data, "{}:{}: {}: {}", file, line, column, fact);
}

std::string read_csv(const std::filesystem::path& file, const CsvRecord& record) {
  const std::string name = printable(file.native());
  CsvReader reader(name, record);
  std::string hash = for_each_line(file, [&](std::string_view line) { reader.feed(line); });
  reader.finish();
  return hash;
}

std::string read_lines(const std::filesystem::path& file, const TextLine& line) {
  const std::string name = printable(file.native());
  RecordPlace place{name, 0};
  return for_each_line(file, [&](std::string_view text) {
    ++place.line;
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    if (!text.empty()) line(place, text);
  });
}

void append_csv(std::string& to, std::string_view text) {
  if (text.find_first_of("\",\r\n") == text.npos) {
    to += text;
    return;
  }
  to += '"';
  for (const char c : text) {
    if (c == '"') to += '"';
    to += c;
  }
  to += '"';
}

}  // namespace offload
