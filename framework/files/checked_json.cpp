#include "files/checked_json.hpp"

#include <cmath>
#include <limits>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/file_kind.hpp"
#include "files/whole_number.hpp"

namespace offload {
namespace {

bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kCheckedDepthMax) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

bool finite_at_least(const nlohmann::json& value, double least) {
  if (!value.is_number()) return false;
  const double number = value.get<double>();
  return std::isfinite(number) && number >= least;
}

}  // namespace

CheckedJson::CheckedJson(const nlohmann::json& value, const std::string& file, std::string place)
    : value_(value), file_(file), place_(std::move(place)) {}

CheckedJson CheckedJson::at(const char* name) const {
  if (!value_.is_object()) refuse("an object");
  const auto found = value_.find(name);
  if (found == value_.end()) {
    fail(ErrorKind::data, "{}: {}: '{}' is missing", printable(file_), place_.empty() ? "/" : place_, name);
  }
  return {*found, file_, place_ + "/" + name};
}

CheckedJson CheckedJson::at(std::size_t index) const {
  return {value_[index], file_, place_ + "/" + std::to_string(index)};
}

bool CheckedJson::has(const char* name) const {
  const auto found = value_.find(name);
  return found != value_.end() && !found->is_null();
}

std::size_t CheckedJson::array_size(std::size_t most) const {
  if (!value_.is_array() || value_.size() > most)
    refuse(fmt::format("a list of at most {}", counted(most, "value")));
  return value_.size();
}

const nlohmann::json::object_t& CheckedJson::object() const {
  if (!value_.is_object()) refuse("an object");
  return value_.get_ref<const nlohmann::json::object_t&>();
}

bool CheckedJson::boolean() const {
  if (!value_.is_boolean()) refuse("true or false");
  return value_.get<bool>();
}

std::string CheckedJson::text(std::size_t most_bytes) const {
  if (!value_.is_string() || value_.get_ref<const std::string&>().size() > most_bytes) {
    refuse(fmt::format("a text of at most {}", counted(most_bytes, "byte")));
  }
  return value_.get<std::string>();
}

std::int64_t CheckedJson::integer(std::int64_t least, std::int64_t most) const {
  const bool huge = value_.is_number_unsigned() &&
                    value_.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (!value_.is_number_integer() || huge || value_.get<std::int64_t>() < least ||
      value_.get<std::int64_t>() > most) {
    refuse(fmt::format("an integer in {}..{}", least, most));
  }
  return value_.get<std::int64_t>();
}

std::int64_t CheckedJson::whole(std::int64_t least, std::int64_t most) const {
  const auto value = value_.is_number_float() ? whole_number(value_.get<double>()) : std::nullopt;
  if (!value) return integer(least, most);
  if (*value < least || *value > most) refuse(fmt::format("an integer in {}..{}", least, most));
  return *value;
}

double CheckedJson::number(double least) const {
  if (!finite_at_least(value_, least)) {
    refuse(std::isinf(least) ? "a finite number" : fmt::format("a finite number >= {}", least));
  }
  return value_.get<double>();
}

double CheckedJson::number_or_nan() const {
  if (value_.is_null()) return std::numeric_limits<double>::quiet_NaN();
  return number(-std::numeric_limits<double>::infinity());
}

std::vector<double> CheckedJson::numbers(std::size_t count, double least) const {
  if (!value_.is_array() || value_.size() != count)
    refuse(fmt::format("a list of {}", counted(count, "number")));
  std::vector<double> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!finite_at_least(value_[i], least)) at(i).number(least);
    result[i] = value_[i].get<double>();
  }
  return result;
}

std::vector<double> CheckedJson::numbers_or_nan(std::size_t count) const {
  if (!value_.is_array() || value_.size() != count)
    refuse(fmt::format("a list of {} or nulls", counted(count, "number")));
  std::vector<double> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = value_[i].is_number_float() ? value_[i].get<double>() : at(i).number_or_nan();
  }
  return result;
}

std::vector<std::string> CheckedJson::texts(std::size_t most, std::size_t most_bytes) const {
  std::vector<std::string> result;
  const std::size_t count = array_size(most);
  for (std::size_t i = 0; i < count; ++i) result.push_back(at(i).text(most_bytes));
  return result;
}

void CheckedJson::refuse(std::string_view expected) const {
  std::string found = value_.is_structured() ? fmt::format("{} of {}", value_.type_name(), value_.size())
                                             : dump_compact(value_);
  fail(ErrorKind::data, "{}: {}: expected {}, found {}", printable(file_),
       place_.empty() ? "/" : printable(place_), expected, printable(found, 80));
}

void refuse_depth(const std::string& file) {
  fail(ErrorKind::data, "{}: nested deeper than {} levels", printable(file), kCheckedDepthMax);
}

void refuse_unparsable(const nlohmann::json::exception& error, std::string_view head, std::size_t size,
                       const std::string& file) {
  const auto* const of_text = dynamic_cast<const nlohmann::json::parse_error*>(&error);
  if (of_text == nullptr) fail(ErrorKind::data, "{}: not JSON: {}", printable(file), printable(error.what()));
  if (head.size() == size && head.find_first_not_of(" \t\r\n") == std::string_view::npos)
    fail(ErrorKind::data, "{}: is empty: what was to write it did not get there", printable(file));
  if (looks_like_csv(head))
    fail(ErrorKind::data, "{}: looks like CSV, where JSON is expected", printable(file));
  fail(ErrorKind::data, "{}: not JSON: {}{}", printable(file), printable(error.what()),
       of_text->byte > size ? "; the file is cut off" : "");
}

nlohmann::json parse_checked(std::string_view text, const std::string& file) {
  if (too_deep(text)) refuse_depth(file);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    refuse_unparsable(error, text, text.size(), file);
  }
}

std::string dump_compact(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace offload
