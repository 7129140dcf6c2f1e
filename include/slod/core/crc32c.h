// CRC-32C (Castagnoli, reflected 0x82f63b78), as in iSCSI (RFC 3720, B.4): finds damaged bytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace slod {

/// `before`: the result for the bytes that precede these, 0 for none. Uses SSE 4.2 where the processor has
/// it.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// Without the processor's help; the same result.
[[nodiscard]] std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before = 0);

}  // namespace slod
