#include "results/cell_margin.hpp"

#include <fmt/format.h>

#include <limits>

namespace offload {
namespace {

CalibrationPass read_pass(const CheckedJson& value, std::size_t sessions) {
  CalibrationPass pass;
  pass.margin_percent = static_cast<int>(value.at("margin_percent").integer(0, 99));
  pass.over = value.at("over").integer(0, static_cast<std::int64_t>(sessions));
  const CheckedJson decisions = value.at("decisions");
  if (decisions.array_size(kListMax) != sessions) decisions.refuse(fmt::format("{} sessions", sessions));
  for (std::size_t i = 0; i < sessions; ++i) pass.decisions.push_back(read_decisions(decisions.at(i)));
  return pass;
}

}  // namespace

std::vector<std::uint16_t> read_decisions(const CheckedJson& turns) {
  std::vector<std::uint16_t> decisions(turns.array_size(std::numeric_limits<std::uint16_t>::max()));
  if (decisions.empty()) turns.refuse("at least one turn");
  for (std::size_t t = 0; t < decisions.size(); ++t) {
    const nlohmann::json& action = turns.value()[t];
    const bool small = action.is_number_unsigned() && action.get<std::uint64_t>() <= 1024;
    decisions[t] = static_cast<std::uint16_t>(
        small ? action.get<std::uint64_t>() : static_cast<std::uint64_t>(turns.at(t).integer(0, 1024)));
  }
  return decisions;
}

nlohmann::json written(const CellMargin& margin) {
  nlohmann::json passes = nlohmann::json::array();
  for (const CalibrationPass& pass : margin.passes) {
    passes.push_back(
        {{"margin_percent", pass.margin_percent}, {"over", pass.over}, {"decisions", pass.decisions}});
  }
  return {{"share", margin.share},       {"kept", margin.kept},     {"margin_percent", margin.margin_percent},
          {"sessions", margin.sessions}, {"groups", margin.groups}, {"passes", std::move(passes)}};
}

CellMargin read_margin(const CheckedJson& value) {
  CellMargin margin;
  margin.share = value.at("share").number(0);
  margin.kept = value.at("kept").boolean();
  margin.margin_percent = static_cast<int>(value.at("margin_percent").integer(0, 99));
  margin.sessions = value.at("sessions").integer(1, kListMax);
  margin.groups = value.at("groups").integer(1, margin.sessions);
  const CheckedJson passes = value.at("passes");
  const std::size_t count = passes.array_size(100);
  for (std::size_t i = 0; i < count; ++i)
    margin.passes.push_back(read_pass(passes.at(i), static_cast<std::size_t>(margin.sessions)));
  return margin;
}

}  // namespace offload
