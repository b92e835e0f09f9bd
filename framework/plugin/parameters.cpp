#include "plugin/parameters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/suggestion.hpp"
#include "files/whole_number.hpp"

namespace offload {
namespace {

constexpr std::size_t kMessageBytes = 1000;

std::vector<std::string> split(const std::string& joined, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(joined);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

bool finite(const std::vector<double>& numbers) {
  return std::ranges::all_of(numbers, [](double number) { return std::isfinite(number); });
}

std::optional<std::int64_t> whole_of(const ParameterValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? whole_number(*number) : std::nullopt;
}

std::optional<double> bound(double value, double unlimited) {
  return std::abs(value) >= unlimited ? std::nullopt : std::optional(value);
}

ParameterInfo ranged(const char* key, const char* type, ParameterValue fallback, const char* help,
                     double minimum, double maximum, double unlimited) {
  ParameterInfo info{key, type, std::move(fallback), {}, {}, {}, help != nullptr ? help : ""};
  info.minimum = bound(minimum, unlimited);
  info.maximum = bound(maximum, unlimited);
  return info;
}

ParameterInfo plain(const char* key, const char* type, ParameterValue fallback, const char* help) {
  return {key, type, std::move(fallback), {}, {}, {}, help != nullptr ? help : ""};
}

std::string expectation(const ParameterInfo& info) {
  const std::string article = info.type == "integer" ? "an " : info.type == "numbers" ? "a list of " : "a ";
  const std::string range = range_text(info);
  if (range.empty()) return article + info.type;
  return info.choices.empty() ? article + info.type + (range[0] == '[' ? " in " : " ") + range : range;
}

}  // namespace

// The functions of offload_host. They are called from a plugin's frames, which no exception may cross; what
// could throw here is memory, and then ending the process is right.
struct ParameterCallbacks {
  static PluginParameters& of(void* context) { return *static_cast<PluginParameters*>(context); }

  static void fail(void* context, const char* message) noexcept {
    auto& self = of(context);
    if (!self.failure_)
      self.failure_ = printable(message != nullptr ? message : "no reason given", kMessageBytes);
  }

  static offload_status number(void* context, const char* key, double fallback, double minimum,
                               double maximum, const char* help, double* value) noexcept {
    auto& self = of(context);
    const auto info =
        ranged(key, "number", fallback, help, minimum, maximum, std::numeric_limits<double>::max());
    const Parameter* given = self.declare(info);
    *value = fallback;
    if (!self.open_) return OFFLOAD_ERROR;
    if (given != nullptr) {
      if (const auto* real = std::get_if<double>(&given->value)) {
        *value = *real;
      } else if (const auto* whole = std::get_if<std::int64_t>(&given->value)) {
        *value = static_cast<double>(*whole);
      } else {
        return self.refuse(info, *given, expectation(info));
      }
      if (!(*value >= minimum && *value <= maximum)) return self.refuse(info, *given, expectation(info));
      if (!std::isfinite(*value)) return self.refuse(info, *given, "a finite number");
    }
    if (!std::isfinite(*value)) return self.refuse_default(key, "is not a finite number");
    self.resolved_[key] = *value;
    return OFFLOAD_OK;
  }

  static offload_status integer(void* context, const char* key, std::int64_t fallback, std::int64_t minimum,
                                std::int64_t maximum, const char* help, std::int64_t* value) noexcept {
    auto& self = of(context);
    const auto info = ranged(key, "integer", fallback, help, static_cast<double>(minimum),
                             static_cast<double>(maximum), 0x1p63);
    const Parameter* given = self.declare(info);
    *value = fallback;
    if (!self.open_) return OFFLOAD_ERROR;
    if (given != nullptr) {
      const auto whole = whole_of(given->value);
      if (!whole || *whole < minimum || *whole > maximum) {
        return self.refuse(info, *given, expectation(info));
      }
      *value = *whole;
    }
    self.resolved_[key] = *value;
    return OFFLOAD_OK;
  }

  static offload_status boolean(void* context, const char* key, std::int32_t fallback, const char* help,
                                std::int32_t* value) noexcept {
    auto& self = of(context);
    const auto info = plain(key, "boolean", fallback != 0, help);
    const Parameter* given = self.declare(info);
    bool resolved = fallback != 0;
    if (!self.open_) return OFFLOAD_ERROR;
    if (given != nullptr) {
      const auto* truth = std::get_if<bool>(&given->value);
      if (truth == nullptr) return self.refuse(info, *given, "true or false");
      resolved = *truth;
    }
    self.resolved_[key] = resolved;
    *value = resolved ? 1 : 0;
    return OFFLOAD_OK;
  }

