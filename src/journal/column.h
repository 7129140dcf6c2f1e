// Columns: one field of all rows of a group, encoded together. docs/journal-format.md, "Columns".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slod/core/record.h"

#include "journal/bytes.h"

namespace slod::journal {

/// Whole numbers as offsets from their smallest, in the largest of 1, 10^3, 10^6, 10^9 that divides them all.
/// `none` marks a missing value and costs one byte however far it lies from the others.
void put_offsets(std::string& out, std::span<const std::int64_t> values,
                 std::optional<std::int64_t> none = std::nullopt);

/// Whole numbers as differences from the one before; the first from `origin`. For times.
void put_deltas(std::string& out, std::span<const std::int64_t> values, std::int64_t origin);

/// Fills `values`. False: malformed.
bool get_numbers(ByteReader& in, std::span<std::int64_t> values, std::int64_t origin = 0,
                 std::optional<std::int64_t> none = std::nullopt);

/// Doubles as decimals (up to 7 digits behind the point) where that is exact for all of them, else as they
/// are. Any NaN becomes kNoValue.
void put_decimals(std::string& out, std::span<const double> values);
bool get_decimals(ByteReader& in, std::span<double> values);

}  // namespace slod::journal
