// How many random histories a test runs. Under a sanitizer each costs five to twenty times as much, and what
// the sanitizer looks for shows in far fewer, so those builds run a tenth of them; no test is left out.
#pragma once

#include <cstdint>

namespace slod::test {

#ifdef SLOD_SANITIZED
inline constexpr std::uint64_t kFewerHistories = 10;
#else
inline constexpr std::uint64_t kFewerHistories = 1;
#endif

/// `count`, or a tenth of it in a build with a sanitizer.
constexpr std::uint64_t histories(std::uint64_t count) {
  return count / kFewerHistories;
}

}  // namespace slod::test
