// What a person must know about the sources beside the numbers: which is not there, and whose records are
// lost to the SLOs. Pure; any thread.
#pragma once

#include <string>

namespace slod::cli {

/// A line for each source that is not up or has records rejected, late or shed; "" if there is none. `data`
/// is that of /api/v1/slos.
[[nodiscard]] std::string source_notes(const std::string& data);
/// A line while the disk is full; "" else. `answer` is that of /api/v1/sources.
[[nodiscard]] std::string disk_note(const std::string& answer);

}  // namespace slod::cli
