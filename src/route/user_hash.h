// Users are kept only as a keyed hash: SipHash-2-4 (Aumasson and Bernstein, 2012), so that who has the
// journal but not the key cannot look for a user. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace slod::route {

/// Never 0 for a non-empty user; 0 for "".
[[nodiscard]] std::uint64_t user_hash(std::string_view user, std::uint64_t key);

/// The function itself, for its test vectors.
[[nodiscard]] std::uint64_t siphash24(std::string_view bytes, std::uint64_t k0, std::uint64_t k1);

}  // namespace slod::route
