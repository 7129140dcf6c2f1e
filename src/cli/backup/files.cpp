#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <tuple>

#include "slod/core/hash.h"
#include "slod/sqlite/copy.h"

namespace slod::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "backup.json";
constexpr int kFormat = 1;
constexpr std::size_t kChunk = 1U << 20U;

bool belongs(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const char* end : {"-wal", "-shm", "-journal", ".tmp", ".backup"}) {
    if (name.ends_with(end)) return false;
  }
  if (name.find(".damaged") != std::string::npos) return false;
  return name != "LOCK" && name != "ballast" && name != "RESTORING" && name != kManifest &&
         *path.begin() != "checkpoint";
}

/// Where in the order a file stands; see state_files().
int turn(const std::string& file) {
  if (file == "ledger.db") return 3;
  if (is_segment(file)) return 1;
  return is_database(file) ? 2 : 0;
}

std::string hex(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

Error failed(const std::string& what, const std::string& path) {
  return Error{what + " " + path + ": " + std::strerror(errno)};
}

bool write_all(int file, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

Status pump(int in, int out, const std::string& from, const std::string& to) {
  std::string chunk(kChunk, '\0');
  for (;;) {
    const ssize_t got = ::read(in, chunk.data(), chunk.size());
    if (got < 0) return failed("read", from);
    if (got == 0) break;
    if (!write_all(out, chunk.data(), static_cast<std::size_t>(got))) return failed("write", to);
  }
  if (::fsync(out) != 0) return failed("sync", to);
  return ok();
}

}  // namespace

bool is_database(const std::string& file) {
  return file.ends_with(".db");
}

bool is_segment(const std::string& file) {
  return file.starts_with("journal/seg-") && is_database(file);
}

Result<std::vector<std::string>> state_files(const std::string& dir) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;  // a file may vanish meanwhile
    const fs::path below = at->path().lexically_relative(dir);
    if (at->is_regular_file(gone) && !gone && belongs(below)) files.push_back(below.string());
  }
  if (error) return Error{"list " + dir + ": " + error.message()};
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return std::tuple(turn(a), a) < std::tuple(turn(b), b); });
  return files;
}

Result<bool> copy_plain(const std::string& from, const std::string& to) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0 && errno == ENOENT) return false;
  if (in < 0) return failed("open", from);
  std::error_code unknown;
  const auto rights = static_cast<mode_t>(fs::status(from, unknown).permissions()) & 0777U;
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, unknown ? 0600U : rights);
  const Status copied = out < 0 ? Status(failed("create", to)) : pump(in, out, from, to);
  ::close(in);
  if (out >= 0) ::close(out);
  if (!copied) return copied.error();
  return true;
}

Status make_parents(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  std::error_code error;
  const bool made = fs::create_directories(parent, error);
  if (error) return Error{"create " + parent.string() + ": " + error.message()};
  if (made) {
    fs::permissions(parent, fs::perms::owner_all, error);
    const std::string above = parent.parent_path().string();
    return sqlite::sync_path(above.empty() ? "." : above);
  }
  return ok();
}

bool is_empty_or_missing(const std::string& dir) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(dir, error))) return true;
  return fs::is_directory(dir, error) && fs::is_empty(dir, error) && !error;
}

Result<ListedFile> describe(const std::string& dir, const std::string& path) {
  std::ifstream in(dir + "/" + path, std::ios::binary);
  if (!in) return failed("read", dir + "/" + path);
  ListedFile file{path, 0, {}};
  std::uint64_t low = 1;
  std::uint64_t high = 2;
  std::string chunk(kChunk, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    const std::string_view got(chunk.data(), static_cast<std::size_t>(in.gcount()));
    file.bytes += got.size();
    low = hash_bytes(got, low);
    high = hash_bytes(got, high);
  }
  if (in.bad()) return failed("read", dir + "/" + path);
  file.digest = hex(high) + hex(low);
  return file;
}

Status write_manifest(const std::string& dir, const Manifest& manifest) {
  nlohmann::ordered_json json = {{"slod_backup", kFormat},
                                 {"made_at", manifest.made_at},
                                 {"position", manifest.position},
                                 {"state_dir", manifest.state_dir}};
  for (const ListedFile& file : manifest.files)
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"digest", file.digest}});
  const std::string text = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  const std::string path = dir + "/" + kManifest;
  const std::string half = path + ".tmp";
  const int out = ::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return failed("create", half);
  const bool written = write_all(out, text.data(), text.size()) && ::fsync(out) == 0;
  const Error error = failed("write", half);
  ::close(out);
  if (!written) return error;
  if (std::rename(half.c_str(), path.c_str()) != 0) return failed("rename", half);
  return sqlite::sync_path(dir);
}

Result<Manifest> read_manifest(const std::string& dir) {
  const std::string path = dir + "/" + kManifest;
  std::ifstream in(path);
  if (!in) {
    return Error{dir + " is not a complete backup: it has no " + kManifest +
                 ", which `slod backup` writes last"};
  }
  const auto json = nlohmann::json::parse(in, nullptr, false);
  const Error damaged{path + " cannot be read as a backup's list: take another backup"};
  if (!json.is_object() || !json.contains("slod_backup") || !json["slod_backup"].is_number_integer())
    return damaged;
  if (json["slod_backup"] > kFormat)
    return Error{path + " was written by a newer slod: restore with that one"};
  try {
    Manifest manifest;
    manifest.made_at = json.at("made_at");
    manifest.position = json.at("position");
    manifest.state_dir = json.at("state_dir");
    for (const auto& file : json.at("files")) {
      const fs::path below(file.at("path").get<std::string>());
      const bool inside = below.is_relative() && std::find(below.begin(), below.end(), "..") == below.end();
      if (!inside) return damaged;
      manifest.files.push_back({below.string(), file.at("bytes"), file.at("digest")});
    }
    return manifest;
  } catch (const nlohmann::json::exception&) {
    return damaged;
  }
}

}  // namespace slod::cli
