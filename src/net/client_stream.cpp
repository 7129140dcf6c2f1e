#include "net/client_stream.h"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "slod/net/connect_probe.h"

namespace slod::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

/// Runs one asynchronous step to its end or to the deadline.
class Steps {
 public:
  explicit Steps(asio::io_context& io, tcp::socket& socket) : io_(io), socket_(socket) {}

  /// `start` begins the step and is given what to call at its end: (error, bytes).
  template <typename Start>
  Code run(Deadline deadline, std::size_t& bytes, Start start) {
    std::optional<Code> result;
    start([&result, &bytes](const Code& error, std::size_t n) {
      result = error;
      bytes = n;
    });
    io_.restart();
    io_.run_until(deadline);
    if (result) return *result;
    Code ignored;
    socket_.close(ignored);  // ends the step: it refers to this frame
    io_.restart();
    io_.run();
    return asio::error::timed_out;
  }

 private:
  asio::io_context& io_;
  tcp::socket& socket_;
};

tcp::endpoint endpoint_of(const Address& address) {
  tcp::endpoint endpoint;
  endpoint.resize(address.size);
  std::memcpy(endpoint.data(), &address.storage, address.size);
  return endpoint;
}

std::string words(const Code& error) {
  return error == asio::error::timed_out ? "timed out" : error.message();
}

class PlainStream : public ClientStream {
 public:
  Status open(const std::vector<Address>& addresses, Deadline deadline) {
    std::string fault = "no address";
    for (const Address& address : addresses) {
      socket_ = tcp::socket(io_);
      std::size_t none = 0;
      const Code error = steps_.run(deadline, none, [&](auto done) {
        socket_.async_connect(endpoint_of(address), [done](const Code& e) { done(e, 0); });
      });
      if (!error) {
        Code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        return ok();
      }
      fault = "connect " + address.text() + ": " + words(error);
    }
    return Error{fault};
  }

  Status write(std::string_view bytes, Deadline deadline) override {
    std::size_t sent = 0;
    const Code error = steps_.run(deadline, sent, [&](auto done) {
      asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), done);
    });
    if (error) return Error{"send: " + words(error)};
    return ok();
  }

  Result<std::size_t> read(char* to, std::size_t size, Deadline deadline) override {
    std::size_t got = 0;
    const Code error =
        steps_.run(deadline, got, [&](auto done) { socket_.async_read_some(asio::buffer(to, size), done); });
    if (error == asio::error::eof) return std::size_t{0};
    if (error) return Error{"receive: " + words(error)};
    return got;
  }

 protected:
  asio::io_context io_{1};
  tcp::socket socket_{io_};
  Steps steps_{io_, socket_};
};

class TlsStream final : public PlainStream {
 public:
  /// `ca_file` "": the system's.
  Status shake_hands(const std::string& host, const std::string& ca_file, Deadline deadline) {
    Code error;
    if (ca_file.empty()) {
      context_.set_default_verify_paths(error);
    } else {
      context_.load_verify_file(ca_file, error);
    }
    if (error) {
      return Error{"TLS: cannot load " + (ca_file.empty() ? "the system's certificates" : ca_file) + ": " +
                   error.message()};
    }
    // Asio's tls_client floor is TLS 1.0, and its default verifies nothing.
    ::SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
    context_.set_verify_mode(asio::ssl::verify_peer);
    stream_.emplace(socket_, context_);
    Code not_numeric;
    asio::ip::make_address(host, not_numeric);
    if (not_numeric) {  // SNI is for names only. The macro of this name casts in C style
      ::SSL_ctrl(stream_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str()));
    }
    stream_->set_verify_callback(asio::ssl::host_name_verification(host));
    std::size_t none = 0;
    error = steps_.run(deadline, none, [&](auto done) {
      stream_->async_handshake(asio::ssl::stream_base::client, [done](const Code& e) { done(e, 0); });
    });
    if (error) return Error{"TLS with " + host + ": " + reason(error, host)};
    return ok();
  }

  Status write(std::string_view bytes, Deadline deadline) override {
    std::size_t sent = 0;
    const Code error = steps_.run(deadline, sent, [&](auto done) {
      asio::async_write(*stream_, asio::buffer(bytes.data(), bytes.size()), done);
    });
    if (error) return Error{"send: " + words(error)};
    return ok();
  }

  Result<std::size_t> read(char* to, std::size_t size, Deadline deadline) override {
    std::size_t got = 0;
    const Code error =
        steps_.run(deadline, got, [&](auto done) { stream_->async_read_some(asio::buffer(to, size), done); });
    // A stream cut without close_notify is an error here: an answer without length could have been cut by
    // anyone.
    if (error == asio::error::eof) return std::size_t{0};
    if (error) return Error{"receive: " + words(error)};
    return got;
  }

 private:
  std::string reason(const Code& error, const std::string& host) {
    const long verdict = ::SSL_get_verify_result(stream_->native_handle());
    // What OpenSSL says when its own checks passed and Asio's of the host name did not.
    if (verdict == X509_V_ERR_UNSPECIFIED || verdict == X509_V_ERR_HOSTNAME_MISMATCH) {
      return "the certificate is not for " + host;
    }
    if (verdict != X509_V_OK)
      return std::string("certificate not accepted: ") + ::X509_verify_cert_error_string(verdict);
    return words(error);
  }

  asio::ssl::context context_{asio::ssl::context::tls_client};
  std::optional<asio::ssl::stream<tcp::socket&>> stream_;
};

}  // namespace

Result<std::unique_ptr<ClientStream>> ClientStream::connect(const Url& url, bool allow_private,
                                                            Deadline deadline) {
  auto addresses = resolve(url.host, url.port, deadline);
  if (!addresses) return addresses.error();
  for (const Address& address : *addresses) {
    if (allow_private || address.is_public()) continue;
    return Error{url.host + " is " + address.text() +
                 ", a private address: set allow_private: true if that is meant"};
  }
  auto plain = url.tls ? nullptr : std::make_unique<PlainStream>();
  auto tls = url.tls ? std::make_unique<TlsStream>() : nullptr;
  PlainStream& stream = url.tls ? *tls : *plain;
  if (Status opened = stream.open(*addresses, deadline); !opened) return opened.error();
  if (!url.tls) return std::unique_ptr<ClientStream>(std::move(plain));
  if (Status shaken = tls->shake_hands(url.host, "", deadline); !shaken) return shaken.error();
  return std::unique_ptr<ClientStream>(std::move(tls));
}

std::string connect_fault(const Peer& peer, Duration patience) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience;
  const auto addresses = resolve(peer.host, peer.port, deadline);
  if (!addresses) return addresses.error().message;
  TlsStream stream;
  if (const Status opened = stream.open(*addresses, deadline); !opened) return opened.error().message;
  if (!peer.tls) return "";
  const Status shaken = stream.shake_hands(peer.host, peer.ca_file, deadline);
  return shaken ? "" : shaken.error().message;
}

}  // namespace slod::net
