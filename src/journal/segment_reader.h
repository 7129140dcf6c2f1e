// SegmentReader: the groups of one segment file (or of kept.db) in order, over a read-only connection of its
// own, so that it may run beside the writer. Thread: its owner's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "slod/journal/journal.h"
#include "slod/sqlite/sqlite.h"

#include "journal/group_codec.h"

namespace slod::journal {

/// The error of a damaged place, in words for the operator: where, and what to do.
[[nodiscard]] Error damaged(const std::string& path, const std::string& where, const std::string& what);

class SegmentReader {
 public:
  /// Nothing: the file has no schema yet (it is being made).
  [[nodiscard]] static Result<std::unique_ptr<SegmentReader>> open(const std::string& path,
                                                                   Dictionary& dictionary);

  /// The first group after `position`, if the segment holds one.
  Result<std::optional<Group>> next(Position position);
  /// Was the last error of next() about the bytes of a group (checksum, form)? Not: about reading the file.
  [[nodiscard]] bool group_is_bad() const { return group_is_bad_; }
  /// Its controls and counts alone: cheap.
  Result<std::optional<Group>> next_facts(Position position);
  /// Reads every word of the segment; then words are what a writer goes on with.
  Status load_words();
  [[nodiscard]] const GroupDecoder& decoder() const { return decoder_; }
  /// Adds the keys with at >= `since`.
  /// Adds the keys since then, newest group first, until there are `most`.
  Status keys_since(Time since, std::size_t most, std::vector<StoredKey>& keys);

  struct End {
    Position position = 0;
    Time stamp;
  };
  [[nodiscard]] Result<std::optional<End>> first();
  [[nodiscard]] Result<std::optional<End>> last();
  [[nodiscard]] std::int64_t version() const { return version_; }
  [[nodiscard]] const std::string& path() const { return database_.path(); }

 private:
  SegmentReader(sqlite::Database database, Dictionary& dictionary)
      : database_(std::move(database)), decoder_(dictionary) {}
  Status prepare();
  Status load_words_up_to(Position position);
  Result<std::optional<Group>> read(Position position, bool facts_only);
  Result<Group> decode_row(bool facts_only);
  Result<std::optional<End>> end(const char* order);
  Error wrong(Position position, const std::string& what);
  sqlite::Database database_;
  sqlite::Statement group_, fleet_, keys_, words_;
  GroupDecoder decoder_;
  Position words_up_to_ = 0;
  bool group_is_bad_ = false;
  std::int64_t version_ = 0;
};

}  // namespace slod::journal
