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

/// access.log for access-#-#.log.
std::string without_numbers(const std::string& shape) {
  std::string out;
  for (const char c : shape) {
    const bool parts = !out.empty() && (out.back() == '-' || out.back() == '.' || out.back() == '_');
    if (c == '#' && parts) out.pop_back();
    if (c != '#') out += c;
  }
  return out;
}

/// access-20261122.log for access.log, but not worker-2.log for worker-1.log, which is another's log.
bool is_numbered(const std::string& name, const std::string& base) {
  const std::string shape = shape_of(name), of_base = shape_of(base);
  return shape.size() > of_base.size() && without_numbers(shape) == without_numbers(of_base);
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

std::vector<Sibling> numbered_files(const fs::path& path) {
  std::vector<Sibling> out;
  for (const fs::path& place : places_of(path)) {
    const std::string base = place.filename().string();
    const bool target = place != path;
    add_beside(place, out, [&](const std::string& name) {
      return is_numbered(name, base) || (target && shape_of(name) == shape_of(base));
    });
  }
  sort_by_age(out);
  return out;
}

}  // namespace slod::source
