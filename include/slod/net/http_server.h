// An HTTP/1.1 server behind plain types: the only home of Beast and Asio is src/net. Callbacks, bounded
// everything, answers may come later and from another thread. Body bytes are read straight into one reused
// buffer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/time.h"

namespace slod::net {

struct Limits {
  std::size_t header_bytes = 8 * 1024;
  std::size_t body_bytes = 16 * 1024 * 1024;  ///< on the wire
  Duration header_time = seconds(10);         ///< for the whole header
  Duration body_time = seconds(30);           ///< for the whole body
  Duration body_grace = seconds(5);           ///< from then on the body must have come at `body_rate`
  std::size_t body_rate = 1024;               ///< bytes a second, on average
  Duration idle_time = seconds(60);
  std::size_t connections = 1024;
  /// Of one address (IPv6: of one /64). Loopback is not counted: a proxy on this machine speaks for many.
  std::size_t connections_per_address = 64;
  bool count_loopback = false;  ///< for tests
  std::size_t requests_per_connection = 1'000'000;
  /// Bytes of all bodies in flight, reserved from Content-Length before reading (chunked: as they grow).
  /// Beyond: 503.
  std::size_t in_flight_bytes = 256 * 1024 * 1024;
};

struct Request {
  std::string method, target;                                ///< target as sent: path and query
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;  ///< "" if absent
  [[nodiscard]] std::string_view path() const;                                    ///< target without query
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// May be called once, from any thread, also after the connection died (then it does nothing).
using Respond = std::function<void(Response)>;

class Handler {
 public:
  virtual ~Handler() = default;
  /// Before the body is read: authentication, unknown path, too large. A response refuses and closes.
  virtual std::optional<Response> admit(const Request& head, std::optional<std::uint64_t> content_length) = 0;
  /// Thread: one of the server's. Must not block.
  virtual void handle(Request request, Respond respond) = 0;
};

class HttpServer {
 public:
  /// Binds at once; errors say the address, the reason and what to do. Port 0: the system chooses, see
  /// port().
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> listen(const std::string& host, std::uint16_t port,
                                                                  const Limits& limits, int threads,
                                                                  const std::string& thread_name,
                                                                  Handler& handler);
  virtual ~HttpServer() = default;  ///< stops
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// Starts accepting (listen() only binds).
  virtual void start() = 0;
  /// Stops accepting, gives open requests until `deadline`, closes, joins.
  virtual void stop(Duration deadline) = 0;
  [[nodiscard]] virtual std::uint64_t shed() const = 0;  ///< requests refused for lack of room
};

}  // namespace slod::net
