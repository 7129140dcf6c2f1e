// Google Pub/Sub's push envelope: {"message":{"data":"<base64>", ...}, "subscription":"..."}. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "slod/core/result.h"

namespace slod::source {

/// The payload. Errors say what the envelope lacks.
Result<std::string> unwrap_pubsub(std::string_view body);

/// RFC 4648 with padding; the URL alphabet is read too. False: not base64.
bool decode_base64(std::string_view text, std::string& out);

}  // namespace slod::source
