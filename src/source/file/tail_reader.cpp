#include "source/file/tail_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace slod::source {

TailReader::TailReader(std::string source, std::string path, const TailOptions& options,
                       const std::vector<SourcePosition>& positions)
    : source_(std::move(source)), path_(std::move(path)), options_(options) {
  const auto newest = std::find_if(positions.rbegin(), positions.rend(), [&](const SourcePosition& position) {
    return position.source == source_;
  });
  auto current = FollowedFile::open(path_, options_.limits);
  bool known = newest == positions.rend() || (current && current->resume(*newest));
  if (!known) files_ = siblings_from(siblings_of(path_), *newest, &FollowedFile::resume);
  if (!known && files_.empty()) files_ = siblings_from(numbered_files(path_), *newest, &FollowedFile::resume);
  // The same bytes in another place: put back from a copy, or a disk that has another number since the boot.
  if (!known && files_.empty()) known = current && current->resume_copy(*newest);
  // Copied and truncated; or truncated, written anew and then renamed.
  for (const Resume way : {&FollowedFile::resume_copy, &FollowedFile::begin_anew}) {
    if (!known && files_.empty()) files_ = siblings_from(siblings_of(path_), *newest, way);
  }
  if (current) {
    std::erase_if(files_, [&](const auto& file) { return file->stream() == current->stream(); });
  }
  const bool truncated = current && newest != positions.rend() && current->stream() == newest->stream;
  if (!known && files_.empty() && !truncated) lost_ = *newest;
  if (current) files_.push_back(std::move(current));
}

/// The file that was being read has been renamed (or copied) meanwhile: it, and those that came after it, are
/// read first.
TailReader::Files TailReader::siblings_from(const std::vector<Sibling>& siblings,
                                            const SourcePosition& position, Resume resume) const {
  Files found;
  const auto is_found = [&](const FollowedFile& file) {  // by the link's name and by its target's
    return std::any_of(found.begin(), found.end(),
                       [&](const auto& known) { return known->stream() == file.stream(); });
  };
  for (const Sibling& sibling : siblings) {
    auto file = FollowedFile::open(sibling.path.string(), options_.limits);
    if (!file || is_found(*file)) continue;
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
  Files found = siblings_from(siblings_of(path_), position, &FollowedFile::resume_copy);
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
