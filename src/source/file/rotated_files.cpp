#include "source/file/rotated_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace slod::source {

namespace fs = std::filesystem;

namespace {

bool is_compressed(const std::string& name) {
  return name.ends_with(".gz") || name.ends_with(".zst") || name.ends_with(".bz2") || name.ends_with(".xz");
}

/// The file that `path` names, and what it is a symbolic link to: rotations happen beside either.
std::vector<fs::path> places_of(const fs::path& path) {
  std::vector<fs::path> out{path};
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (!error && fs::is_symlink(path, error)) out.push_back(target);
  return out;
}

/// The plain files beside `path`, of which `chosen` says of the name whether it is asked for.
template <class Chosen>
void add_beside(const fs::path& path, std::vector<Sibling>& out, const Chosen& chosen) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (is_compressed(name) || !chosen(name)) continue;
    std::error_code unknown;
    const auto changed = entry->last_write_time(unknown);
    if (!unknown) out.push_back({entry->path(), changed});
  }
}

void sort_by_age(std::vector<Sibling>& files) {
  std::sort(files.begin(), files.end(), [](const Sibling& a, const Sibling& b) {
    return std::pair(a.changed, a.path) < std::pair(b.changed, b.path);
  });
}

/// access-#.log for access-20261122.log.
std::string shape_of(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit || !out.ends_with('#')) out += digit ? '#' : c;
  }
  return out;
}

}  // namespace

std::string stream_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "";
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

std::vector<Sibling> siblings_of(const fs::path& path) {
  std::vector<Sibling> out;
  for (const fs::path& place : places_of(path)) {
    const std::string base = place.filename().string();
    add_beside(place, out, [&](const std::string& name) {
      return name.size() > base.size() && name.starts_with(base) &&
             (name[base.size()] == '.' || name[base.size()] == '-');
    });
  }
  sort_by_age(out);
  return out;
}

std::vector<Sibling> renamed_freely(const fs::path& path, const std::string& stream) {
  std::vector<Sibling> out;
  for (const fs::path& place : places_of(path)) {
    add_beside(place, out, [&](const std::string& name) {
      return stream_of((place.parent_path() / name).string()) == stream;
    });
    if (out.empty()) continue;
    const Sibling found = out.front();
    const std::string shape = shape_of(found.path.filename().string());
    out.clear();
    add_beside(place, out, [&](const std::string& name) { return shape_of(name) == shape; });
    std::erase_if(out, [&](const Sibling& other) { return other.changed < found.changed; });
    sort_by_age(out);
    return out;
  }
  return out;
}

}  // namespace slod::source
