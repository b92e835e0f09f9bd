// One turn of a session from its request to its settlement: decided, journalled, called, relayed, booked. Who
// asks the same while it goes on is given the same answer. It is kept among those that are open while it has
// something to wait for.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/decision/agents.hpp"
#include "gateway/decision/classifier.hpp"
#include "gateway/decision/planner.hpp"
#include "gateway/openai/edit.hpp"
#include "gateway/openai/sse.hpp"
#include "gateway/session/journal_file.hpp"
#include "gateway/session/metrics.hpp"
#include "gateway/session/text_journal.hpp"

namespace offload {

class ServedTurn;

// What turns have in common. Everything outlives them.
struct TurnServices {
  boost::asio::io_context& io;
  http::Deadlines& deadlines;
  const ServeSettings& settings;
  const ServedPolicy& policy;
  const Planner& planner;
  AgentTable& agents;
  Classifier* classifier;  // null where there is none
  JournalFile& journal;
  Metrics& metrics;
  TextJournal* texts;  // null: nothing of what is said is kept
  std::uint64_t next_decision = 1;
  bool ending = false;  // nothing is begun any more
  std::list<std::shared_ptr<ServedTurn>> open = {};
};

std::int64_t wall_ms();
// The same as of the beginning of this process, and going on evenly from there: no change of the wall clock
// makes sessions old.
std::int64_t even_ms();
// A refusal as a whole answer; `fields`: lines of its head beside its own.
std::string refusal_answer(const Refusal& refusal, const std::string& fields = "");

class ServedTurn final : public std::enable_shared_from_this<ServedTurn>,
                         private http::CallSink,
                         private http::Timed {
 public:
  struct Question {
    std::string body;
    openai::ChatRequest request;
    TurnHeaders headers;
    int forced = -1;                   // 0 local, 1 cloud, by the model's name
    std::string passed[2] = {"", ""};  // fields, as lines, that may go on to local and cloud
    http::Clock::duration parsing{};   // what reading it took
  };

  // The session has its agent.
  ServedTurn(TurnServices& services, std::shared_ptr<Session> session, Question question);

  void begin();
  // Whether a client that asks this can have this turn's answer.
  bool joins(const std::string& body) const;
  void attach(const std::shared_ptr<http::Connection>& client);
  // Whether it waits for nothing but a client that may come back for its answer.
  bool lingers() const { return stage_ == Stage::answered; }
  void release();
  // What the journal does not have yet, the next start books; nobody is answered, and nobody waits for it any
  // more.
  void let_go();

 private:
  enum class Stage : std::uint8_t { deciding, deciding_journalled, calling, settling, answered, over };
  struct Client {
    std::shared_ptr<http::Connection> connection;
    bool sending = false;
  };

  // Deciding.
  void refuse(const Refusal& refusal);
  void ask_task();
  void take_task(const Classified& told, const Amounts& bound);
  std::string cost_field(std::int64_t pusd) const;
  void decide();
  void ask();
  void choose(std::optional<int> choice);
  int choice_or(std::optional<int> choice, std::string& why) const;
  void require_room(int action) const;
  void admit(std::optional<int> choice, int action, const std::string& why);
  static Refusal busy(const Endpoint& end);
  void hold_place(Endpoint& end, int action);
  void leave_place(std::int64_t used);
  void book_decision(std::optional<int> choice, int action, const std::string& why);

  // Calling.
  void journal_call(const JournalEvent& event);
  void call();
  void make_call();
  void edit();
  void drop_images(std::size_t message, std::uint32_t sent);
  std::string call_fields() const;
  void call_head(const http::AnswerHead& head) override;
  void call_body(std::string_view bytes) override;
  void call_end() override;
  void call_failed(http::CallFailure failure) override;
  void call_over(bool well);
  bool try_again(bool same_endpoint, std::chrono::milliseconds wait);
  bool retry_status();
  void book_lost_call();

  // Answering.
  void stream_out(std::string bytes);
  void sent_to(const http::Connection* connection);
  void resume_if_taken();
  std::string own_fields() const;
  std::string stream_head(const http::Connection& client) const;
  std::string framed(const http::Connection& client, const std::string& bytes) const;
  void gone(const http::Connection* connection);
  void abandon();
  void watch_deadline();
  void cut_at_deadline();
  void expired() override;
  void settle(const char* outcome);
  TurnSettled settlement(const char* outcome);
  void count(const TurnSettled& settled);
  void report(const TurnSettled& settled);
  std::string stream_end(const http::Request& request) const;
  void finish_clients();
  void finish(const std::shared_ptr<http::Connection>& client);

  TurnServices& services_;
  std::shared_ptr<Session> session_;
  std::shared_ptr<ServedAgent> agent_;
  Question question_;
  http::Clock::time_point started_ = http::Clock::now(), deciding_{}, first_byte_{};
  std::vector<Client> clients_;
  Stage stage_ = Stage::deciding;
  std::optional<std::list<std::shared_ptr<ServedTurn>>::iterator> place_;  // among those that are open

  TurnPlan plan_;
  std::uint64_t decision_ = 0;
  int action_ = 0, attempts_ = 0;
  bool fell_back_ = false, abandoned_ = false;
  Amounts reserved_{};          // of all calls of the turn
  std::int64_t lost_cost_ = 0;  // of calls that failed and may have been charged for
  Classified classified_;       // what asking for the task came to

  std::unique_ptr<openai::EditedText> edited_;
  std::shared_ptr<http::Call> call_;
  boost::asio::steady_timer wait_, deadline_;
  Endpoint* held_ = nullptr;  // where it has a place
  std::int64_t held_tokens_ = 0;
  bool queued_ = false;  // waits for a place
  bool late_ = false;    // the session's time is over
  http::AnswerHead head_;
  std::unique_ptr<openai::StreamRelay> relay_;  // of a streamed answer
  std::string answer_;  // the body of another; of a stream what was sent, as far as kept
  bool streaming_out_ = false, log_full_ = false;
  std::string tail_, fields_, report_;
  bool cut_ = false, encoded_ = false;
  http::Clock::duration blocked_{};
};

}  // namespace offload
