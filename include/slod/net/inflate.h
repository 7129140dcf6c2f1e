// Content-Encoding, undone with a hard cap on the result: a bomb stops at the cap, not at the memory's end.
#pragma once

#include <string>
#include <string_view>

#include "slod/core/result.h"

namespace slod::net {

enum class Inflated { kOk, kTooLarge, kBroken, kUnknownCoding };
/// coding: "", "identity", "gzip", "zstd". Appends to `out`. A truncated stream is kBroken.
Inflated inflate(std::string_view coding, std::string_view bytes, std::size_t max_bytes, std::string& out);

}  // namespace slod::net
