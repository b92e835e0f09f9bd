#include "gateway/collect/collect.hpp"

#include <atomic>
#include <exception>
#include <map>
#include <thread>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "gateway/collect/card.hpp"
#include "gateway/collect/output.hpp"

namespace offload {
namespace {

using Say = std::function<void(const std::string&)>;

constexpr std::size_t kNamedMost = 10;

class Collection {
 public:
  Collection(const CollectPlan& plan, const PluginSearch& search, bool retry)
      : plan_(plan),
        dialogues_(read_dialogues(plan.dialogues)),
        chooser_(make_chooser(plan, dialogues_, search)),
        log_(journal(), sha256_of(plan.digest() + dialogues_.sha256),
             to_amount(plan.max_cost_usd, 1, "max_cost_usd"), retry),
        episodes_(dialogues_.all.size() * static_cast<std::size_t>(plan.draws)) {}

  void warn(const Say& say) const {
    for (const std::string& line : plan_.unpriced_roles()) say(line);
    if (const std::string line = chooser_->warning(); !line.empty()) say(line);
  }

  // Episodes side by side, each in order.
  void run() {
    const std::size_t count = std::min(static_cast<std::size_t>(plan_.parallel), episodes_.size());
    std::vector<std::exception_ptr> failures(count);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([this, &failure = failures[i]] {
          try {
            work();
          } catch (...) {
            failure = std::current_exception();
            ended_ = true;
          }
        });
      }
    }
    for (const std::exception_ptr& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
  }

  bool finish(const Say& say) {
    const CallTotals totals = log_.totals();
    const CollectFiles files = write_collection(plan_, dialogues_, episodes_, totals);
    std::map<std::string, std::size_t> named;
    std::size_t whole = 0;
    for (const CollectedEpisode& episode : episodes_) {
      whole += episode.whole();
      if (!episode.whole() && named.size() < kNamedMost) ++named[episode.lost];
    }
    say(fmt::format("{} of {} {} whole; spent {} USD", whole, counted(episodes_.size(), "episode"),
                    episodes_.size() == 1 ? "is" : "are", usd_text(totals.spent_pusd)));
    for (const auto& [why, count] : named) say("left out: " + why);
    if (episodes_.size() - whole > named.size()) say("and others; the card names them");
    if (!totals.open.empty())
      say(
          fmt::format("{} {} open when a run was killed, counted at their bounds, {} USD; --retry-open "
                      "makes them again",
                      counted(totals.open.size(), "call"), totals.open.size() == 1 ? "was" : "were",
                      usd_text(totals.open_pusd)));
    for (const std::string& why : files.left_out) say(why);
    for (const auto& file : {files.dataset, files.table, files.card}) {
      if (!file.empty()) say("wrote " + printable(file.native()));
    }
    const ChainHead head = log_.head();
    say(fmt::format("journal: {}, head {}", counted(head.count, "line"), head.hash));
    return whole == episodes_.size();
  }

 private:
  std::filesystem::path journal() const {
    const std::filesystem::path file = plan_.out / "collect.jsonl";
    std::error_code error;
    if (!std::filesystem::exists(file, error))
      require_unused_names(plan_.out, {plan_.name + ".json", plan_.name + ".csv", plan_.name + ".card.md"});
    make_folder(plan_.out);
    return file;
  }

  void work() {
    Caller caller(plan_, dialogues_.modalities, log_, pacers_);
    const EpisodeMakers makers{plan_, dialogues_, caller, *chooser_, log_};
    for (std::size_t e = next_++; e < episodes_.size(); e = next_++) {
      const std::size_t dialogue = e / static_cast<std::size_t>(plan_.draws);
      const auto draw = static_cast<int>(e % static_cast<std::size_t>(plan_.draws));
      if (ended_) return;
      episodes_[e] = collect_episode(makers, dialogue, draw);
    }
  }

  const CollectPlan& plan_;
  Dialogues dialogues_;
  std::unique_ptr<Chooser> chooser_;
  CallLog log_;
  Pacers pacers_;
  std::vector<CollectedEpisode> episodes_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> ended_ = false;  // another thread failed
};

}  // namespace

void bound_collection(const CollectPlan& plan, const Say& say) {
  const Dialogues dialogues = read_dialogues(plan.dialogues);
  for (const std::string& line : plan.unpriced_roles()) say(line);
  const CollectBound bound = bound_collection(plan, dialogues);
  for (std::size_t r = 0; r < kRoles; ++r) {
    if (bound.calls[r] > 0)
      say(fmt::format("{}: at most {}, {} USD", kRoleNames[r], counted(bound.calls[r], "call"),
                      usd_text(bound.pusd[r])));
  }
  say(fmt::format("{}, {}: at most {} USD; nobody was asked", counted(dialogues.all.size(), "dialogue"),
                  counted(dialogues.all.size() * static_cast<std::size_t>(plan.draws), "episode"),
                  usd_text(bound.total_pusd)));
}

bool collect(const CollectPlan& plan, const PluginSearch& search, bool retry_open, const Say& say) {
  Collection collection(plan, search, retry_open);
  collection.warn(say);
  collection.run();
  return collection.finish(say);
}

}  // namespace offload
