#include "results/plan/report_world.hpp"

#include <bit>

namespace offload {
namespace {

const char* word(Placement placement) {
  static const char* const kWords[] = {"unstated", "device", "cloud"};
  return kWords[static_cast<std::size_t>(placement)];
}

}  // namespace

ReportWorld report_world(const OutcomeTable& table, const Charges& charges, const WorldSettings& settings) {
  ReportWorld world;
  for (const Arm& arm : table.arms) world.arms.push_back({arm.name, arm.provider, word(arm.placement)});
  world.declared = settings.declared;
  world.calls_of = settings.calls_of;
  const OutcomeNotes& notes = table.notes;
  const bool modelled = notes.latency == OutcomeNotes::Latency::modelled;
  world.latency = !charges.has(0) ? "absent" : modelled ? "modelled" : "measured";
  world.cost = !settings.calls_of.empty() ? "calls" : charges.has(1) ? "stated" : "absent";
  world.unknown_masked = settings.mask_unknown;
  for (const std::uint64_t known : table.known) {
    world.unknown_cells += static_cast<std::int64_t>(table.arms.size()) - std::popcount(known);
  }
  world.same_arm = notes.same_arm_path;
  world.quality_low = notes.quality_low;
  world.quality_high = notes.quality_high;
  world.draws_per_cell = notes.draws_per_cell;
  world.source = notes.source;
  world.commit = notes.commit;
  world.licence = notes.licence;
  world.price_date = notes.price_date;
  world.inventions = notes.inventions;
  return world;
}

nlohmann::json written(const ReportWorld& world) {
  nlohmann::json arms = nlohmann::json::array();
  for (const ReportArm& arm : world.arms) {
    arms.push_back({{"name", arm.name}, {"provider", arm.provider}, {"placement", arm.placement}});
  }
  return {{"arms", std::move(arms)},
          {"declared", world.declared},
          {"calls_of", world.calls_of},
          {"latency", world.latency},
          {"cost", world.cost},
          {"unknown_masked", world.unknown_masked},
          {"unknown_cells", world.unknown_cells},
          {"same_arm", world.same_arm},
          {"quality_scale", {world.quality_low, world.quality_high}},
          {"draws_per_cell", world.draws_per_cell},
          {"source", world.source},
          {"commit", world.commit},
          {"licence", world.licence},
          {"price_date", world.price_date},
          {"inventions", world.inventions}};
}

ReportWorld read_world(const CheckedJson& value) {
  constexpr double kAnyQuality = -std::numeric_limits<double>::infinity();
  ReportWorld world;
  const CheckedJson arms = value.at("arms");
  const std::size_t count = arms.array_size(kMostArms);
  if (count == 0) arms.refuse("at least one arm");
  for (std::size_t a = 0; a < count; ++a) {
    const CheckedJson arm = arms.at(a);
    world.arms.push_back({arm.at("name").text(kLongTextMax), arm.at("provider").text(kLongTextMax),
                          arm.at("placement").text(kLongTextMax)});
  }
  for (const auto& [name, member] : {std::pair{"declared", &ReportWorld::declared},
                                     {"calls_of", &ReportWorld::calls_of},
                                     {"latency", &ReportWorld::latency},
                                     {"cost", &ReportWorld::cost},
                                     {"source", &ReportWorld::source},
                                     {"commit", &ReportWorld::commit},
                                     {"licence", &ReportWorld::licence},
                                     {"price_date", &ReportWorld::price_date}}) {
    world.*member = value.at(name).text(kLongTextMax);
  }
  world.unknown_masked = value.at("unknown_masked").boolean();
  world.unknown_cells = value.at("unknown_cells").integer(0, kCountMax);
  world.same_arm = value.at("same_arm").boolean();
  const auto scale = value.at("quality_scale").numbers(2, kAnyQuality);
  world.quality_low = scale[0];
  world.quality_high = scale[1];
  world.draws_per_cell = static_cast<int>(value.at("draws_per_cell").integer(0, 1'000'000));
  world.inventions = value.at("inventions").texts(kListMax, kLongTextMax);
  return world;
}

}  // namespace offload
