#include "results/plan/listed_json.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "files/checked_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr std::size_t kRecognised = std::size_t{1}
                                    << 16;  // bytes by which a file that is no JSON is recognised

// A value from the parser's events.
class ValueBuilder {
 public:
  json& add(json value) {
    json* place = &root_;
    if (!open_.empty() && open_.back()->is_array()) {
      open_.back()->push_back(nullptr);
      place = &open_.back()->back();
    } else if (!open_.empty()) {
      place = member_;
    }
    *place = std::move(value);
    return *place;
  }
  void begin(json empty) { open_.push_back(&add(std::move(empty))); }
  void key(const std::string& name) { member_ = &(*open_.back())[name]; }
  void end() { open_.pop_back(); }

  bool whole() const { return open_.empty(); }
  std::size_t depth() const { return open_.size(); }
  json& root() { return root_; }

 private:
  json root_;
  std::vector<json*> open_;  // arrays and objects
  json* member_ = nullptr;   // of an open object, whose value comes next
};

// The parser's events as those of values.
class ValueEvents : public nlohmann::json_sax<json> {
 public:
  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(std::int64_t value) override { return scalar(value); }
  bool number_unsigned(std::uint64_t value) override { return scalar(value); }
  bool number_float(double value, const std::string&) override { return scalar(value); }
  bool string(std::string& value) override { return scalar(std::move(value)); }
  bool binary(json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return begin(json::object()); }
  bool start_array(std::size_t) override { return begin(json::array()); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

 protected:
  virtual bool scalar(json value) = 0;
  virtual bool begin(json empty) = 0;
  virtual bool end() = 0;
};

// What went wrong, as nlohmann's parser says it; its type says what kind it is of.
[[noreturn]] void refuse_text(const json::exception& error, std::istream& in, const std::string& file) {
  in.clear();
  in.seekg(0, std::ios::end);
  const auto size = static_cast<std::size_t>(in.tellg());
  std::string head(std::min(size, kRecognised), '\0');
  in.seekg(0);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  refuse_unparsable(error, head, size, file);
}

// A name as in a JSON pointer, so that a path says which names it has.
void append_name(std::string& path, const std::string& name) {
  path += '/';
  for (const char c : name) c == '~' ? path += "~0" : c == '/' ? path += "~1" : path += c;
}

// All but the list's elements and what is not wanted.
class RestEvents final : public ValueEvents {
 public:
  RestEvents(std::istream& in, const std::string& file, std::string_view list,
             const std::vector<std::string_view>& unwanted)
      : in_(in), file_(file), list_("/" + std::string(list)) {
    for (const std::string_view member : unwanted) unwanted_.push_back("/" + std::string(member));
  }

  bool key(std::string& name) override {
    if (inside_ > 0) return true;
    path_.resize(path_ends_.back());
    append_name(path_, name);
    // The last of several counts, also of what the list is in.
    if (in_objects() && (path_ == list_ || list_.starts_with(path_ + '/'))) is_list = false;
    passes_over_ = std::ranges::find(unwanted_, path_) != unwanted_.end();
    if (!passes_over_) rest.key(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    refuse_text(error, in_, file_);
  }

  ValueBuilder rest;
  bool is_list = false;
  std::size_t size = 0;
  std::istream::pos_type begins = 0;

 private:
  // Whether no list is on the way to the member that came last.
  bool in_objects() const {
    return path_ends_.size() == static_cast<std::size_t>(std::ranges::count(path_, '/'));
  }
  bool scalar(json value) override {
    if (inside_ == 0 && !passes_over_) rest.add(std::move(value));
    size += in_list_ && inside_ == 1;
    if (inside_ == 0) passes_over_ = false;
    return true;
  }
  bool begin(json empty) override {
    if (path_ends_.size() + inside_ >= static_cast<std::size_t>(kCheckedDepthMax) + in_list_)
      refuse_depth(file_);
    size += in_list_ && inside_ == 1;
    if (inside_ > 0 || passes_over_) {
      ++inside_;
      return true;
    }
    if (path_ == list_ && in_objects() && empty.is_array()) {
      is_list = in_list_ = true;
      size = 0;
      begins = in_.tellg() - std::istream::off_type{1};
      inside_ = 1;
    }
    path_ends_.push_back(path_.size());
    rest.begin(std::move(empty));
    return true;
  }
  bool end() override {
    if (inside_ > 0) --inside_;
    if (inside_ > 0) return true;
    in_list_ = false;
    if (std::exchange(passes_over_, false)) return true;
    rest.end();
    path_.resize(path_ends_.back());
    path_ends_.pop_back();
    return true;
  }

  std::istream& in_;
  const std::string& file_;
  const std::string list_;
  std::vector<std::string> unwanted_;
  std::string path_;                    // of the member that came last, without numbers of lists
  std::vector<std::size_t> path_ends_;  // where it ends for every open array and object of `rest`
  std::size_t inside_ = 0;              // open arrays and objects of what is not kept, the list among them
  bool in_list_ = false, passes_over_ = false;
};

// The elements of a list that was read before.
class ElementEvents final : public ValueEvents {
 public:
  ElementEvents(const std::string& file, const std::function<void(std::size_t, const json&)>& visit)
      : file_(file), visit_(visit) {}

  bool key(std::string& name) override {
    element_.key(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    refuse_replaced();
  }
  [[noreturn]] void refuse_replaced() const {
    fail(ErrorKind::data, "{}: was replaced while it was read; try again", printable(file_));
  }
  std::size_t visited() const { return index_; }

 private:
  bool scalar(json value) override {
    if (!in_list_) refuse_replaced();
    element_.add(std::move(value));
    visit_if_whole();
    return true;
  }
  bool begin(json empty) override {
    if (!in_list_) {
      if (!empty.is_array()) refuse_replaced();
      in_list_ = true;
    } else {
      element_.begin(std::move(empty));
    }
    return true;
  }
  bool end() override {
    if (element_.whole()) return true;  // the list's own
    element_.end();
    visit_if_whole();
    return true;
  }
  void visit_if_whole() {
    if (element_.whole()) visit_(index_++, element_.root());
  }

  const std::string& file_;
  const std::function<void(std::size_t, const json&)>& visit_;
  ValueBuilder element_;
  bool in_list_ = false;
  std::size_t index_ = 0;
};

}  // namespace

ListedJson::ListedJson(std::istream& in, const std::string& file, std::string_view list,
                       const std::vector<std::string_view>& unwanted)
    : in_(in), file_(file) {
  RestEvents events(in, file, list, unwanted);
  json::sax_parse(in, &events);
  rest_ = std::move(events.rest.root());
  is_list_ = events.is_list;
  size_ = events.is_list ? events.size : 0;
  begin_ = events.begins;
}

void ListedJson::for_each(const std::function<void(std::size_t, const json&)>& visit) const {
  if (!is_list_) return;
  in_.clear();
  in_.seekg(begin_);
  ElementEvents events(file_, visit);
  json::sax_parse(in_, &events, json::input_format_t::json, false);
  if (events.visited() != size_) events.refuse_replaced();
}

json ListedJson::element(std::size_t index) const {
  json found;
  for_each([&](std::size_t i, const json& element) {
    if (i == index) found = element;
  });
  return found;
}

}  // namespace offload
