// A model's server behind TLS: takes connections with a certificate made on the spot, and hands on what they
// say in the clear to a scripted server.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "end_to_end/gateway/sockets.hpp"

namespace offload::testing {

class TlsFront {
 public:
  // `certificate`: where its certificate goes, which is its own authority, for `host`.
  TlsFront(int backend_port, const std::string& host, const std::filesystem::path& certificate)
      : backend_port_(backend_port),
        key_(EVP_EC_gen("P-256"), EVP_PKEY_free),
        context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    const auto made = self_signed(host);
    FILE* file = std::fopen(certificate.c_str(), "w");
    PEM_write_X509(file, made.get());
    std::fclose(file);
    SSL_CTX_use_certificate(context_.get(), made.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    listening_ = Socket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in bound = Socket::loopback(0);
    bind(listening_.descriptor(), reinterpret_cast<const sockaddr*>(&bound), sizeof bound);
    listen(listening_.descriptor(), 64);
    socklen_t size = sizeof bound;
    getsockname(listening_.descriptor(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = ntohs(bound.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~TlsFront() {
    ending_ = true;
    accepting_.join();
    for (std::thread& one : relaying_) one.join();
  }

  int port() const { return port_; }
  int handshakes() const { return handshakes_; }

 private:
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  Certificate self_signed(const std::string& host) const {
    Certificate made(X509_new(), X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key_.get());
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1,
                               -1, 0);
    X509_set_issuer_name(made.get(), name);
    for (const auto& [kind, value] : {std::pair(NID_subject_alt_name, "DNS:" + host),
                                      std::pair(NID_basic_constraints, std::string("CA:TRUE"))}) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
      X509_add_ext(made.get(), extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(made.get(), key_.get(), EVP_sha256());
    return made;
  }

  void accept_all() {
    while (!ending_) {
      pollfd wait = {listening_.descriptor(), POLLIN, 0};
      if (poll(&wait, 1, 50) <= 0) continue;
      const int descriptor = accept4(listening_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor >= 0) relaying_.emplace_back([this, descriptor] { relay(Socket(descriptor)); });
    }
  }
  void relay(Socket client) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(tls.get(), client.descriptor());
    if (SSL_accept(tls.get()) != 1) return;
    ++handshakes_;
    Socket server = Socket::connected(backend_port_);
    char bytes[16384];
    while (!ending_) {
      pollfd wait[] = {{client.descriptor(), POLLIN, 0}, {server.descriptor(), POLLIN, 0}};
      if (SSL_pending(tls.get()) == 0 && poll(wait, 2, 50) <= 0) continue;
      if (SSL_pending(tls.get()) > 0 || (wait[0].revents & POLLIN) != 0) {
        const int count = SSL_read(tls.get(), bytes, sizeof bytes);
        if (count <= 0 || !server.send({bytes, static_cast<std::size_t>(count)})) return;
      }
      if ((wait[1].revents & (POLLIN | POLLHUP)) == 0) continue;
      const ssize_t count = recv(server.descriptor(), bytes, sizeof bytes, 0);
      if (count <= 0 || SSL_write(tls.get(), bytes, static_cast<int>(count)) <= 0) return;
    }
  }

  int backend_port_, port_ = 0;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  Socket listening_;
  std::atomic<bool> ending_ = false;
  std::atomic<int> handshakes_ = 0;
  std::thread accepting_;
  std::vector<std::thread> relaying_;
};

}  // namespace offload::testing
