#include "ledger_copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "slod/sqlite/copy.h"

namespace slod::store {
namespace {

Status moved(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return ok();
  return Error{"rename " + from + " to " + to + ": " + std::strerror(errno)};
}

Status sync_directory_of(const std::string& path) {
  const std::string dir = std::filesystem::path(path).parent_path().string();
  return sqlite::sync_path(dir.empty() ? "." : dir);
}

/// A whole database takes the place of `to`.
Status replace_by_copy(const std::string& from, const std::string& to) {
  const std::string half = to + ".tmp";
  ::unlink(half.c_str());
  if (Status s = sqlite::copy_database(from, half); !s) return s;
  if (Status s = moved(half, to); !s) return s;
  return sync_directory_of(to);
}

}  // namespace

std::string ledger_backup_path(const std::string& path) {
  return path + ".backup";
}

std::optional<Time> ledger_backup_time(const std::string& path) {
  struct stat found {};
  if (::stat(ledger_backup_path(path).c_str(), &found) != 0) return std::nullopt;
  return from_nanos(std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec);
}

Status backup_ledger(const std::string& path) {
  return replace_by_copy(path, ledger_backup_path(path));
}

Result<std::string> restore_ledger(const std::string& path) {
  const std::string backup = ledger_backup_path(path);
  if (Status s = sqlite::check_database(backup); !s) return s.error();
  std::string aside = path + ".damaged";
  for (int n = 2; ::access(aside.c_str(), F_OK) == 0; ++n) aside = path + ".damaged-" + std::to_string(n);
  // What the damaged file's log holds belongs to it and must not be played into its successor.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    if (::access((path + suffix).c_str(), F_OK) != 0) continue;
    if (Status s = moved(path + suffix, aside + suffix); !s) return s.error();
  }
  if (::access(path.c_str(), F_OK) == 0) {
    if (Status s = moved(path, aside); !s) return s.error();
  }
  if (Status s = replace_by_copy(backup, path); !s) return s.error();
  return aside;
}

}  // namespace slod::store
