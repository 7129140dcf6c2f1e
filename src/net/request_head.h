// One request's header, parsed and judged: how its body is framed, and whether the connection may live on.
// Everything that could make two HTTP implementations disagree on where a request ends is refused here. Pure;
// any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "slod/net/http_server.h"

namespace slod::net {

struct RequestHead {
  Request request;  ///< without body
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;
  bool expects_continue = false;
};

/// Why a request is refused, in words for its sender.
struct Refusal {
  int status = 400;
  std::string reason;
};

/// `bytes`: a complete header, as scan_head found it. At most `max_bytes` and 64 fields.
std::variant<RequestHead, Refusal> parse_head(std::string_view bytes, std::size_t max_bytes);

}  // namespace slod::net
