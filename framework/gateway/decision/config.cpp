#include "gateway/decision/config.hpp"

#include <cmath>

#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "files/toml_reader.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::size_t kServeFileMost = 1 << 20, kRulesMost = 1000, kArmsMost = 16;

// What users say must not be able to keep a rule busy: without __polynomial libstdc++ tries every way to
// match, of which there may be 2^n. It has no back-references.
constexpr auto kRuleForm =
    std::regex::ECMAScript | std::regex::icase | std::regex::optimize | std::regex_constants::__polynomial;

constexpr const char* kInstruction =
    "Which of these tasks is the user's message? Reply with the name of one and nothing else.";

class ServeReader {
 public:
  ServeReader(const fs::path& file, ServeSettings& settings)
      : file_(file.string()),
        base_(file.parent_path()),
        settings_(settings),
        text_(read_bounded(file, kServeFileMost)),
        document_(parse_toml(text_, printable(file_))) {}

  void read() {
    TomlTable root(document_, file_, "", text_);
    serve(root.table("serve"));
    arms(root);
    budget(root.table("budget"));
    tasks(root);
    if (root.has("classifier")) classifier(root.table("classifier"));
    limits(root.table("limits"));
    for (const bool cloud : {false, true}) {
      TomlTable table = root.table(cloud ? "cloud" : "local");
      (cloud ? settings_.cloud : settings_.local) = read_endpoint(table, base_, !cloud);
      table.finish();
    }
    root.finish();
    for (const EndpointSettings* end :
         {&settings_.local, &settings_.cloud, settings_.classifier ? &*settings_.classifier : nullptr}) {
      if (end != nullptr && is_itself(end->url))
        fail(ErrorKind::config, "{}: base_url is the address that is listened on; name a model's server",
             end->place);
    }
  }

 private:
  fs::path path(TomlTable& table, std::string_view key) {
    const std::string text = table.text(key, "");
    return text.empty() ? fs::path() : base_ / text;
  }
  void serve(TomlTable table);
  void listen(TomlTable& table);
  void mode(TomlTable& table);
  void arms(TomlTable& root);
  void budget(TomlTable table);
  void tasks(TomlTable& root);
  void classifier(TomlTable table);
  void limits(TomlTable table);
  bool is_itself(const http::BaseUrl& url) const;

  std::string file_;
  fs::path base_;
  ServeSettings& settings_;
  std::string text_;
  toml::table document_;
};

void ServeReader::listen(TomlTable& table) {
  const std::string text = table.text("listen", "127.0.0.1:8100");
  const std::size_t colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool digits =
      !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoi(port) > 65535)
    table.refuse("listen", "listen: expected ADDRESS:PORT, as 127.0.0.1:8100");
  settings_.listen_host = text.substr(0, colon);
  if (settings_.listen_host.starts_with('[') && settings_.listen_host.ends_with(']'))
    settings_.listen_host = settings_.listen_host.substr(1, settings_.listen_host.size() - 2);
  settings_.listen_port = static_cast<std::uint16_t>(std::stoi(port));
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(settings_.listen_host, error);
  if (error) table.refuse("listen", "listen: the address has to be a number, as 127.0.0.1 or [::1]");
  settings_.loopback = address.is_loopback();
  settings_.client_keys = path(table, "client_keys");
  if (!settings_.loopback && settings_.client_keys.empty())
    table.refuse(
        "listen",
        "listen: others can reach this address; give client_keys, a file of keys, or listen on 127.0.0.1");
}

void ServeReader::mode(TomlTable& table) {
  const std::string mode = table.choice("mode", "live", {"live", "shadow"});
  const std::string baseline = table.choice("baseline", "cloud", {"local", "cloud"});
  if (mode == "live" && table.has("baseline"))
    table.refuse("baseline", "baseline: only what serves in mode = \"shadow\" has one");
  if (mode == "shadow") settings_.baseline = baseline == "cloud";
}

