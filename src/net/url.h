// An http(s) URL in its parts. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slod/core/result.h"

namespace slod::net {

struct Url {
  bool tls = false;
  std::string host;  ///< without brackets
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query; may hold a secret
  /// "https://host:port": what may stand in an error text or a log.
  [[nodiscard]] std::string origin() const;
  /// The Host field: with the port only where it is not the scheme's own.
  [[nodiscard]] std::string host_field() const;
};

/// Errors never repeat the URL beyond scheme and host.
Result<Url> parse_url(std::string_view text);

}  // namespace slod::net
