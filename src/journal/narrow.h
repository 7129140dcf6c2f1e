// Widths that the journal keeps of hashes: they do not compress, and at 16 + 8 bytes they would be most of
// the journal. 80 bits of an id: with 10^9 ids in the 24 h of de-duplication, the chance that any two meet is
// 4 in 10^7. 48 bits of a user: compared only among the attempts on one journey within minutes.
// docs/decisions/0001-record-format.md.
#pragma once

#include "slod/journal/journal.h"

namespace slod::journal {

[[nodiscard]] inline Digest narrowed(Digest id) {
  constexpr std::uint64_t kKept = ~std::uint64_t{0} << 48;
  if (id.empty()) return id;
  id.lo &= kKept;
  if (id.empty()) id.lo = std::uint64_t{1} << 48;  // an id stays an id
  return id;
}

[[nodiscard]] constexpr std::uint64_t narrowed_user(std::uint64_t user) {
  constexpr std::uint64_t kKept = (std::uint64_t{1} << 48) - 1;
  if (user == 0) return 0;
  return (user & kKept) != 0 ? (user & kKept) : 1;
}

inline void narrow(Group& group) {
  for (ApiRow& row : group.api) {
    row.id = narrowed(row.id);
    row.user = narrowed_user(row.user);
  }
  for (DeviceRow& row : group.device) {
    row.id = narrowed(row.id);
    row.payload = narrowed(row.payload);
  }
}

}  // namespace slod::journal
