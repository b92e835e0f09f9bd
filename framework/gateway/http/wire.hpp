// A connection to a server, in the clear or through TLS.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>

namespace offload::http {

class Wire {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // `tls` may be null and outlives the object.
  Wire(boost::asio::io_context& io, boost::asio::ssl::context* tls) : socket_(io) {
    if (tls != nullptr) tls_ = std::make_unique<Tls>(socket_, *tls);
  }

  Socket& socket() { return socket_; }
  bool secure() const { return tls_ != nullptr; }

  // Before the handshake: the name that the server's certificate has to be of.
  void expect_host(const std::string& host) {
    SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
    tls_->set_verify_callback(boost::asio::ssl::host_name_verification(host));
  }
  template <typename Handler>
  void handshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::client, std::forward<Handler>(handler));
  }
  template <typename Handler>
  void read_some(boost::asio::mutable_buffer buffer, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffer, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(buffer, std::forward<Handler>(handler));
    }
  }
  template <typename Buffers, typename Handler>
  void write(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      boost::asio::async_write(*tls_, buffers, std::forward<Handler>(handler));
    } else {
      boost::asio::async_write(socket_, buffers, std::forward<Handler>(handler));
    }
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  using Tls = boost::asio::ssl::stream<Socket&>;
  Socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace offload::http
