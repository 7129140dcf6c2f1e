#include "journal/recovery.h"

#include <filesystem>
#include <utility>

#include "journal/directory.h"
#include "journal/segment_reader.h"

namespace slod::journal {
namespace {

/// Did the segment ever get a group? Opens it for writing, so that SQLite's own recovery runs first.
Result<bool> has_groups(const SegmentFile& file) {
  Result<sqlite::Database> database = sqlite::Database::open(file.path, sqlite::Database::Mode::kReadWrite);
  if (!database) return database.error();
  const Result<bool> ours = check_format(*database);
  if (!ours && database->damaged()) return damaged(file.path, "at its head", ours.error().message);
  if (!ours || !*ours) return ours;
  const Result<std::int64_t> groups =
      database->integer("SELECT count(*) FROM (SELECT 1 FROM groups LIMIT 1)");
  if (!groups) return damaged(file.path, "at its head", groups.error().message);
  return *groups > 0;
}

/// Positions of a segment as its groups tell them, on top of those of the segment before.
Result<std::vector<KnownPosition>> positions_from_groups(const std::string& path, const std::string* before) {
  PositionTable table;
  if (before != nullptr) {
    Result<Segment> previous = Segment::open(*before);
    if (!previous) return previous.error();
    const Result<std::vector<KnownPosition>> known = previous->positions();
    if (!known) return known.error();
    table.assign(*known);
    static_cast<void>(previous->finish().has_value());
  }
  Dictionary unused;
  Result<std::unique_ptr<SegmentReader>> reader = SegmentReader::open(path, unused);
  if (!reader) return reader.error();
  for (Position at = 0;;) {
    const Result<std::optional<Group>> group = (*reader)->next(at);
    if (!group) return group.error();
    if (!*group) return table.known();
    at = (*group)->position;
    table.set((*group)->positions, (*group)->stamp);
  }
}

/// Cuts the last group if it cannot be read. Nobody can tell a torn tail from later damage in it, and it is
/// at most one group; what SQLite itself calls damaged is never cut.
Status cut_torn_tail(Segment& segment, const std::string* before, std::string& cut) {
  const std::string path = segment.database().path();
  Dictionary unused;
  Result<std::unique_ptr<SegmentReader>> reader = SegmentReader::open(path, unused);
  if (!reader) return reader.error();
  const Result<std::optional<SegmentReader::End>> last = (*reader)->last();
  if (!last) return last.error();
  if (!*last) return ok();
  const Position position = (*last)->position;
  const Time stamp = (*last)->stamp;
  const Result<std::optional<Group>> group = (*reader)->next(position - 1);
  if (group) return ok();
  if (!(*reader)->group_is_bad()) return group.error();
  reader->reset();
  Dictionary again;
  reader = SegmentReader::open(path, again);
  if (!reader) return reader.error();
  if (position > 1) {  // damage in what older groups need is not a tail
    const Result<std::optional<Group>> previous = (*reader)->next(position - 2);
    if (!previous) return previous.error();
  }
  reader->reset();
  if (Status s = segment.cut(position); !s) return s;
  cut = "journal segment " + path + ": its last group, " + std::to_string(position) + " of " +
        format_rfc3339(stamp) +
        ", cannot be read and was cut. If slod or the machine crashed while it wrote that, nobody had an "
        "answer and "
        "its senders send it again. If slod had stopped in order, the disk damaged it and what was in it is "
        "lost: "
        "look at the disk, and restore a backup if one holds more";
  const Result<std::vector<KnownPosition>> positions = positions_from_groups(path, before);
  if (!positions) return positions.error();
  return segment.replace_positions(*positions);
}

Result<Recovered> recover_newest(const std::vector<SegmentFile>& files, std::string& cut) {
  const SegmentFile& newest = files.back();
  const std::string* before = files.size() > 1 ? &files[files.size() - 2].path : nullptr;
  Result<Segment> segment = Segment::open(newest.path);
  if (!segment) return damaged(newest.path, "at its head", segment.error().message);
  if (Status s = cut_torn_tail(*segment, before, cut); !s) return s.error();
  Dictionary unused;
  Result<std::unique_ptr<SegmentReader>> reader = SegmentReader::open(newest.path, unused);
  if (!reader) return reader.error();
  const auto first = (*reader)->first();
  if (!first) return first.error();
  const auto last = (*reader)->last();
  if (!last) return last.error();
  Recovered out;
  if (*first) out.segment_start = (*first)->stamp;
  out.last_position = *last ? (*last)->position : newest.first - 1;
  if (*last) out.last_stamp = (*last)->stamp;
  const Result<std::vector<KnownPosition>> positions = segment->positions();
  if (!positions) return damaged(newest.path, "its positions", positions.error().message);
  out.positions = *positions;
  std::error_code error;
  out.segment_bytes = std::filesystem::file_size(newest.path, error);
  out.segment = std::move(*segment);
  return out;
}

}  // namespace

Status finish_closed(const std::vector<SegmentFile>& files) {
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    std::error_code error;
    const bool wal = std::filesystem::exists(files[i].path + "-wal", error);
    // Left by a change out of WAL mode that failed half-way: a reader without the right to write cannot roll
    // it back.
    const bool rollback = std::filesystem::exists(files[i].path + "-journal", error);
    if (!wal && !rollback) continue;
    Result<Segment> segment = Segment::open(files[i].path);
    if (!segment) return damaged(files[i].path, "at its head", segment.error().message);
    if (Status s = segment->finish(); !s) return s;
  }
  return ok();
}

Result<Recovered> recover(const std::string& dir) {
  Result<std::vector<SegmentFile>> files = list_segments(dir);
  if (!files) return files.error();
  bool drop_empty = true;
  std::string cut;
  Position cut_in = 0;
  while (!files->empty()) {
    const Result<bool> used = has_groups(files->back());
    if (!used) return used.error();
    if (*used) {
      // In WAL mode they can be read as well; only who copies them is worse off.
      static_cast<void>(finish_closed(*files).has_value());
      Result<Recovered> recovered = recover_newest(*files, cut);
      if (recovered) recovered->cut = cut;
      if (!recovered || recovered->last_position >= files->back().first) return recovered;
      // Its only group was the torn tail: it is empty now, or its table does not agree with itself.
      const SegmentFile& newest = files->back();
      if (std::exchange(cut_in, newest.first) == newest.first)
        return damaged(newest.path, "its groups", "the first can be read, the last cannot");
      continue;
    }
    if (!std::exchange(drop_empty, false)) return Error{"journal " + dir + ": more than one empty segment"};
    if (Status s = remove_database(dir, files->back().path); !s) return s.error();
    files->pop_back();
  }
  Recovered nothing;
  nothing.cut = cut;
  return nothing;
}

}  // namespace slod::journal
