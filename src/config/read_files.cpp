#include "config/read_files.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "slod/core/result.h"

// NOLINTBEGIN(misc-no-recursion): includes nest, and a file is read once.
namespace slod::config {

namespace {

constexpr std::size_t kMostFiles = 1000;

/// A regular file (or pipe), up to a byte more than a config may have.
Result<std::string> slurp(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error{std::strerror(errno)};
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(fd);
    return Error{"is a directory"};
  }
  std::string text;
  char buffer[65'536];
  ssize_t got = 0;
  while (text.size() <= kMostFileBytes && (got = ::read(fd, buffer, sizeof buffer)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  const int error = errno;
  ::close(fd);
  if (got < 0) return Error{std::strerror(error)};
  return text;
}

class Reader {
 public:
  Reader(ReadFiles& out, FaultList& faults) : out_(out), faults_(faults) {}

  void read(const std::string& path, const Place& included_at) {
    if (!seen_.insert(identity(path)).second) return;
    if (seen_.size() > kMostFiles) {
      if (seen_.size() == kMostFiles + 1) faults_.error(included_at, "more than 1,000 files are included");
      return;
    }
    auto text = slurp(path);
    if (text) {
      add(path, std::move(*text));
      return;
    }
    out_.unreadable = true;
    if (included_at.file != nullptr) {
      faults_.error(included_at, "cannot read \"" + path + "\": " + text.error().message);
      return;
    }
    // Kept until the faults are formatted: places point into it.
    auto missing = std::make_shared<SourceText>(path, "", static_cast<int>(out_.documents.all.size()));
    out_.documents.all.push_back({missing, nullptr});
    faults_.error({missing.get(), 0, 0, 1}, "cannot be read: " + text.error().message);
  }

  void add(const std::string& name, std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    out_.text += text;
    auto file =
        std::make_shared<SourceText>(name, std::move(text), static_cast<int>(out_.documents.all.size()));
    const NodePtr root = parse_yaml(*file, faults_);
    out_.documents.all.push_back({file, root});
    const View include = View(nullptr, root.get())["include"];
    for (const View& pattern : include.items()) {
      if (pattern.is_scalar()) read_glob(pattern);
    }
  }

 private:
  static std::string identity(const std::string& path) {
    std::error_code error;
    const auto canonical = std::filesystem::weakly_canonical(path, error);
    return error ? path : canonical.string();
  }

  void read_glob(const View& pattern) {
    const std::string wanted = resolve_path(pattern.at().file, pattern.text());
    if (wanted.find_first_of("*?[") == std::string::npos) {
      read(wanted, pattern.at());
      return;
    }
    glob_t found{};
    const int result = ::glob(wanted.c_str(), 0, nullptr, &found);
    std::vector<std::string> paths;
    if (result == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (paths.empty()) faults_.warning(pattern.at(), "\"" + wanted + "\" matches no file");
    for (const std::string& path : paths) read(path, pattern.at());
  }

  ReadFiles& out_;
  FaultList& faults_;
  std::set<std::string> seen_;
};

}  // namespace

ReadFiles read_files(const std::vector<std::string>& files, FaultList& faults) {
  ReadFiles out;
  Reader reader(out, faults);
  for (const std::string& file : files) reader.read(file, {});
  return out;
}

ReadFiles read_text(const std::string& text, const std::string& name, FaultList& faults) {
  ReadFiles out;
  Reader(out, faults).add(name, text);
  return out;
}

}  // namespace slod::config
// NOLINTEND(misc-no-recursion)
