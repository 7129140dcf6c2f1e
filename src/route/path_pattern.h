// What is listed of a request that no journey matches: its method and path, with {id} for segments that look
// like one, so that the requests of a thousand devices are one entry and no device is named. Pure, any
// thread.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "slod/config/config.h"

namespace slod::route {

using Words = std::set<std::string, std::less<>>;
/// What stands literally in the config's routes: no word of these is anybody's name.
[[nodiscard]] Words words_of_routes(const Config& config);

/// "GET /v2/vehicles/{id}/unlock"; at most some 1,100 bytes, without control characters.
/// `known`: what is neither one of these words nor a version is {id} too, since a device may be called
/// anything.
[[nodiscard]] std::string path_pattern(std::string_view method, std::string_view path,
                                       const Words* known = nullptr);

}  // namespace slod::route
