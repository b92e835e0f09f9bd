#include "files/json_difference.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "files/checked_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr std::size_t kTextMost = 120;

std::string text_of(const json* value) {
  return value == nullptr ? "nothing" : printable(dump_compact(*value), kTextMost);
}

bool agree(const json& stored, const json& recomputed, double tolerance) {
  if (!stored.is_number() || !recomputed.is_number()) return stored == recomputed;
  const double a = stored.get<double>(), b = recomputed.get<double>();
  if (stored == recomputed && a == b) return true;
  return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

// A JSON pointer.
std::string below(const std::string& place, const auto& part) { return fmt::format("{}/{}", place, part); }

class Walk {
 public:
  Walk(double tolerance, const std::string& file, std::size_t most, std::vector<Disagreement>& found)
      : tolerance_(tolerance), file_(file), most_(most), found_(found) {}

  void compare(const json& stored, const json& recomputed, const std::string& place) {
    if (found_.size() >= most_) return;
    if (stored.is_object() && recomputed.is_object()) {
      for (const auto& [name, value] : stored.items()) {
        const auto other = recomputed.find(name);
        if (other == recomputed.end())
          note(below(place, name), &value, nullptr);
        else
          compare(value, *other, below(place, name));
      }
      for (const auto& [name, value] : recomputed.items()) {
        if (!stored.contains(name)) note(below(place, name), nullptr, &value);
      }
    } else if (stored.is_array() && recomputed.is_array()) {
      for (std::size_t i = 0; i < std::max(stored.size(), recomputed.size()); ++i) {
        const std::string here = below(place, i);
        if (i < stored.size() && i < recomputed.size())
          compare(stored[i], recomputed[i], here);
        else
          note(here, i < stored.size() ? &stored[i] : nullptr,
               i < recomputed.size() ? &recomputed[i] : nullptr);
      }
    } else if (!agree(stored, recomputed, tolerance_)) {
      note(place, &stored, &recomputed);
    }
  }

 private:
  void note(const std::string& place, const json* stored, const json* recomputed) {
    if (found_.size() < most_) found_.push_back({file_, place, text_of(stored), text_of(recomputed)});
  }

  double tolerance_;
  const std::string& file_;
  std::size_t most_;
  std::vector<Disagreement>& found_;
};

}  // namespace

void find_differences(const json& stored, const json& recomputed, double tolerance, const std::string& file,
                      std::size_t most, std::vector<Disagreement>& found, const std::string& place) {
  Walk(tolerance, file, most, found).compare(stored, recomputed, place);
}

}  // namespace offload
