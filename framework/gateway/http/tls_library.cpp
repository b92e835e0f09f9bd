// The functions of OpenSSL that Boost.Asio calls, under their own names, which its headers qualify: each
// loads libssl when it is first called (process/system_library.hpp). libssl and libcrypto are a third of what
// a start of the command takes, and few verbs speak TLS.
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <tuple>

#include "process/system_library.hpp"

namespace offload::http {
namespace {

SystemLibrary tls_library(OFFLOAD_LIBSSL, "https needs it (Debian: libssl3)");

template <typename Function>
struct Forwarded;

template <typename Answer, typename... Arguments>
struct Forwarded<Answer(Arguments...)> {
  using Result = Answer;
  template <std::size_t i>
  using Argument = std::tuple_element_t<i, std::tuple<Arguments...>>;
};

}  // namespace
}  // namespace offload::http

// NOLINTBEGIN(readability-identifier-naming): OpenSSL's
#define OFFLOAD_ARGUMENT(name, i) offload::http::Forwarded<decltype(name)>::Argument<i>
#define OFFLOAD_FORWARD(name, parameters, arguments)                                                   \
  extern "C" offload::http::Forwarded<decltype(name)>::Result name parameters {                        \
    static const offload::LibraryFunction<decltype(name)> function(offload::http::tls_library, #name); \
    return function arguments;                                                                         \
  }
#define OFFLOAD_FORWARD_0(name) OFFLOAD_FORWARD(name, (), ())
#define OFFLOAD_FORWARD_1(name) OFFLOAD_FORWARD(name, (OFFLOAD_ARGUMENT(name, 0) a), (a))
#define OFFLOAD_FORWARD_2(name) \
  OFFLOAD_FORWARD(name, (OFFLOAD_ARGUMENT(name, 0) a, OFFLOAD_ARGUMENT(name, 1) b), (a, b))
#define OFFLOAD_FORWARD_3(name)                                                                            \
  OFFLOAD_FORWARD(name,                                                                                    \
                  (OFFLOAD_ARGUMENT(name, 0) a, OFFLOAD_ARGUMENT(name, 1) b, OFFLOAD_ARGUMENT(name, 2) c), \
                  (a, b, c))
#define OFFLOAD_FORWARD_4(name)                                                                           \
  OFFLOAD_FORWARD(name,                                                                                   \
                  (OFFLOAD_ARGUMENT(name, 0) a, OFFLOAD_ARGUMENT(name, 1) b, OFFLOAD_ARGUMENT(name, 2) c, \
                   OFFLOAD_ARGUMENT(name, 3) d),                                                          \
                  (a, b, c, d))
#define OFFLOAD_FORWARD_5(name)                                                                           \
  OFFLOAD_FORWARD(name,                                                                                   \
                  (OFFLOAD_ARGUMENT(name, 0) a, OFFLOAD_ARGUMENT(name, 1) b, OFFLOAD_ARGUMENT(name, 2) c, \
                   OFFLOAD_ARGUMENT(name, 3) d, OFFLOAD_ARGUMENT(name, 4) e),                             \
                  (a, b, c, d, e))

OFFLOAD_FORWARD_4(BIO_ctrl)
OFFLOAD_FORWARD_1(BIO_ctrl_pending)
OFFLOAD_FORWARD_1(BIO_free)
OFFLOAD_FORWARD_4(BIO_new_bio_pair)
OFFLOAD_FORWARD_3(BIO_read)
OFFLOAD_FORWARD_3(BIO_write)
OFFLOAD_FORWARD_3(CRYPTO_free)
OFFLOAD_FORWARD_0(ERR_clear_error)
OFFLOAD_FORWARD_0(ERR_get_error)
OFFLOAD_FORWARD_1(ERR_lib_error_string)
OFFLOAD_FORWARD_1(ERR_reason_error_string)
OFFLOAD_FORWARD_4(SSL_CTX_ctrl)
OFFLOAD_FORWARD_1(SSL_CTX_free)
OFFLOAD_FORWARD_1(SSL_CTX_get_default_passwd_cb_userdata)
OFFLOAD_FORWARD_2(SSL_CTX_get_ex_data)
OFFLOAD_FORWARD_1(SSL_CTX_get_verify_callback)
OFFLOAD_FORWARD_3(SSL_CTX_load_verify_locations)
OFFLOAD_FORWARD_1(SSL_CTX_new)
OFFLOAD_FORWARD_2(SSL_CTX_set_default_passwd_cb_userdata)
OFFLOAD_FORWARD_1(SSL_CTX_set_default_verify_paths)
OFFLOAD_FORWARD_3(SSL_CTX_set_ex_data)
OFFLOAD_FORWARD_2(SSL_CTX_set_options)
OFFLOAD_FORWARD_3(SSL_CTX_set_verify)
OFFLOAD_FORWARD_1(SSL_accept)
OFFLOAD_FORWARD_1(SSL_connect)
OFFLOAD_FORWARD_4(SSL_ctrl)
OFFLOAD_FORWARD_1(SSL_free)
OFFLOAD_FORWARD_2(SSL_get_error)
OFFLOAD_FORWARD_2(SSL_get_ex_data)
OFFLOAD_FORWARD_0(SSL_get_ex_data_X509_STORE_CTX_idx)
OFFLOAD_FORWARD_1(SSL_get_shutdown)
OFFLOAD_FORWARD_1(SSL_get_verify_mode)
OFFLOAD_FORWARD_1(SSL_new)
OFFLOAD_FORWARD_3(SSL_read)
OFFLOAD_FORWARD_3(SSL_set_bio)
OFFLOAD_FORWARD_3(SSL_set_ex_data)
OFFLOAD_FORWARD_3(SSL_set_verify)
OFFLOAD_FORWARD_3(SSL_write)
OFFLOAD_FORWARD_0(TLS_client_method)
OFFLOAD_FORWARD_0(TLS_method)
OFFLOAD_FORWARD_0(TLS_server_method)
OFFLOAD_FORWARD_1(X509_STORE_CTX_get_current_cert)
OFFLOAD_FORWARD_1(X509_STORE_CTX_get_error_depth)
OFFLOAD_FORWARD_2(X509_STORE_CTX_get_ex_data)
OFFLOAD_FORWARD_5(X509_check_host)
OFFLOAD_FORWARD_3(X509_check_ip_asc)

#undef OFFLOAD_FORWARD_0
#undef OFFLOAD_FORWARD_1
#undef OFFLOAD_FORWARD_2
#undef OFFLOAD_FORWARD_3
#undef OFFLOAD_FORWARD_4
#undef OFFLOAD_FORWARD_5
#undef OFFLOAD_FORWARD
#undef OFFLOAD_ARGUMENT
// NOLINTEND(readability-identifier-naming)
