#include "gateway/decision/classifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/openai/error_body.hpp"
#include "gateway/openai/usage.hpp"
#include "gateway/session/ledger.hpp"

namespace offload {
namespace {

constexpr std::size_t kClassifiedMost = 65536;  // bytes of an answer

std::string folded(std::string text) {
  const auto blank = [](char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '.' || c == '"';
  };
  while (!text.empty() && blank(text.back())) text.pop_back();
  text.erase(text.begin(), std::ranges::find_if_not(text, blank));
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

}  // namespace

// The classifier keeps it until the answer is there.
class Classifier::Question final : public http::CallSink, public std::enable_shared_from_this<Question> {
 public:
  Question(Classifier& classifier, Quote quote, Told told)
      : classifier_(classifier),
        body_(std::move(quote.body)),
        price_(classifier.endpoint_.settings.prices.at(quote.time_ms)),
        told_(std::move(told)) {
    bound_.amount_pusd = quote.bound_pusd;
    bound_.estimated = quote.bound_pusd > 0;
  }
  ~Question() override {
    if (call_) call_->cancel();
  }

  void begin() {
    classifier_.open_.insert(shared_from_this());
    Endpoint& end = classifier_.endpoint_;
    ++end.in_flight;
    http::CallRequest request{"/chat/completions",
                              "accept: application/json\r\nuser-agent: offload-bench\r\n",
                              {body_},
                              body_.size()};
    call_ =
        std::make_shared<http::Call>(*end.upstream, std::move(request), static_cast<http::CallSink&>(*this));
    call_->start();
  }

 private:
  void call_head(const http::AnswerHead& head) override { good_ = head.status / 100 == 2; }
  void call_body(std::string_view bytes) override {
    answer_ += bytes;
    if (answer_.size() <= kClassifiedMost) return call_->resume();
    call_->cancel();
    over(false, bound_);
  }
  // A server that refused did nothing.
  void call_end() override { over(good_, good_ ? answered() : Classified()); }
  void call_failed(http::CallFailure failure) override {
    over(false, failure == http::CallFailure::connect ? Classified() : bound_);
  }

  Classified answered() const {
    Classified told = bound_;
    if (const auto text = openai::answer_text(answer_)) told.task = classifier_.task_in(*text);
    if (const auto usage = openai::known_usage(openai::facts_of(answer_).usage)) {
      told.usage = *usage;
      told.amount_pusd = cost_of(price_, *usage, 0);
      told.estimated = false;
    }
    return told;
  }

  void over(bool well, const Classified& told) {
    Endpoint& end = classifier_.endpoint_;
    --end.in_flight;
    well ? end.breaker.succeeded() : end.breaker.failed(http::Clock::now());
    const auto self = shared_from_this();
    classifier_.open_.erase(self);
    told_(told);
  }

  Classifier& classifier_;
  std::string body_, answer_;
  Classified bound_;  // what is booked where nothing is known
  Price price_;
  Told told_;
  bool good_ = false;
  std::shared_ptr<http::Call> call_;
};

Classifier::Classifier(Endpoint& endpoint, std::string instruction, std::vector<std::string> tasks)
    : endpoint_(endpoint), instruction_(std::move(instruction)), tasks_(std::move(tasks)) {
  for (const std::string& task : tasks_) instruction_ += "\n- " + task;
}

Classifier::Quote Classifier::quote(const std::string& text, std::int64_t time_ms) const {
  const EndpointSettings& settings = endpoint_.settings;
  std::string body = fmt::format(
      R"({{"model":{},"messages":[{{"role":"system","content":{}}},{{"role":"user","content":{}}}],"{}":{},)"
      R"("temperature":0}})",
      openai::quoted(settings.model), openai::quoted(instruction_), openai::quoted(text), settings.limit_key,
      settings.max_output);
  const CallBound most{body.size(), 0, 0, settings.max_output};
  return {std::move(body), time_ms, cost_bound(settings.prices.at(time_ms), most)};
}

void Classifier::ask(Quote quote, Told told) {
  if (!available())
    return boost::asio::post(endpoint_.upstream->io(), [told = std::move(told)] { told({}); });
  std::make_shared<Question>(*this, std::move(quote), std::move(told))->begin();
}

int Classifier::task_in(std::string answer) const {
  answer = folded(std::move(answer));
  int within = -1, count = 0;
  for (std::size_t t = 0; t < tasks_.size(); ++t) {
    const std::string name = folded(tasks_[t]);
    if (answer == name || answer == std::to_string(t)) return static_cast<int>(t);
    if (name.empty() || answer.find(name) == std::string::npos) continue;
    within = static_cast<int>(t);
    ++count;
  }
  return count == 1 ? within : -1;
}

}  // namespace offload
