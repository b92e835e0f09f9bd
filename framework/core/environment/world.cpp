#include "core/environment/world.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace offload {
namespace {

__extension__ using Wide = __int128;

// The nearest integer to sum / count, halves up.
std::int64_t rounded_mean(Wide sum, std::int64_t count) {
  return static_cast<std::int64_t>((2 * sum + count) / (2 * Wide{count}));
}

const std::int64_t* whole_column(const OutcomeTable& table, const std::vector<std::int64_t>& column) {
  if (column.empty()) return nullptr;
  for (std::size_t turn = 0; turn < table.turns(); ++turn) {
    for (std::size_t arm = 0; arm < table.arms.size(); ++arm) {
      if (table.is_known(turn, arm) && column[table.cell(turn, arm)] == kUnknownAmount) return nullptr;
    }
  }
  return column.data();
}

// Sums over the known cells of an arm.
struct ArmSums {
  std::int64_t count = 0;
  std::array<Wide, kResources> sum{};
  Amounts largest{};
  std::array<Wide, 2> tokens{};  // input, output
};

class Declaration {
 public:
  Declaration(const EpisodeTable& data, const Charges& charges, const WorldSettings& settings)
      : data_(data), table_(*data.outcomes), charges_(charges), settings_(settings) {}

  Amounts of(std::size_t arm, std::span<const std::uint32_t> episodes) const {
    ArmSums sums = sums_of(arm, episodes, false);
    // Of an arm that a log never took, what it kept of all of them.
    if (sums.count == 0 && data_.log) sums = sums_of(arm, episodes, true);
    if (sums.count == 0) {
      fail(ErrorKind::data,
           "{}: arm '{}' has no known outcome among the training queries; leave the arm out, or divide the "
           "data otherwise",
           data_.source, printable(table_.arms[arm].name));
    }
    if (settings_.declared == "largest") return sums.largest;
    Amounts amounts = {rounded_mean(sums.sum[0], sums.count), rounded_mean(sums.sum[1], sums.count)};
    if (settings_.declared == "price") amounts[1] = priced(arm, sums);
    return amounts;
  }

 private:
  // `logged`: of whichever arm the log took.
  ArmSums sums_of(std::size_t of_arm, std::span<const std::uint32_t> episodes, bool logged) const {
    ArmSums sums;
    for (const std::uint32_t e : episodes) {
      for (std::size_t turn = data_.first_turn[e]; turn < data_.first_turn[e + 1]; ++turn) {
        const std::size_t arm = logged ? data_.log->arm[turn] : of_arm;
        if (!table_.is_known(turn, arm) || (data_.log && data_.log->arm[turn] != arm)) continue;
        ++sums.count;
        const Amounts charged = charges_.of(turn, arm);
        for (std::size_t k = 0; k < kResources; ++k) {
          sums.sum[k] += charged[k];
          sums.largest[k] = std::max(sums.largest[k], charged[k]);
        }
        if (settings_.declared != "price") continue;
        sums.tokens[0] += tokens(table_.input_tokens, turn, arm);
        sums.tokens[1] += tokens(table_.output_tokens, turn, arm);
      }
    }
    return sums;
  }

  std::int64_t tokens(const std::vector<std::int64_t>& column, std::size_t turn, std::size_t arm) const {
    const std::int64_t count = column.empty() ? kUnknownAmount : column[table_.cell(turn, arm)];
    if (count != kUnknownAmount) return count;
    fail(
        ErrorKind::config,
        "[profile] declared = \"price\" needs every call's numbers of tokens, which {} does not have for arm "
        "'{}'; use \"mean\" or \"largest\"",
        data_.source, printable(table_.arms[arm].name));
  }

  std::int64_t priced(std::size_t arm, const ArmSums& sums) const {
    const auto& price = table_.arms[arm].price;
    if (!price) {
      fail(ErrorKind::config,
           "[profile] declared = \"price\": arm '{}' of {} has no price; use \"mean\" or \"largest\"",
           printable(table_.arms[arm].name), data_.source);
    }
    return rounded_mean(sums.tokens[0] * price->input_pusd + sums.tokens[1] * price->output_pusd, sums.count);
  }

  const EpisodeTable& data_;
  const OutcomeTable& table_;
  const Charges& charges_;
  const WorldSettings& settings_;
};

}  // namespace

Charges::Charges(const OutcomeTable& table, const std::string& calls_of)
    : arms_(table.arms.size()), calls_(!calls_of.empty()), latency_(whole_column(table, table.latency_ns)) {
  if (!calls_) {
    cost_ = whole_column(table, table.cost_pusd);
    return;
  }
  const auto found = std::ranges::find(table.arms, calls_of, &Arm::name);
  if (found == table.arms.end()) {
    std::string known;
    for (const Arm& arm : table.arms) known += (known.empty() ? "" : ", ") + arm.name;
    fail(ErrorKind::config, "calls_of: the data have no arm '{}'; known: {}", printable(calls_of),
         printable(known, 1000));
  }
  calls_arm_ = static_cast<std::size_t>(found - table.arms.begin());
}

Consumption declared_consumption(const EpisodeTable& data, const ActionSpace& actions, const Charges& charges,
                                 const WorldSettings& settings, std::span<const std::uint32_t> episodes) {
  if (settings.declared != "mean" && settings.declared != "largest" && settings.declared != "price") {
    fail(ErrorKind::config, "[profile] unknown declared '{}'; known: mean, largest, price",
         printable(settings.declared));
  }
  if (settings.declared == "price" && !settings.calls_of.empty()) {
    fail(ErrorKind::config,
         "[profile] declared = \"price\" declares dollars, and the budgets count calls of '{}'; use \"mean\"",
         printable(settings.calls_of));
  }
  const Declaration declaration(data, charges, settings);
  std::vector<Amounts> by_arm;
  for (std::size_t arm = 0; arm < data.outcomes->arms.size(); ++arm) {
    by_arm.push_back(declaration.of(arm, episodes));
  }
  return {actions, std::move(by_arm), settings.calls_of};
}

}  // namespace offload
