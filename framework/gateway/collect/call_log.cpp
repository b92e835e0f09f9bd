#include "gateway/collect/call_log.hpp"

#include <chrono>
#include <condition_variable>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "gateway/session/ledger.hpp"

namespace offload {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kCallLogMost = std::size_t{4} << 30, kCallLineMost = std::size_t{64} << 20;
constexpr std::size_t kReplyMost = std::size_t{32} << 20;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Json place_json(const char* event, const CallPlace& place) {
  return {{"e", event},
          {"role", kRoleNames[place.role]},
          {"dialogue", place.dialogue},
          {"draw", place.draw},
          {"turn", place.turn},
          {"ask", place.ask}};
}

CallPlace place_of(const CheckedJson& json) {
  CallPlace place;
  const std::string role = json.at("role").text(20);
  const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), role);
  if (found == kRoleNames.end()) json.at("role").refuse("a role");
  place.role = static_cast<Role>(found - kRoleNames.begin());
  place.dialogue = static_cast<std::size_t>(json.at("dialogue").integer(0, kCountMax));
  place.draw = static_cast<int>(json.at("draw").integer(0, 1 << 30));
  place.turn = static_cast<int>(json.at("turn").integer(0, 1 << 30));
  place.ask = static_cast<int>(json.at("ask").integer(0, 1 << 30));
  return place;
}

Reply reply_of(const CheckedJson& json) {
  Reply reply;
  reply.text = json.at("text").text(kReplyMost);
  reply.model = json.at("model").text(kTextMax);
  reply.latency_ns = json.at("latency_ns").integer(0);
  reply.amount_pusd = json.at("amount").integer(0);
  reply.usage = {json.at("prompt").integer(0, kCountMax), json.at("cached").integer(0, kCountMax),
                 json.at("completion").integer(0, kCountMax)};
  reply.estimated = json.at("estimated").boolean();
  return reply;
}

std::string choice_key(const CallPlace& place) {
  return fmt::format("{} {} {}", place.dialogue, place.draw, place.turn);
}

}  // namespace

std::string CallPlace::text() const {
  std::string text = fmt::format("dialogue {}, draw {}, turn {}, {}", dialogue, draw, turn, kRoleNames[role]);
  return role == kJudgeRole ? text + fmt::format(" {}", ask) : text;
}

CallLog::CallLog(const std::filesystem::path& file, const std::string& digest, std::int64_t max_pusd,
                 bool retry)
    : max_pusd_(max_pusd), retry_(retry) {
  const auto read = [&](const std::filesystem::path& journal) {
    return read_chain(read_bounded(journal, kCallLogMost), printable(journal.native()), kCallLineMost,
                      [&](const std::string& json, const std::string& line) { restore(json, line, digest); });
  };
  // Posted where it is written: who waits has nothing else to do.
  file_ =
      std::make_unique<JournalFile>(file, read, true, [](const JournalFile::Posted& posted) { posted(); });
  head_ = file_->head();
  for (auto& [key, call] : calls_) {
    if (!call.open) continue;
    call.before = true;
    totals_.open_pusd = plus(totals_.open_pusd, call.bound);
    totals_.open.push_back(call.place.text());
  }
  if (known_plan_) return;
  std::unique_lock lock(mutex_);
  write(Json{{"e", "plan"}, {"format", kCollectFormat}, {"digest", digest}, {"t", now_ms()}}.dump(), lock);
}

void CallLog::restore(const std::string& text, const std::string& line, const std::string& digest) {
  const Json parsed = parse_checked(text, line);
  const CheckedJson json(parsed, line);
  const std::string event = json.at("e").text(20);
  if (!known_plan_) {
    if (event != "plan" || json.at("format").text(100) != kCollectFormat)
      fail(ErrorKind::data, "{}: not a journal of a collection ({})", line, kCollectFormat);
    if (json.at("digest").text(100) != digest)
      fail(ErrorKind::config,
           "{}: this folder holds a collection of another plan or other dialogues; give another folder by "
           "--out",
           line);
    known_plan_ = true;
    return;
  }
  const CallPlace place = place_of(json);
  if (event == "choice") {
    choices_.insert(choice_key(place));
    return;
  }
  Call& call = calls_[json.at("key").text(100)];
  const std::int64_t ms = json.at("t").integer(0);
  if (event == "intent") {
    call.place = place;
    // One more of what was open: it is counted as spent for good.
    call.open = true;
    call.lost = false;
    call.bound = json.at("bound").integer(0);
    totals_.spent_pusd = plus(totals_.spent_pusd, call.bound);
    return;
  }
  if (!call.open) fail(ErrorKind::data, "{}: an end without a beginning", line);
  call.open = false;
  totals_.spent_pusd -= call.bound;
  if (event == "reply") {
    call.reply = reply_of(json);
    call.made = true;
    totals_.models[place.role].insert(call.reply.model);
    totals_.tokens[place.role] += call.reply.usage.prompt + call.reply.usage.completion;
    count(place, call.reply.amount_pusd, ms, false);
  } else {
    call.lost = json.at("lost").boolean();
    count(place, json.at("amount").integer(0), ms, true);
  }
}

