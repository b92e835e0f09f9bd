#include "files/json_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <istream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <streambuf>

#include "files/file_kind.hpp"
#include "files/json_tokens.hpp"
#include "files/sha256.hpp"
#include "files/whole_number.hpp"

namespace offload {
namespace {

// Feeds the parser from a file, hashes what it feeds and counts what went by since the last event, so that
// one endless token cannot take endless memory.
class FileBytes : public std::streambuf {
 public:
  explicit FileBytes(const std::filesystem::path& file)
      : name_(printable(file.native())), buffer_(new char[kBuffer]) {
    // Not blocking, because opening a pipe would wait for a writer.
    descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
      const int error = errno;
      close();
      fail(ErrorKind::io, "{}: cannot be opened: {}", name_, std::strerror(error));
    }
    if (!S_ISREG(status.st_mode)) {
      close();
      fail(ErrorKind::data, "{}: not a regular file; give the JSON file itself", name_);
    }
  }
  ~FileBytes() override { close(); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::size_t position() const { return total_ - static_cast<std::size_t>(egptr() - gptr()); }
  void event() { last_event_ = position(); }
  std::string sha256() { return hash_.hex(); }

 protected:
  int_type underflow() override {
    if (total_ - last_event_ > kJsonTokenMax) {
      fail(ErrorKind::data, "{}: byte {}: a token or a gap longer than {} MiB", name_, last_event_,
           kJsonTokenMax >> 20);
    }
    ssize_t count;
    do {
      count = ::read(descriptor_, buffer_.get(), kBuffer);
    } while (count < 0 && errno == EINTR);
    if (count < 0) fail(ErrorKind::io, "{}: cannot be read: {}", name_, std::strerror(errno));
    const auto size = static_cast<std::size_t>(count);
    if (total_ == 0) refuse_start({buffer_.get(), size});
    hash_.update({buffer_.get(), size});
    total_ += size;
    filtered_.clear();
    if (size == 0) {
      tokens_.finish(filtered_);
    } else {
      tokens_.filter({buffer_.get(), size}, filtered_);
    }
    setg(filtered_.data(), filtered_.data(), filtered_.data() + filtered_.size());
    // A token may fill the whole buffer without an end.
    if (filtered_.empty()) return size == 0 ? traits_type::eof() : underflow();
    return traits_type::to_int_type(filtered_[0]);
  }

 private:
  void refuse_start(std::string_view bytes) const {
    if (bytes.empty()) fail(ErrorKind::data, "{}: the file is empty", name_);
    if (bytes.starts_with("\xef\xbb\xbf")) {
      fail(ErrorKind::data, "{}: byte 1: a byte order mark; save the file as UTF-8 without one", name_);
    }
    if (looks_like_csv(bytes)) {
      fail(ErrorKind::data,
           "{}: looks like CSV, where JSON is expected; a table of outcomes is named NAME.csv", name_);
    }
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  static constexpr std::size_t kBuffer = std::size_t{1} << 18;

  std::string name_, filtered_;
  std::unique_ptr<char[]> buffer_;  // not filled: a small file takes few of its pages
  JsonTokens tokens_;
  int descriptor_ = -1;
  std::size_t total_ = 0, last_event_ = 0;
  Sha256 hash_;
};

}  // namespace

// nlohmann's events, turned into a JsonHandler's, with the place kept beside.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonEvents(JsonHandler& handler, FileBytes& bytes) : handler_(handler), bytes_(bytes) {}

  bool null() override { return scalar({}); }
  bool boolean(bool value) override {
    return scalar({.type = JsonScalar::Type::boolean, .number = value ? 1.0 : 0.0});
  }
  bool number_integer(std::int64_t value) override {
    return scalar(
        {.type = JsonScalar::Type::integer, .number = static_cast<double>(value), .integer = value});
  }
  bool number_unsigned(std::uint64_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return number_integer(static_cast<std::int64_t>(value));
    }
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(double value, const std::string& text) override {
    return scalar({.type = JsonScalar::Type::number, .number = value, .text = text});
  }
  bool string(std::string& value) override {
    const std::string_view number = too_large_number(value);
    if (number.empty()) return scalar({.type = JsonScalar::Type::text, .text = value});
    return scalar({.type = JsonScalar::Type::number,
                   .number = std::numeric_limits<double>::infinity(),
                   .text = number});
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return begin(true); }
  bool start_array(std::size_t) override { return begin(false); }
  bool end_object() override { return end(true); }
  bool end_array() override { return end(false); }

