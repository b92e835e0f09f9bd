#include "cli/journal.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "gateway/review.hpp"

namespace offload::cli {
namespace {

constexpr int kOnlyBelieved = 6;

nlohmann::ordered_json json_of(const LiveRow& row) {
  nlohmann::ordered_json scores = nlohmann::ordered_json::array();
  for (const LiveScore& score : row.scores) {
    scores.push_back({{"lens", score.lens}, {"model", score.model}, {"quality", score.quality}});
  }
  return {{"row", "live"},
          {"sessions", row.sessions},
          {"turns", row.turns},
          {"scores", scores},
          {"latency_s", row.latency_s},
          {"cost_usd", row.cost_usd},
          {"profile_latency_s", row.profile_latency_s},
          {"profile_cost_usd", row.profile_cost_usd},
          {"cloud_share", row.cloud_share},
          {"joint_violation_rate", row.violation_rate},
          {"turns_estimated", row.estimated},
          {"turns_failed", row.failed}};
}

}  // namespace

int verify_journal(const JournalOptions& options) {
  const ServeSettings settings = read_serve_settings(options.serve);
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  std::optional<ChainHead> head;
  if (!options.head.empty()) head = ChainHead{options.lines, options.head};
  const JournalReview review = review_journal(options.file, settings, load_policies(settings, search), head);
  if (options.json) {
    fmt::print("{}\n", nlohmann::ordered_json({{"journal", options.file},
                                               {"lines", review.end.head.count},
                                               {"head", review.end.head.hash},
                                               {"sessions", review.sessions},
                                               {"turns", review.turns},
                                               {"asked_again", review.asked},
                                               {"believed", review.believed},
                                               {"untrained", review.untrained},
                                               {"wrong", review.wrong}})
                           .dump(1));
  } else {
    for (const std::string& one : review.wrong) put("{}\n", one);
    put("{}: {}, head {}\n  {}, {}, {} asked for again: {}\n", printable(options.file),
        counted(review.end.head.count, "line"), review.end.head.hash, counted(review.sessions, "session"),
        counted(review.turns, "turn"), counted(review.asked, "decision"),
        review.wrong_count > 0 ? fmt::format("{} do not agree", review.wrong_count) : "all of it agrees");
    for (const std::string& one : review.believed) put("  believed: {}\n", one);
    for (const std::string& one : review.untrained) put("  untrained: {}\n", one);
    put("  not checked: times, amounts that servers told, and which answers went out\n");
  }
  return review.wrong_count > 0 ? 1 : review.believed.empty() ? 0 : kOnlyBelieved;
}

int replay_journal(const JournalOptions& options) {
  const ServeSettings settings = read_serve_settings(options.serve);
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  const LiveRow row = score_journal(options.file, load_policy(settings, search));
  if (options.json) {
    fmt::print("{}\n", json_of(row).dump(1));
    return 0;
  }
  put("row \"live\": {}, {}, {:.3f} of them in the cloud\n", counted(row.sessions, "session"),
      counted(row.turns, "turn"), row.cloud_share);
  for (const LiveScore& score : row.scores)
    put("  {:<12} {:<10} quality {:.4f}\n", score.lens, score.model, score.quality);
  put("  per session: {:.3f} s and {:.6f} USD booked, {:.3f} s and {:.6f} USD by the profile\n",
      row.latency_s, row.cost_usd, row.profile_latency_s, row.profile_cost_usd);
  put("  {:.4f} of the sessions exceeded a budget; {} estimated, {} without a whole answer\n",
      row.violation_rate, counted(row.estimated, "turn"), row.failed);
  return 0;
}

}  // namespace offload::cli
