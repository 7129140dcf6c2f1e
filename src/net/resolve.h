// Names to addresses, with a deadline, and which addresses an outbound request may reach. Thread: any.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "slod/core/result.h"

namespace slod::net {

using Deadline = std::chrono::steady_clock::time_point;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] std::string text() const;  ///< "127.0.0.1:80"
  /// False for loopback, private, link-local, ULA, multicast, unspecified, CGNAT and v4-mapped or NAT64 forms
  /// of them.
  [[nodiscard]] bool is_public() const;
};

/// Returns: at least one address. getaddrinfo has no deadline of its own, so it runs in the C library's
/// resolver threads; one that is still busy at the deadline is left to finish there.
Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port, Deadline deadline);

}  // namespace slod::net
