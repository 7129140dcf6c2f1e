// The log formats that slod knows by name: where the fields stand, units, what the stamp marks, and which
// statuses mean that the client left. Sources: nginx.org ngx_http_log_module, HAProxy "Log formats", Caddy
// access logs, Envoy "Access logging" (keys as in Istio's JSON default), AWS "Access logs for your
// Application Load Balancer", Google Cloud LogEntry.httpRequest, Fluent Bit's http output.
#pragma once

#include <optional>
#include <string>

#include "slod/config/config.h"

namespace slod::config {

/// The preset of that name; nothing for a name that is none. "json" maps no field.
[[nodiscard]] std::optional<LogFormat> preset(const std::string& name);
/// Text formats name their fields; the others use JSON Pointers.
[[nodiscard]] bool is_text(LogFormat::Syntax syntax);
/// Unit words of the config: s, ms, us, ns.
[[nodiscard]] Duration unit_of(const std::string& word);

}  // namespace slod::config
