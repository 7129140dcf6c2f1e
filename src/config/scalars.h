// The scalars of the config: how each kind is written, and what is wrong with a text that is not one. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/yaml_tree.h"
#include "slod/config/config.h"

namespace slod::config {

enum class Scalar {
  kNone,
  kText,     ///< anything but ""
  kAnyText,  ///< anything
  kName,     ///< letters, digits, '_', '-', '.', ':'
  kBool,     ///< true | false
  kInt,      ///< within [low, high]
  kNumber,
  kDuration,   ///< with a unit
  kPercent,    ///< at most 4 decimals
  kBytes,      ///< with a unit: 100GB, 64MiB
  kWord,       ///< one of a closed set
  kField,      ///< JSON Pointer or bare name
  kListen,     ///< host:port
  kTimeZone,   ///< IANA name
  kStatus,     ///< 5xx | 500-503 | 404
  kCondition,  ///< "< -110"
  kQuarters    ///< 2Q
};

/// Percent text to parts per million, exactly: "99.95" is 999'500. Nothing for signs, exponents, more than 4
/// decimals.
[[nodiscard]] std::optional<Ppm> parse_percent(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> parse_int(std::string_view text);
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::optional<ListenAddress> parse_listen(std::string_view text);
[[nodiscard]] std::optional<OutcomeRule::StatusRange> parse_status(std::string_view text);
[[nodiscard]] std::optional<ThresholdCheck::Condition> parse_condition(std::string_view text);
[[nodiscard]] std::optional<int> parse_quarters(std::string_view text);
/// A decimal number to millionths, exactly: "14.4" is 14'400'000. At most 6 decimals.
[[nodiscard]] std::optional<std::int64_t> parse_micros(std::string_view text);

/// What is wrong with `text` as a scalar of this kind, and what to write instead; "" if nothing. kWord, and
/// the bounds of kInt and kNumber, are the caller's.
[[nodiscard]] std::string scalar_fault(Scalar kind, std::string_view text);

/// The same readers on views: absent for absent, misplaced or malformed values (the validator has said so
/// already).
[[nodiscard]] std::optional<Duration> read_duration(const View& view);
[[nodiscard]] std::optional<Ppm> read_percent(const View& view);
[[nodiscard]] std::optional<std::int64_t> read_int(const View& view);
[[nodiscard]] std::optional<double> read_number(const View& view);
[[nodiscard]] bool read_bool(const View& view, bool otherwise);
[[nodiscard]] Secret read_secret_name(const View& view);

}  // namespace slod::config
