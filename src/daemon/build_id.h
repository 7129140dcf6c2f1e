// Which build this is: the linker's build id of the running program. Pure, any thread.
#pragma once

#include <string>

namespace slod::daemon {

/// In hexadecimal; "" where the program was linked without one.
[[nodiscard]] std::string build_id();

}  // namespace slod::daemon
