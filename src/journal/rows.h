// Rows of a group to columns and back. docs/journal-format.md, "Journeys" and "Fleet".
// Encoders narrow nothing: the ids must be narrow already (narrow.h).
#pragma once

#include <vector>

#include "slod/core/record.h"

#include "journal/blob.h"
#include "journal/words.h"

namespace slod::journal {

[[nodiscard]] Parts encode_api(const std::vector<ApiRow>& rows, Time stamp, WordsWriter& words);
[[nodiscard]] Parts encode_device(const std::vector<DeviceRow>& rows, Time stamp, WordsWriter& words);

/// Fill `rows` (their number is known from the control part). False: malformed.
bool decode_api(const Parts& parts, Time stamp, const WordsReader& words, std::vector<ApiRow>& rows);
bool decode_device(const Parts& parts, Time stamp, const WordsReader& words, std::vector<DeviceRow>& rows);

/// The device rows of a group as they are kept: commands and replies are parts of journeys and stay as long
/// as they do, reports and presence are the fleet's.
struct DeviceParts {
  std::vector<DeviceRow> fleet, legs;
  std::vector<std::int64_t> places;  ///< of `legs` among all of the group, ascending
};
[[nodiscard]] DeviceParts split(const std::vector<DeviceRow>& rows);
/// `all`: how many there were; without the fleet's the legs come alone. False: the places are not theirs.
bool join(DeviceParts& parts, std::size_t all, std::vector<DeviceRow>& rows);
[[nodiscard]] Parts encode_legs(const DeviceParts& device, Time stamp, WordsWriter& words);
/// Fills legs (their number is known) and places. False: malformed.
bool decode_legs(const Parts& parts, Time stamp, const WordsReader& words, DeviceParts& device);

}  // namespace slod::journal
