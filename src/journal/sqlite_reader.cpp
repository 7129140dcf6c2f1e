#include "journal/sqlite_reader.h"

#include <filesystem>
#include <utility>

namespace slod::journal {

Error SqliteReader::missing() const {
  return Error{
      "journal " + dir_ + ": group " + std::to_string(after_ + 1) +
      " and what follows it are missing, but later segments are there: put the missing segment back from a "
      "backup (slod restore)"};
}

Result<std::optional<Group>> SqliteReader::take() {
  Result<std::optional<Group>> group = segment_->next(after_);
  if (!group || !*group) return group;
  // kept.db has gaps on purpose; a segment has none.
  if (!file_.kept && (*group)->position != after_ + 1) {
    return damaged(file_.path, "group " + std::to_string(after_ + 1), "it is missing");
  }
  after_ = (*group)->position;
  return group;
}

Result<std::optional<Group>> SqliteReader::first_of_sealed() {
  with_sealed_ = false;
  Result<std::unique_ptr<SealedReader>> opened = SealedReader::open(dir_);
  if (!opened) return opened.error();
  sealed_ = std::move(*opened);
  if (!sealed_) return std::optional<Group>();
  Result<SealedBlock> newest = sealed_->newest();
  if (!newest) return newest.error();
  if (newest->position == 0) return std::optional<Group>();
  Group group;
  group.stamp = newest->from;
  group.sealed.push_back(std::move(*newest));
  return std::optional<Group>(std::move(group));
}

Result<std::optional<Group>> SqliteReader::next() {
  if (with_sealed_) {
    Result<std::optional<Group>> first = first_of_sealed();
    if (!first || *first) return first;
  }
  if (!sealed_) return next_group();
  if (!ahead_) {
    Result<std::optional<Group>> group = next_group();
    if (!group) return group;
    ahead_ = std::move(*group);
  }
  Result<std::optional<SealedBlock>> block = sealed_->next(ahead_ ? ahead_->stamp : Time::max());
  if (!block) return block.error();
  if (!*block) return std::exchange(ahead_, std::nullopt);
  Group group;
  group.stamp = (*block)->from;
  group.sealed.push_back(std::move(**block));
  return std::optional<Group>(std::move(group));
}

Result<std::optional<Group>> SqliteReader::next_group() {
  for (bool looked_again = false;;) {
    if (segment_) {
      Result<std::optional<Group>> group = take();
      if (!group || *group) return group;
    }
    Result<File> file = pick();
    if (!file) return file.error();
    if (file->path.empty()) return std::optional<Group>();
    if (!segment_ || file->path != file_.path) {
      if (Status s = open(*file); !s) return s.error();
      if (!segment_) return std::optional<Group>();  // it is being made right now
      looked_again = false;
      continue;
    }
    if (file->newest) return std::optional<Group>();
    // It was appended to and closed between our look at it and our look at the directory: once more, then it
    // is a gap.
    if (looked_again) return missing();
    looked_again = true;
  }
}

Result<SqliteReader::File> SqliteReader::pick() {
  const Result<std::vector<SegmentFile>> files = list_segments(dir_);
  if (!files) return files.error();
  File file;
  for (const SegmentFile& segment : *files) {
    if (segment.first <= after_ + 1) file = {segment.path, false, segment.path == files->back().path};
  }
  if (!file.path.empty() || files->empty()) return file;
  // Trimmed. kept.db ends with the last group of the newest segment that was dropped.
  std::error_code error;
  const bool there = std::filesystem::exists(kept_path(dir_), error);
  const bool exhausted = file_.kept && segment_ != nullptr && files->front().first != after_ + 1;
  if (!there || exhausted) return missing();
  return File{kept_path(dir_), true, false};
}

Status SqliteReader::open(const File& file) {
  segment_.reset();
  Result<std::unique_ptr<SegmentReader>> opened = SegmentReader::open(file.path, *dictionary_);
  if (!opened) return opened.error();
  segment_ = std::move(*opened);
  file_ = file;
  return ok();
}

}  // namespace slod::journal