  static offload_status text(void* context, const char* key, const char* fallback, const char* choices,
                             const char* help, const char** value) noexcept {
    auto& self = of(context);
    ParameterInfo info = plain(key, "text", std::string(fallback != nullptr ? fallback : ""), help);
    if (choices != nullptr) info.choices = split(choices, '|');
    const Parameter* given = self.declare(info);
    std::string resolved = std::get<std::string>(info.fallback);
    if (!self.open_) return OFFLOAD_ERROR;
    if (given != nullptr) {
      const auto* held = std::get_if<std::string>(&given->value);
      const bool known =
          held != nullptr && (info.choices.empty() || std::ranges::count(info.choices, *held) > 0);
      if (!known) return self.refuse(info, *given, expectation(info));
      if (held->size() > kTextMax) {
        return self.refuse(info, *given, fmt::format("a text of at most {} bytes", kTextMax));
      }
      resolved = *held;
    }
    if (resolved.size() > kTextMax) return self.refuse_default(key, "is too long a text");
    self.resolved_[key] = resolved;
    *value = self.texts_.emplace_back(resolved).c_str();
    return OFFLOAD_OK;
  }

  static offload_status numbers(void* context, const char* key, const double* fallback,
                                std::size_t fallback_count, const char* help, const double** values,
                                std::size_t* count) noexcept {
    auto& self = of(context);
    std::vector<double> resolved(fallback, fallback + fallback_count);
    const auto info = plain(key, "numbers", resolved, help);
    const Parameter* given = self.declare(info);
    if (!self.open_) return OFFLOAD_ERROR;
    if (given != nullptr) {
      const auto* held = std::get_if<std::vector<double>>(&given->value);
      if (held == nullptr || !finite(*held)) return self.refuse(info, *given, "a list of finite numbers");
      resolved = *held;
    }
    if (!finite(resolved)) return self.refuse_default(key, "holds a number that is not finite");
    self.resolved_[key] = resolved;
    const std::vector<double>& kept = self.lists_.emplace_back(std::move(resolved));
    *values = kept.data();
    *count = kept.size();
    return OFFLOAD_OK;
  }

  static void declare_portable_bits(void* context) noexcept {
    auto& self = of(context);
    if (!self.open_) return fail(context, "portable bits can be declared in create only");
    self.portable_bits_ = true;
  }

  static const void* extension(void* context, const char* name) noexcept {
    static constexpr offload_portable_bits kPortableBits = {sizeof(offload_portable_bits),
                                                            declare_portable_bits};
    if (name == nullptr) return nullptr;
    if (std::string_view(name) == OFFLOAD_HOST_EXTENSION_PORTABLE_BITS) return &kPortableBits;
    return of(context).extensions_.find(name);
  }
};

PluginParameters::PluginParameters(Parameters given, std::string owner)
    : given_(std::move(given)), owner_(std::move(owner)) {
  host_ = {sizeof(offload_host),         this,
           ParameterCallbacks::fail,     ParameterCallbacks::number,
           ParameterCallbacks::integer,  ParameterCallbacks::boolean,
           ParameterCallbacks::text,     ParameterCallbacks::numbers,
           ParameterCallbacks::extension};
}

const Parameter* PluginParameters::declare(ParameterInfo info) {
  if (!open_) {
    ParameterCallbacks::fail(this, "parameters can be read in create only");
    return nullptr;
  }
  const auto same = [&](const ParameterInfo& known) { return known.key == info.key; };
  const auto given = given_.find(info.key);
  if (std::ranges::none_of(declared_, same)) declared_.push_back(std::move(info));
  return given == given_.end() ? nullptr : &given->second;
}

offload_status PluginParameters::refuse(const ParameterInfo& info, const Parameter& given,
                                        const std::string& expected) {
  if (!refusal_) {
    refusal_ =
        fmt::format("{}{}{} of {} is {}; expected {}", given.place, given.place.empty() ? "" : ": ", info.key,
                    owner_, given.text.empty() ? to_text(given.value) : given.text, expected);
  }
  return OFFLOAD_ERROR;
}

offload_status PluginParameters::refuse_default(const char* key, const char* fact) {
  ParameterCallbacks::fail(this, fmt::format("the default of parameter '{}' {}", key, fact).c_str());
  return OFFLOAD_ERROR;
}

void PluginParameters::finish() {
  open_ = false;
  if (refusal_) throw Error(ErrorKind::config, *refusal_);
  for (const auto& [key, parameter] : given_) {
    if (resolved_.contains(key)) continue;
    std::vector<std::string> known;
    for (const ParameterInfo& info : declared_) known.push_back(info.key);
    fail(ErrorKind::config, "{}{}unknown key '{}' for {}; known: {}{}", parameter.place,
         parameter.place.empty() ? "" : ": ", printable(key), owner_,
         known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")), suggestion(key, known));
  }
}

std::string PluginParameters::take_failure() {
  std::string message = failure_.value_or("");
  failure_.reset();
  return message;
}

}  // namespace offload
