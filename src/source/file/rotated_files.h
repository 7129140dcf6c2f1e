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

/// access-20261122.log for access.log; for a symbolic link to 1.log also 0.log beside that. Oldest first.
[[nodiscard]] std::vector<Sibling> numbered_files(const std::filesystem::path& path);

}  // namespace slod::source
