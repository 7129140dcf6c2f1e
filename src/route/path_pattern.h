// What is listed of a request that no journey matches: its method and path, with {id} for segments that look
// like one, so that the requests of a thousand devices are one entry and no device is named. Pure, any
// thread.
#pragma once

#include <string>
#include <string_view>

namespace slod::route {

/// "GET /v2/vehicles/{id}/unlock"; at most some 1,100 bytes, without control characters.
[[nodiscard]] std::string path_pattern(std::string_view method, std::string_view path);

}  // namespace slod::route
