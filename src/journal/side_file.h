// Side files: databases that lie beside the segments (sealed.db, totals.db), written seldom and opened for
// each use. Thread: any; who writes one is said where it is.
#pragma once

#include <string>

#include "slod/sqlite/sqlite.h"

namespace slod::journal {

/// For whoever writes: a transaction is durable when it returns, and one that a crash cut short is rolled
/// back.
inline constexpr const char* kDurable =
    "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;";

/// Made under another name first, so that what is there always has its schema. Nothing if it is there.
Status make_side_file(const std::string& dir, const std::string& path, const std::string& schema);
/// Errors: not ours, newer than this program, damaged.
[[nodiscard]] Result<sqlite::Database> open_side_file(const std::string& path, sqlite::Database::Mode mode);

}  // namespace slod::journal
