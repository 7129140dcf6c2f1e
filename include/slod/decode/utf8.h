// Is it UTF-8? For what comes out of percent-encoding. Pure, any thread.
#pragma once

#include <string_view>

namespace slod::decode {

/// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace slod::decode
