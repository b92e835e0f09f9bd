#include "data/packed_outcomes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.hpp"
#include "data/tables/table_meta.hpp"

namespace offload {
namespace {

template <typename T>
std::string_view bytes_of_all(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

class Unpacker {
 public:
  Unpacker(std::span<const std::string_view> sections, const std::function<void(bool, const char*)>& require)
      : sections_(sections), require_(require) {}

  template <typename T>
  void all(std::size_t section, std::size_t count, std::vector<T>& to) const {
    require_(sections_[section].size() == count * sizeof(T), "a section of outcomes has the wrong size");
    to.resize(count);
    if (count > 0) std::memcpy(to.data(), sections_[section].data(), count * sizeof(T));
  }
  // Or nothing.
  template <typename T>
  void optional(std::size_t section, std::size_t count, std::vector<T>& to) const {
    if (!sections_[section].empty()) all(section, count, to);
  }
  void amounts(std::size_t section, std::size_t count, std::vector<std::int64_t>& to) const {
    optional(section, count, to);
    require_(std::ranges::all_of(to, [](auto x) { return x >= kUnknownAmount; }),
             "an amount of its outcomes is out of range");
  }
  // Begins of texts within a section of letters.
  void begins(std::size_t section, std::size_t turns, std::vector<std::uint64_t>& to) const {
    optional(section, turns + 1, to);
    const std::string_view text = sections_[section + 1];
    require_(
        to.empty() ? text.empty() : to.front() == 0 && to.back() == text.size() && std::ranges::is_sorted(to),
        "its texts overlap");
  }

 private:
  std::span<const std::string_view> sections_;
  const std::function<void(bool, const char*)>& require_;
};

void check_outcomes(const OutcomeTable& table, const std::function<void(bool, const char*)>& require) {
  const std::uint64_t arms = table.arms.size() == 64 ? ~0ull : (1ull << table.arms.size()) - 1;
  require(std::ranges::all_of(table.known, [&](auto bits) { return (bits & ~arms) == 0; }),
          "an arm is out of range");
  for (std::size_t t = 0; t < table.failed.size(); ++t)
    require((table.failed[t] & ~table.known[t]) == 0, "a failed call is unknown");
  require(std::ranges::all_of(table.quality, [](double x) { return std::isfinite(x); }),
          "a quality is out of range");
  require(std::ranges::all_of(table.features, [](float x) { return std::isfinite(x); }),
          "a feature is out of range");
  require(std::ranges::all_of(table.part, [](auto part) { return part <= 2; }), "a split is out of range");
}

}  // namespace

PackedOutcomes::PackedOutcomes(const OutcomeTable* table) {
  if (!table) return;
  meta_ = table_meta_text(*table, {});
  if (!table->query_names.empty()) {
    name_begin_.push_back(0);
    for (const std::string& name : table->query_names) {
      names_ += name;
      name_begin_.push_back(names_.size());
    }
  }
  sections = {meta_,
              bytes_of_all(table->known),
              bytes_of_all(table->failed),
              bytes_of_all(table->quality),
              bytes_of_all(table->latency_ns),
              bytes_of_all(table->cost_pusd),
              bytes_of_all(table->input_tokens),
              bytes_of_all(table->output_tokens),
              bytes_of_all(table->prompt_group),
              bytes_of_all(table->part),
              bytes_of_all(table->features),
              bytes_of_all(table->text_begin),
              table->text,
              bytes_of_all(name_begin_),
              names_};
}

std::shared_ptr<const OutcomeTable> unpack_outcomes(std::span<const std::string_view> sections,
                                                    std::size_t turns, const std::string& file,
                                                    const std::function<void(bool, const char*)>& require) {
  auto table = std::make_shared<OutcomeTable>();
  TableMeta meta = parse_table_meta(sections[0], file);
  require(!meta.arms.empty() && meta.arms.size() <= kMostArms, "its number of arms is out of range");
  table->arms = std::move(meta.arms);
  table->notes = std::move(meta.notes);
  const Unpacker unpacker(sections, require);
  const std::size_t cells = turns * table->arms.size();
  unpacker.all(1, turns, table->known);
  unpacker.optional(2, turns, table->failed);
  unpacker.all(3, cells, table->quality);
  unpacker.amounts(4, cells, table->latency_ns);
  unpacker.amounts(5, cells, table->cost_pusd);
  unpacker.amounts(6, cells, table->input_tokens);
  unpacker.amounts(7, cells, table->output_tokens);
  unpacker.all(8, turns, table->prompt_group);
  unpacker.optional(9, turns, table->part);
  const std::size_t width = sections[10].size() / sizeof(float) / turns;
  unpacker.all(10, turns * width, table->features);
  for (std::size_t f = 0; f < width; ++f) table->feature_names.push_back(fmt::format("f{}", f));
  unpacker.begins(11, turns, table->text_begin);
  table->text = sections[12];
  std::vector<std::uint64_t> names;
  unpacker.begins(13, turns, names);
  for (std::size_t t = 0; t + 1 < names.size(); ++t)
    table->query_names.emplace_back(sections[14].substr(names[t], names[t + 1] - names[t]));
  check_outcomes(*table, require);
  return table;
}

}  // namespace offload
