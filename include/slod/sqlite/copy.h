// Whole databases: copied while others write them, and checked. Thread: any; each call has connections of its
// own.
#pragma once

#include <string>

#include "slod/core/result.h"

namespace slod::sqlite {

/// `to` becomes what `from` is at one moment, whoever writes to `from` meanwhile; complete in one file (no
/// WAL), checked and on the disk (its directory is the caller's to sync). `to` must not exist. On an error
/// nothing of it is left.
[[nodiscard]] Status copy_database(const std::string& from, const std::string& to);
/// SQLite's own look at every page of a file that nobody writes.
[[nodiscard]] Status check_database(const std::string& path);

/// fsync of a file or a directory.
[[nodiscard]] Status sync_path(const std::string& path);

}  // namespace slod::sqlite
