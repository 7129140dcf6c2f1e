// A connected byte stream to a server, plain or TLS, whose every step ends at a deadline. Blocking; one
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/resolve.h"
#include "net/url.h"
#include "slod/core/result.h"

namespace slod::net {

class ClientStream {
 public:
  /// Looks up, checks every address, connects to the first that answers, and for https shakes hands (TLS 1.2
  /// or newer, certificate and host name verified against the system's authorities, or SSL_CERT_FILE /
  /// SSL_CERT_DIR).
  static Result<std::unique_ptr<ClientStream>> connect(const Url& url, bool allow_private, Deadline deadline);
  virtual ~ClientStream() = default;

  virtual Status write(std::string_view bytes, Deadline deadline) = 0;
  /// Returns: how many bytes came; 0: the server has ended the stream.
  virtual Result<std::size_t> read(char* to, std::size_t size, Deadline deadline) = 0;
};

}  // namespace slod::net
