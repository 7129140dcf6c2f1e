#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "backup.h"
#include "files.h"
#include "place.h"
#include "slod/cli/commands.h"
#include "slod/journal/journal.h"
#include "slod/sqlite/copy.h"

namespace slod::cli {
namespace {

/// While it stands in a state directory `slod run` refuses to use that.
constexpr const char* kMarker = "/RESTORING";

Status may_restore_into(const std::string& state) {
  if (const auto pid = holder_of(state))
    return Error{state + " is in use by another process (pid " + *pid + "): stop it first"};
  if (is_empty_or_missing(state)) return ok();
  return Error{state + " is not empty: move it away first (restore never mixes a backup with what is there)"};
}

Status check_backup(const std::string& dir, const Manifest& manifest) {
  for (const ListedFile& file : manifest.files) {
    const Result<ListedFile> found = describe(dir, file.path);
    if (!found) return found.error();
    if (found->bytes != file.bytes || found->digest != file.digest) {
      return Error{dir + "/" + file.path +
                   " is not what was backed up: the backup is damaged, take another one"};
    }
  }
  return ok();
}

Status set_marker(const std::string& state) {
  const std::string path = state + kMarker;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Error{"create " + path + ": " + std::strerror(errno)};
  ::close(file);
  return sqlite::sync_path(state);
}

Status remove_marker(const std::string& state) {
  if (::unlink((state + kMarker).c_str()) != 0)
    return Error{"remove " + state + kMarker + ": " + std::strerror(errno)};
  return sqlite::sync_path(state);
}

/// Opens the journal as a daemon would, and reads all of it.
Status check_journal(const std::string& state, std::uint64_t position) {
  Dictionary dictionary;
  auto reader = journal::read_sqlite_journal(state + "/journal", 0, dictionary);
  if (!reader) return reader.error();
  std::uint64_t last = 0;
  for (;;) {
    const auto group = (*reader)->next();
    if (!group) return group.error();
    if (!group->has_value()) break;
    last = std::max(last, (*group)->position);
  }
  if (last == position) return ok();
  return Error{"the restored journal ends at position " + std::to_string(last) + ", the backup's at " +
               std::to_string(position)};
}

Status copy_back(const std::string& dir, const std::string& state, const Manifest& manifest) {
  for (const ListedFile& file : manifest.files) {
    const std::string to = state + "/" + file.path;
    if (Status s = make_parents(to); !s) return s;
    const Result<bool> copied = copy_plain(dir + "/" + file.path, to);
    if (!copied) return copied.error();
    if (!*copied) return Error{dir + "/" + file.path + " is gone"};
    const Result<ListedFile> read = describe(state, file.path);
    if (!read) return read.error();
    if (read->digest != file.digest)
      return Error{to + " does not read back as it was written: check the disk"};
    if (Status s = sqlite::sync_path(std::filesystem::path(to).parent_path().string()); !s) return s;
  }
  return ok();
}

Status restore(const std::string& dir, const std::string& state, Manifest& manifest) {
  Result<Manifest> read = read_manifest(dir);
  if (!read) return read.error();
  manifest = std::move(*read);
  if (Status s = may_restore_into(state); !s) return s;
  if (Status s = check_backup(dir, manifest); !s) return s;
  if (Status s = make_parents(state + "/x"); !s) return s;
  if (Status s = set_marker(state); !s) return s;
  if (Status s = copy_back(dir, state, manifest); !s) return s;
  if (Status s = check_journal(state, manifest.position); !s) return s;
  return remove_marker(state);
}

}  // namespace

int restore_command(const BackupArguments& arguments) {
  const auto state = state_of("restore", arguments);
  if (!state) return kUsage;
  Manifest manifest;
  if (const Status done = restore(arguments.dir, *state, manifest); !done) {
    std::cerr << "slod restore: " << done.error().message << "\n";
    return kFailed;
  }
  std::cerr << "slod restore: " << *state << " is as it was at " << manifest.made_at << ", journal position "
            << manifest.position << "\n";
  return kOk;
}

}  // namespace slod::cli