  bool key(std::string& name) override {
    bytes_.event();
    if (ignored_ > 0) return true;
    // Cutting a longer name by bytes could leave half a character.
    handler_.path_.back().key = name.size() <= kKeyShown ? name : printable(name, kKeyShown);
    handler_.key(name);
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception& error) override {
    std::string text = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...; last read: '...'"
    const auto start = text.find("] ");
    if (start != std::string::npos) text.erase(0, start + 2);
    // It quotes the input, which may not be UTF-8.
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }, '?');
    handler_.refuse("byte {}: {}; the file is not valid JSON or was cut short", byte, printable(text));
  }

 private:
  static constexpr std::size_t kKeyShown = 64;

  // Enters the next element of the array at hand, if it is one.
  void advance() {
    bytes_.event();
    if (ignored_ == 0 && !handler_.path_.empty() && !handler_.path_.back().object) {
      ++handler_.path_.back().index;
    }
  }
  void check_ignored_size() const {
    if (bytes_.position() - ignored_from_ > kJsonTokenMax) {
      handler_.refuse("an unknown value larger than {} MiB; remove it", kJsonTokenMax >> 20);
    }
  }
  bool scalar(const JsonScalar& value) {
    advance();
    if (ignored_ > 0) {
      check_ignored_size();
    } else {
      handler_.scalar(value);
    }
    return true;
  }
  bool begin(bool object) {
    advance();
    if (handler_.depth() + ignored_ >= kJsonDepthMax) {
      handler_.refuse("nested deeper than {} levels", kJsonDepthMax);
    }
    if (ignored_ > 0) {
      ++ignored_;
      check_ignored_size();
    } else if (handler_.begin(object)) {
      handler_.path_.push_back({object, -1, {}});
    } else {
      ignored_ = 1;
      ignored_from_ = bytes_.position();
    }
    return true;
  }
  bool end(bool object) {
    bytes_.event();
    if (ignored_ > 0) {
      --ignored_;
    } else {
      handler_.path_.pop_back();
      handler_.end(object);
    }
    return true;
  }

  JsonHandler& handler_;
  FileBytes& bytes_;
  int ignored_ = 0;  // open arrays and objects of a value that does not matter
  std::size_t ignored_from_ = 0;
};

std::optional<std::int64_t> JsonScalar::whole() const {
  if (type == Type::integer) return integer;
  return type == Type::number ? whole_number(number) : std::nullopt;
}

std::string JsonScalar::unusable() const {
  if (type == Type::text && has_half_character(text))
    return "holds half of a character (a lone surrogate); write the whole one";
  if (type != Type::number) return {};
  if (std::isinf(number)) return "is too large for a number (at most 1.79e308)";
  if (number == 0 && is_nonzero_text(text.data(), text.data() + text.size()))
    return "is too small for a number (at least 4.94e-324); write 0 if it is meant";
  return {};
}

std::string JsonScalar::shown() const {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return number != 0 ? "true" : "false";
    case Type::integer:
      return fmt::format("{}", integer);
    case Type::number:
      return text.empty() ? fmt::format("{}", number) : printable(text, 60);
    case Type::text:
      return fmt::format("\"{}\"", printable(without_half_mark(text), 60));
  }
  return {};
}

std::string JsonHandler::pointer() const {
  if (path_.empty()) return "/";
  std::string pointer;
  for (const Level& level : path_) {
    pointer += '/';
    if (!level.object) {
      pointer += fmt::format("{}", std::max<std::int64_t>(level.index, 0));
      continue;
    }
    for (const char c : printable(level.key)) {
      pointer += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
    }
  }
  return pointer;
}

void JsonHandler::refuse_at(std::string_view pointer, std::string_view fact) const {
  fail(ErrorKind::data, "{}: {}: {}", file_, pointer, fact);
}

std::string read_json(const std::filesystem::path& file, JsonHandler& handler) {
  FileBytes bytes(file);
  std::istream stream(&bytes);
  JsonEvents events(handler, bytes);
  nlohmann::json::sax_parse(stream, &events);
  return bytes.sha256();
}

std::string json_text(std::string_view text) { return nlohmann::json(text).dump(); }

}  // namespace offload
