// Why a server cannot be reached, in words: for a client whose library does not say.
#pragma once

#include <cstdint>
#include <string>

#include "slod/core/time.h"

namespace slod::net {

struct Peer {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  std::string ca_file;  ///< tls; "": the system's authorities
};

/// Connects, for TLS shakes hands as a client that verifies certificate and host name, sends nothing, and
/// closes. "": nothing is wrong so far. Blocks for `patience` at most.
[[nodiscard]] std::string connect_fault(const Peer& peer, Duration patience);

}  // namespace slod::net
