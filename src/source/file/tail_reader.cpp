#include "source/file/tail_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

namespace slod::source {

namespace {

namespace fs = std::filesystem;

bool is_compressed(const std::string& name) {
  return name.ends_with(".gz") || name.ends_with(".zst") || name.ends_with(".bz2") || name.ends_with(".xz");
}

struct Sibling {
  fs::path path;
  fs::file_time_type changed;
};

/// access.log.1, access.log-20261122 for access.log: what a rotation leaves, oldest first.
std::vector<Sibling> siblings_of(const fs::path& path) {
  std::vector<Sibling> out;
  const std::string base = path.filename().string();
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool follows = name.size() > base.size() && name.starts_with(base) &&
                         (name[base.size()] == '.' || name[base.size()] == '-');
    if (!follows || is_compressed(name)) continue;
    std::error_code unknown;
    const auto changed = entry->last_write_time(unknown);
    if (!unknown) out.push_back({entry->path(), changed});
  }
  std::sort(out.begin(), out.end(), [](const Sibling& a, const Sibling& b) {
    return std::pair(a.changed, a.path) < std::pair(b.changed, b.path);
  });
  return out;
}

std::string stream_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "";
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

}  // namespace

TailReader::TailReader(std::string source, std::string path, const TailOptions& options,
                       const std::vector<SourcePosition>& positions)
    : source_(std::move(source)), path_(std::move(path)), options_(options) {
  const auto newest = std::find_if(positions.rbegin(), positions.rend(), [&](const SourcePosition& position) {
    return position.source == source_;
  });
  auto current = FollowedFile::open(path_, options_.limits);
  const bool known = newest == positions.rend() || (current && current->resume(*newest));
  // Renamed; or copied and truncated; or truncated, written anew and then renamed.
  for (const Resume way : {&FollowedFile::resume, &FollowedFile::resume_copy, &FollowedFile::begin_anew}) {
    if (!known && files_.empty()) files_ = siblings_from(*newest, way);
  }
  const bool truncated = current && newest != positions.rend() && current->stream() == newest->stream;
  if (!known && files_.empty() && !truncated) lost_ = *newest;
  if (current) files_.push_back(std::move(current));
}

/// The file that was being read has been renamed (or copied) meanwhile: it, and those that came after it, are
/// read first.
TailReader::Files TailReader::siblings_from(const SourcePosition& position, Resume resume) const {
  Files found;
  for (const Sibling& sibling : siblings_of(path_)) {
    auto file = FollowedFile::open(sibling.path.string(), options_.limits);
    if (!file) continue;
    if ((file.get()->*resume)(position)) {
      found.clear();  // older ones were read to their end before this one was begun
    } else if (found.empty()) {
      continue;
    }
    found.push_back(std::move(file));
  }
  return found;
}

/// The file in front was rewritten: what it held beyond `position` may stand in the copy that was made of it.
void TailReader::read_copy_first(const SourcePosition& position) {
  Files found = siblings_from(position, &FollowedFile::resume_copy);
  for (const auto& file : files_) {
    std::erase_if(found, [&](const auto& copy) { return copy->stream() == file->stream(); });
  }
  std::move(found.rbegin(), found.rend(), std::front_inserter(files_));
}

void TailReader::look_at_path() {
  const std::string stream = stream_of(path_);
  if (stream.empty() || (!files_.empty() && files_.back()->stream() == stream)) return;
  auto file = FollowedFile::open(path_, options_.limits);
  if (file && (files_.empty() || files_.back()->stream() != file->stream()))
    files_.push_back(std::move(file));
}

bool TailReader::quiet_long_enough(const FollowedFile& file, Clock::time_point now) {
  const std::uint64_t size = file.size();
  if (!quiet_since_ || size != quiet_size_) {
    quiet_since_ = now;
    quiet_size_ = size;
  }
  return now - *quiet_since_ >= options_.rotation_quiet;
}

std::optional<TailBlock> TailReader::block(const Piece& piece) {
  TailBlock out;
  out.lines = piece.bytes;
  out.long_lines = piece.kind == Piece::Kind::kLongLine ? 1 : 0;
  out.position = files_.front()->position(source_);
  return out;
}

std::optional<TailBlock> TailReader::next(Clock::time_point now) {
  look_at_path();
  while (!files_.empty()) {
    FollowedFile& file = *files_.front();
    Piece piece = file.read();
    if (const auto rewritten = file.take_rewritten()) {
      read_copy_first(*rewritten);
      quiet_since_.reset();
      continue;
    }
    if (piece.kind == Piece::Kind::kLines || piece.kind == Piece::Kind::kLongLine) {
      quiet_since_.reset();
      return block(piece);
    }
    const bool rotated = files_.size() > 1;
    if (!rotated || !quiet_long_enough(file, now)) return std::nullopt;
    if (piece.kind == Piece::Kind::kPartialLine) {  // nobody will end this line any more
      if (piece.bytes.empty()) piece.kind = Piece::Kind::kLongLine;
      return block(piece);
    }
    files_.pop_front();
    quiet_since_.reset();
  }
  return std::nullopt;
}

void TailReader::commit() {
  files_.front()->commit();
}

}  // namespace slod::source
