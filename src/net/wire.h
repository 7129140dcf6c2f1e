// An answer as bytes, and the answers that the server gives by itself. Pure but for the Date field.
#pragma once

#include <string>
#include <string_view>

#include "slod/net/http_server.h"

namespace slod::net {

struct WireOptions {
  bool keep_alive = true;
  bool head_only = false;  ///< the request was HEAD: the length is said, the body not sent
};

/// Status line and fields, with the empty line; the body follows it (unless head_only, or a status without
/// body).
std::string wire_head(const Response& response, const WireOptions& options);
/// False for 1xx, 204, 304: such an answer has no body.
bool may_have_body(int status);

/// {"error": text}, `text` escaped.
Response error_response(int status, std::string_view text);

}  // namespace slod::net
