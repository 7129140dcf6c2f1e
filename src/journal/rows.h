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

}  // namespace slod::journal
