// Where the files are that a rotation took from the path which is followed. Compressed ones are not looked
// at.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slod::source {

struct Sibling {
  std::filesystem::path path;
  std::filesystem::file_time_type changed;
};

/// What names a file whatever it is called: "device:inode"; empty if there is none.
[[nodiscard]] std::string stream_of(const std::string& path);

/// access.log.1, access.log-20261122 for access.log: what a rotation leaves beside it, or beside what it is a
/// symbolic link to. Oldest first.
[[nodiscard]] std::vector<Sibling> siblings_of(const std::filesystem::path& path);

/// The file `stream` under whatever name it has there now, and what was renamed in the same way since: for
/// access-20261122.log whatever is called access-#.log and was changed later. Oldest first.
[[nodiscard]] std::vector<Sibling> renamed_freely(const std::filesystem::path& path,
                                                  const std::string& stream);

}  // namespace slod::source
