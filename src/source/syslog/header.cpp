#include "source/syslog/header.h"

namespace slod::source {

std::string_view without_syslog_header(std::string_view datagram) {
  constexpr std::size_t kLongestPriority = 5;  // "<191>"
  constexpr std::size_t kStamp = 16;           // "Nov 22 12:33:05 "
  const std::size_t end = datagram.substr(0, kLongestPriority).find('>');
  if (!datagram.starts_with('<') || end == std::string_view::npos) return datagram;
  std::string_view rest = datagram.substr(end + 1);
  // The stamp has colons; the tag's is the first behind it that a blank follows. nginx's `nohostname` leaves
  // the host out.
  const bool stamped = rest.size() > kStamp && rest[3] == ' ' && rest[9] == ':' && rest[12] == ':';
  const std::size_t tag = rest.find(": ", stamped ? kStamp : 0);
  if (tag == std::string_view::npos) return rest;
  return rest.substr(tag + 2);
}

}  // namespace slod::source
