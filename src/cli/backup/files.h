// The files of a state directory or a backup: which belong to it, copying one, the list with their digests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slod/core/result.h"

namespace slod::cli {

/// Paths below `dir`, in the order in which they must be copied while a daemon writes: inbox and secrets, the
/// journal's segments by age, what the journal keeps for ever, the ledger. Without what a start makes anew:
/// checkpoints, locks, the ballast, the ledger's own copy, half-made files, SQLite's logs (a copied database
/// is whole without them).
[[nodiscard]] Result<std::vector<std::string>> state_files(const std::string& dir);
[[nodiscard]] bool is_database(const std::string& file);
[[nodiscard]] bool is_segment(const std::string& file);

/// Bytes and rights, durable. `to` must not exist. False: `from` is gone.
[[nodiscard]] Result<bool> copy_plain(const std::string& from, const std::string& to);
/// Creates the directories above `path` and syncs them.
[[nodiscard]] Status make_parents(const std::string& path);
[[nodiscard]] bool is_empty_or_missing(const std::string& dir);

struct ListedFile {
  std::string path;  ///< below the backup
  std::uint64_t bytes = 0;
  std::string digest;
};
[[nodiscard]] Result<ListedFile> describe(const std::string& dir, const std::string& path);

/// What a backup says of itself, in <backup>/backup.json; written last.
struct Manifest {
  std::string made_at;
  std::uint64_t position = 0;  ///< of the journal's last group
  std::string state_dir;
  std::vector<ListedFile> files;
};
[[nodiscard]] Status write_manifest(const std::string& dir, const Manifest& manifest);
[[nodiscard]] Result<Manifest> read_manifest(const std::string& dir);

}  // namespace slod::cli
