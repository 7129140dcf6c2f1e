// Where a request's header ends, judged on the raw bytes before Beast sees them: what Beast forgives
// (obs-fold) or only notices at a timeout (a bare line feed) is refused at once. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace slod::net {

struct HeadScan {
  enum class State { kNeedMore, kComplete, kBad };
  State state = State::kNeedMore;
  std::size_t end = 0;     ///< kComplete: bytes up to and with the empty line
  const char* fault = "";  ///< kBad: what is wrong, for the answer
};

/// `bytes` starts with the request line. `scanned` bytes of it were found in order by an earlier call.
HeadScan scan_head(std::string_view bytes, std::size_t scanned);

/// How many bytes of empty lines stand before the request line (RFC 9112 2.2 lets a server skip them).
std::size_t empty_lines(std::string_view bytes);

}  // namespace slod::net
