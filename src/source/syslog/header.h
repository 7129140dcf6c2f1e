// What stands before the record in a syslog datagram. Pure functions, any thread.
#pragma once

#include <string_view>

namespace slod::source {

/// "<190>Nov 22 12:33:05 host nginx: 203.0.113.7 - - [...": what follows the tag. Without such a header, all.
[[nodiscard]] std::string_view without_syslog_header(std::string_view datagram);

}  // namespace slod::source