// By what the address says; each call would be one more turn.
bool ServeReader::is_itself(const http::BaseUrl& url) const {
  if (url.port != std::to_string(settings_.listen_port)) return false;
  boost::system::error_code named;
  const auto address = boost::asio::ip::make_address(url.host, named);
  const auto here = boost::asio::ip::make_address(settings_.listen_host);
  if (named) return url.host == "localhost" && (here.is_loopback() || here.is_unspecified());
  return address == here || (address.is_loopback() && here.is_unspecified());
}

void ServeReader::serve(TomlTable table) {
  listen(table);
  mode(table);
  settings_.place = table.place("row");
  settings_.suite = base_ / table.required_text("suite");
  settings_.row = table.required_text("row");
  settings_.checkpoint = path(table, "checkpoint");
  const std::string data = table.text("dataset", "");
  settings_.dataset = data.empty() || data.find(':') != std::string::npos ? data : (base_ / data).string();
  settings_.seed =
      static_cast<std::uint64_t>(table.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  settings_.client_streams = table.boolean("client_streams", false);
  settings_.journal = base_ / table.required_text("journal");
  settings_.journal_sync = table.boolean("journal_sync", true);
  settings_.journal_text = table.boolean("journal_text", false);
  settings_.reload_on_change = table.boolean("reload_on_change", false);
  settings_.models = table.texts("models", {});
  settings_.hosts = table.texts("hosts", {});
  settings_.origins = table.texts("origins", {});
  settings_.implicit_sessions = table.boolean("implicit_sessions", false);
  const std::string history = table.choice("history_images", "sent", {"sent", "all", "none"});
  settings_.history_images = history == "all"    ? ServeSettings::History::all
                             : history == "none" ? ServeSettings::History::none
                                                 : ServeSettings::History::sent;
  table.finish();
}

void ServeReader::arms(TomlTable& root) {
  double sum = 0;
  for (TomlTable& table : root.tables("arm")) {
    ArmSettings arm;
    arm.place = table.place("row");
    arm.row = table.required_text("row");
    arm.checkpoint = path(table, "checkpoint");
    if (!table.has("share")) table.refuse("share", "share is missing: the part of new sessions, as 0.1");
    arm.share = table.number("share", 0, 0, 1);
    sum += arm.share;
    if (sum > 1 + 1e-9) table.refuse("share", "share: the arms together have more than all sessions");
    table.finish();
    if (settings_.arms.size() == kArmsMost)
      fail(ErrorKind::config, "{}: more than {} arms", arm.place, kArmsMost);
    settings_.arms.push_back(std::move(arm));
  }
}

void ServeReader::budget(TomlTable table) {
  settings_.cell_place = table.place("cell");
  settings_.cell = table.text("cell", "");
  const double none = std::numeric_limits<double>::infinity();
  if (table.has("latency_s") || table.has("cost_usd")) {
    if (!settings_.cell.empty())
      table.refuse("cell", "cell: give either a cell of the suite or latency_s and cost_usd");
    const auto amount = [&](std::string_view key, int resource) {
      return to_amount(table.number(key, none, 0, none), resource,
                       fmt::format("{}: {}", table.place(key), key));
    };
    settings_.limit = Amounts{amount("latency_s", 0), amount("cost_usd", 1)};
  }
  settings_.enforce = table.boolean("enforce", true);
  settings_.exhausted = table.choice("exhausted", "error", {"error", "local"}) == "local"
                            ? ServeSettings::Exhausted::local
                            : ServeSettings::Exhausted::error;
  settings_.measured = table.choice("accounting", "measured", {"measured", "profile"}) == "measured";
  settings_.reserve_cost = table.choice("reserve_cost", "bound", {"bound", "quantile"}) == "bound"
                               ? ServeSettings::Reserve::bound
                               : ServeSettings::Reserve::quantile;
  settings_.cut = table.choice("on_deadline", "finish", {"finish", "cut"}) == "cut";
  table.finish();
}

void ServeReader::tasks(TomlTable& root) {
  TomlTable table = root.table("tasks");
  const std::string unknown = table.text("unknown", "refuse");
  if (unknown != "refuse") {
    settings_.unknown = ServeSettings::Unknown::fallback;
    settings_.unknown_task = unknown;
  }
  table.finish();
  std::vector<TomlTable> rules = root.tables("task_rule");
  if (rules.size() > kRulesMost) fail(ErrorKind::config, "{}: more than {} rules", file_, kRulesMost);
  for (TomlTable& rule : rules) {
    const std::string pattern = rule.required_text("pattern");
    try {
      settings_.rules.push_back(
          {std::regex(pattern, kRuleForm), rule.required_text("task"), rule.place("task")});
    } catch (const std::regex_error&) {
      rule.refuse("pattern", "pattern: not a regular expression (ECMAScript, without back-references)");
    }
    rule.finish();
  }
}

void ServeReader::classifier(TomlTable table) {
  EndpointSettings settings = read_endpoint(table, base_, false);
  if (!settings.prices.free() && !settings_.measured)
    table.refuse(
        settings.prices.dated().empty() ? "price" : "prices",
        "price: what a classifier costs is booked as it was measured; with accounting = \"profile\" it has "
        "to be free");
  if (settings.model.empty()) table.refuse("model", "model: name the model that is asked for");
  if (!table.has("max_output")) settings.max_output = 16;
  if (!table.has("first_byte_s")) settings.times.first_byte = milliseconds(2000);
  settings_.instruction = table.text("instruction", kInstruction);
  settings_.classifier = std::move(settings);
  table.finish();
}

void ServeReader::limits(TomlTable table) {
  settings_.limits.body_bytes = static_cast<std::size_t>(table.integer("body_mb", 32, 1, 1024)) << 20;
  settings_.text_bytes = table.integer("journal_text_mb", 1024, 1, 1'000'000) << 20;
  settings_.connections = static_cast<std::size_t>(table.integer("connections", 1024, 1, 100'000));
  settings_.sessions = static_cast<std::size_t>(table.integer("sessions", 100'000, 1, 10'000'000));
  settings_.session_idle = seconds_of(table, "session_idle_s", settings_.session_idle);
  settings_.queue = seconds_of(table, "queue_s", settings_.queue);
  settings_.linger = seconds_of(table, "linger_s", settings_.linger);
  settings_.decision_limit = seconds_of(table, "decision_s", settings_.decision_limit);
  settings_.limits.head_time = seconds_of(table, "head_s", milliseconds(30'000));
  settings_.limits.body_time = seconds_of(table, "body_s", milliseconds(60'000));
  settings_.limits.slow_time = seconds_of(table, "slow_client_s", milliseconds(60'000));
  table.finish();
}

}  // namespace

std::string ServeSettings::prices_sha256() const {
  std::string all;
  for (const EndpointSettings* end : {&local, &cloud, classifier ? &*classifier : nullptr}) {
    if (end == nullptr) continue;
    for (const DatedPrice& one : end->prices.dated()) all += one.sha256 + "\n";
  }
  return all.empty() ? all : sha256_of(all);
}

std::vector<std::string> ServeSettings::unpriced_endpoints() const {
  if (!measured) return {};
  std::vector<std::string> told = {
      unpriced(cloud, "cloud", "its turns are booked at 0 USD and no cost budget guards them")};
  if (classifier && !is_on_this_machine(*classifier))
    told.push_back(unpriced(*classifier, "classifier",
                            "its questions are booked at 0 USD and no cost budget guards them"));
  std::erase(told, "");
  return told;
}

ServeSettings read_serve_settings(const fs::path& file) {
  ServeSettings settings;
  settings.file = file.string();
  settings.seen = look_at(file);
  ServeReader(file, settings).read();
  return settings;
}

}  // namespace offload