void CallLog::count(const CallPlace& place, std::int64_t amount, std::int64_t ms, bool failed) {
  totals_.spent_pusd = plus(totals_.spent_pusd, amount);
  totals_.role_pusd[place.role] = plus(totals_.role_pusd[place.role], amount);
  ++totals_.calls[place.role];
  totals_.failures[place.role] += failed;
  if (totals_.first_ms == 0) totals_.first_ms = ms;
  totals_.last_ms = ms;
}

// Waits until it is on the disk, others adding theirs meanwhile.
void CallLog::write(const std::string& json, std::unique_lock<std::mutex>& lock) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable wake;
    bool durable = false;
  };
  const auto waiting = std::make_shared<Waiting>();
  file_->add_object(json, [waiting] {
    {
      const std::lock_guard inner(waiting->mutex);
      waiting->durable = true;
    }
    waiting->wake.notify_all();
  });
  head_ = file_->head();
  lock.unlock();
  file_->look();
  std::unique_lock inner(waiting->mutex);
  while (!waiting->durable) {
    const std::string failure = file_->failure();
    if (!failure.empty()) fail(ErrorKind::io, "{}; nothing was asked after that", failure);
    waiting->wake.wait_for(inner, std::chrono::milliseconds(100));
  }
}

bool CallLog::made(const std::string& key, Reply& reply) {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(key);
  if (found == calls_.end() || !found->second.made) return false;
  reply = found->second.reply;
  return true;
}

CallState CallLog::begin(const std::string& key, const CallPlace& place, std::int64_t bound, Reply& reply) {
  std::unique_lock lock(mutex_);
  Call& call = calls_[key];
  if (call.made) {
    reply = call.reply;
    return CallState::made;
  }
  if (call.open && !retry_) return CallState::open;
  if (call.lost && !retry_) return CallState::lost;
  if (plus(totals_.spent_pusd, bound) > max_pusd_) return CallState::dear;
  call.place = place;
  call.open = true;
  call.lost = false;
  call.bound = bound;
  totals_.spent_pusd = plus(totals_.spent_pusd, bound);
  Json json = place_json("intent", place);
  json.update({{"key", key}, {"bound", bound}, {"t", now_ms()}});
  write(json.dump(), lock);
  return CallState::begun;
}

void CallLog::settle(const std::string& key, const CallPlace& place, const Reply& reply) {
  std::unique_lock lock(mutex_);
  Call& call = calls_[key];
  const std::int64_t ms = now_ms();
  call.open = false;
  call.made = true;
  call.reply = reply;
  totals_.spent_pusd -= call.bound;
  totals_.models[place.role].insert(reply.model);
  totals_.tokens[place.role] += reply.usage.prompt + reply.usage.completion;
  count(place, reply.amount_pusd, ms, false);
  Json json = place_json("reply", place);
  json.update({{"key", key},
               {"text", reply.text},
               {"model", reply.model},
               {"latency_ns", reply.latency_ns},
               {"amount", reply.amount_pusd},
               {"prompt", reply.usage.prompt},
               {"cached", reply.usage.cached},
               {"completion", reply.usage.completion},
               {"estimated", reply.estimated},
               {"t", ms}});
  write(dump_compact(json), lock);
}

void CallLog::settle(const std::string& key, const CallPlace& place, const CallFailed& failed) {
  std::unique_lock lock(mutex_);
  Call& call = calls_[key];
  const std::int64_t ms = now_ms();
  call.open = false;
  call.lost = failed.lost;
  totals_.spent_pusd -= call.bound;
  count(place, failed.amount_pusd, ms, true);
  Json json = place_json("failure", place);
  json.update({{"key", key},
               {"why", failed.why},
               {"status", failed.status},
               {"amount", failed.amount_pusd},
               {"lost", failed.lost},
               {"t", ms}});
  write(json.dump(), lock);
}

void CallLog::note_choice(const CallPlace& place, int action, double propensity) {
  std::unique_lock lock(mutex_);
  if (!choices_.insert(choice_key(place)).second) return;
  Json json = place_json("choice", place);
  json["action"] = action;
  json["propensity"] = propensity > 0 ? Json(propensity) : Json();
  write(json.dump(), lock);
}

CallTotals CallLog::totals() {
  const std::lock_guard lock(mutex_);
  return totals_;
}

ChainHead CallLog::head() {
  const std::lock_guard lock(mutex_);
  return head_;
}

}  // namespace offload
