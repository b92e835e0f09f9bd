#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <cmath>
#include <set>

#include "files/toml_reader.hpp"
#include "gateway/decision/config.hpp"
#include "gateway/decision/price_file.hpp"

namespace offload {
namespace {

constexpr double kUsdPerMillionMost = 1000;

// USD per million tokens are as many pico-dollars per token times 10^6.
Price constant_price(TomlTable table) {
  const auto per_token = [&table](std::string_view key, double fallback) {
    return std::llround(table.number(key, fallback, 0, kUsdPerMillionMost) * 1e6);
  };
  Price price;
  price.input = per_token("input", 0);
  price.output = per_token("output", 0);
  price.cached = table.has("cached") ? per_token("cached", 0) : price.input;
  price.image = std::llround(table.number("image_usd", 0, 0, 1e-3) * 1e12);
  table.finish();
  return price;
}

// "prices": a file or several of them, by the model's name; or "price": a table.
Prices read_prices(TomlTable& table, const std::filesystem::path& base, const std::string& model) {
  if (!table.has("prices")) return Prices(constant_price(table.table("price")));
  if (table.has("price")) table.refuse("price", "price: give either price or prices");
  if (model.empty()) table.refuse("prices", "prices: files price a model by its name; give model");
  std::vector<std::string> files;
  if (table.is_text("prices")) {
    files.push_back(table.required_text("prices"));
  } else {
    files = table.texts("prices", {});
  }
  if (files.empty()) table.refuse("prices", "prices: name a file of prices");
  std::vector<DatedPrice> dated;
  for (const std::string& file : files) {
    dated.push_back(read_price(base / file, model));
    for (std::size_t i = 0; i + 1 < dated.size(); ++i) {
      if (dated[i].date == dated.back().date)
        table.refuse("prices", "prices: two files are of " + dated[i].date);
    }
  }
  return Prices(std::move(dated));
}

// Fields of a client's head that a server may be told; never what says who the client is or frames a message.
std::vector<std::string> read_passed(TomlTable& table) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  static const std::set<std::string> kOwn = {
      "accept",         "accept-encoding",   "authorization", "connection",
      "content-length", "content-type",      "cookie",        "expect",
      "host",           "idempotency-key",   "keep-alive",    "te",
      "trailer",        "transfer-encoding", "upgrade",       "user-agent",
      "x-api-key"};
  std::vector<std::string> names = table.texts("pass", {});
  for (const std::string& name : names) {
    if (name.empty() || name.find_first_not_of(kLetters) != std::string::npos)
      table.refuse("pass", "pass: names of fields in lower case, as traceparent");
    if (kOwn.contains(name) || name.starts_with("proxy-"))
      table.refuse("pass", "pass: '" + name + "' is the gateway's own or the client's secret; leave it out");
  }
  return names;
}

}  // namespace

std::chrono::milliseconds seconds_of(TomlTable& table, std::string_view key,
                                     std::chrono::milliseconds fallback) {
  const double s = table.number(key, static_cast<double>(fallback.count()) / 1000, 0, 1e6);
  return std::chrono::milliseconds(std::llround(s * 1000));
}

EndpointSettings read_endpoint(TomlTable& table, const std::filesystem::path& base, bool local) {
  using std::chrono::milliseconds;
  const auto path = [&](std::string_view key) {
    const std::string text = table.text(key, "");
    return text.empty() ? std::filesystem::path() : base / text;
  };
  EndpointSettings endpoint;
  endpoint.place = table.place();
  endpoint.url = http::parse_base_url(table.required_text("base_url"), table.place("base_url"));
  endpoint.model = table.text("model", "");
  endpoint.key_variable = table.text("key_env", "");
  endpoint.key_file = path("key_file");
  endpoint.ca_file = path("ca_file");
  endpoint.images = table.boolean("images", !local);
  // llama.cpp's server, the usual one on a device, tells the usage of one choice of several.
  endpoint.counts_choices = table.boolean("counts_choices", !local);
  endpoint.prices = read_prices(table, base, endpoint.model);
  endpoint.priced = table.has("prices") || !table.table("price").keys().empty();
  endpoint.tokens_per_image = table.integer("tokens_per_image", endpoint.tokens_per_image, 0, 1'000'000);
  endpoint.max_output = table.integer("max_output", endpoint.max_output, 1, 10'000'000);
  endpoint.pass = read_passed(table);
  endpoint.limit_key = table.choice("limit_key", "max_tokens", {"max_tokens", "max_completion_tokens"});
  endpoint.in_flight = static_cast<int>(table.integer("in_flight", endpoint.in_flight, 1, 100'000));
  endpoint.queue = static_cast<int>(table.integer("queue", endpoint.queue, 0, 1'000'000));
  endpoint.requests_per_minute = table.number("requests_per_minute", 0, 0, 1e9);
  endpoint.tokens_per_minute = table.number("tokens_per_minute", 0, 0, 1e12);
  endpoint.attempts = static_cast<int>(table.integer("retries", 2, 0, 10)) + 1;
  endpoint.times.connect = seconds_of(table, "connect_s", milliseconds(2000));
  endpoint.times.first_byte = seconds_of(table, "first_byte_s", milliseconds(local ? 120'000 : 60'000));
  endpoint.times.idle = seconds_of(table, "idle_s", milliseconds(60'000));
  return endpoint;
}

std::string unpriced(const EndpointSettings& endpoint, std::string_view name, std::string_view fact) {
  if (endpoint.priced) return {};
  return fmt::format(
      "{}: [{}] has neither price nor prices: {}; add price = {{input = .., output = ..}} in USD per million "
      "tokens or prices = \"FILE\", or price = {{input = 0, output = 0}} if it is free",
      endpoint.place, name, fact);
}

bool is_on_this_machine(const EndpointSettings& endpoint) {
  boost::system::error_code named;
  const auto address = boost::asio::ip::make_address(endpoint.url.host, named);
  return named ? endpoint.url.host == "localhost" : address.is_loopback();
}

}  // namespace offload
