// Topic templates to what a broker understands. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slod/config/config.h"

namespace slod::source {

/// "vehicles/{device}/telemetry" -> "vehicles/+/telemetry". A level with a capture anywhere in it becomes
/// '+', since MQTT knows wildcards only for whole levels; the decoder matches the rest.
[[nodiscard]] std::string topic_filter(std::string_view topic_template);
/// Whether every topic that matches `narrow` matches `wide` too.
[[nodiscard]] bool covers(std::string_view wide, std::string_view narrow);
/// The filters of all rules, without those that another one covers: a broker may deliver once per filter.
[[nodiscard]] std::vector<std::string> topic_filters(const std::vector<MessageRule>& rules);

}  // namespace slod::source
