// OTLP/HTTP in its binary form, which most exporters speak unless told otherwise (Fluent Bit speaks no
// other). Message shapes: opentelemetry-proto 1.x, collector/logs/v1/logs_service.proto, logs/v1/logs.proto,
// common/v1/common.proto, and google/rpc/status.proto. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slod::decode {

/// The log records of an ExportLogsServiceRequest, one line each, as the JSON form of the same message is
/// unwrapped. Nothing: the bytes are not such a message.
[[nodiscard]] std::optional<std::string> otlp_lines(std::string_view message);

/// An ExportLogsServiceResponse; without rejected records it is empty.
[[nodiscard]] std::string otlp_response(std::uint64_t rejected, std::string_view why);
/// A google.rpc.Status, which is how OTLP says what is wrong.
[[nodiscard]] std::string otlp_status(std::string_view message);

}  // namespace slod::decode
