// The gateway's front: who may ask, what is asked, and which session it belongs to. Turns do the rest.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/session/identity.hpp"
#include "gateway/turn.hpp"

namespace offload {

class Gateway final : public http::Handler {
 public:
  // `key`: of the hashes that stand for sessions. `keys`: of clients. All arguments outlive the object.
  Gateway(TurnServices& services, SessionTable& sessions, Endpoint& local, Endpoint& cloud, std::string key,
          ClientKeys keys);

  std::string refuse(const http::Request& head) override;
  void handle(const std::shared_ptr<http::Connection>& connection) override;
  void closed() override { --connections_; }

  // A connection begins; false where there are too many.
  bool admits() { return ++connections_ <= services_.settings.connections; }
  std::size_t connections() const { return connections_; }
  // From now on nothing new is begun.
  void close() { closing_ = true; }

 private:
  class Waiter;

  bool known_host(const std::string& host) const;
  std::optional<std::string> subject_of(const http::Request& request) const;
  void answer(http::Connection& connection, int status, const char* type, const std::string& body) const;
  void chat(const std::shared_ptr<http::Connection>& connection);
  ServedTurn::Question question_of(const http::Request& request, std::string body) const;
  std::string session_id(const http::Request& request, const ServedTurn::Question& question) const;
  std::string implicit_id(const std::string& subject, const ServedTurn::Question& question) const;
  std::shared_ptr<Session> session_of(const http::Request& request, const ServedTurn::Question& question);
  std::uint64_t session_bits(const Session& session) const;
  void take_turn(const std::shared_ptr<http::Connection>& connection, const std::shared_ptr<Session>& session,
                 ServedTurn::Question question);
  std::string models() const;
  std::string health() const;
  std::string metrics() const;
  bool ready() const;

  TurnServices& services_;
  SessionTable& sessions_;
  Endpoint &local_, &cloud_;
  std::string key_;
  ClientKeys keys_;
  std::size_t connections_ = 0;
  bool closing_ = false;
};

}  // namespace offload
