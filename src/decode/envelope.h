// Envelopes: what cloud relays wrap around log records. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slod/config/config.h"

namespace slod::decode {

/// The records inside, one per line. An OTLP log record becomes one flat object: resource attributes,
/// attributes, the fields of a map body, and `timeUnixNano`. Nothing: the body is not that envelope.
[[nodiscard]] std::optional<std::string> unwrap(SourceConfig::Envelope envelope, std::string_view body);

}  // namespace slod::decode
