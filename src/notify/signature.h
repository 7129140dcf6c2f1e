// Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature:
// v1,base64(HMAC-SHA256("id.timestamp.body")).
#pragma once

#include <string>
#include <vector>

#include "slod/core/time.h"

namespace slod::notify {

/// `secret`: as configured; the form whsec_BASE64 is decoded, anything else is used as it is.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> webhook_signature(const std::string& secret,
                                                                                 const std::string& id,
                                                                                 Time at,
                                                                                 const std::string& body);

}  // namespace slod::notify
