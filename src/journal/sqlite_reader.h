// SqliteReader: the whole journal in order: what was kept of trimmed segments, then segment after segment.
#pragma once

#include <memory>
#include <string>

#include "slod/journal/journal.h"

#include "journal/directory.h"
#include "journal/sealed_store.h"
#include "journal/segment_reader.h"

namespace slod::journal {

class SqliteReader final : public Reader {
 public:
  SqliteReader(std::string dir, Position position, Dictionary& dictionary)
      : dir_(std::move(dir)), after_(position), dictionary_(&dictionary), with_sealed_(position == 0) {}
  Result<std::optional<Group>> next() override;

 private:
  struct File {
    std::string path;
    bool kept = false;
    bool newest = false;
  };
  /// The file that should hold the group after `after_`. An empty path: there is none yet.
  Result<File> pick();
  Result<std::optional<Group>> next_group();
  /// What is sealed, between the groups. Once per reader: what is sealed later is in the groups.
  Result<std::optional<Group>> first_of_sealed();
  Status open(const File& file);
  Result<std::optional<Group>> take();
  [[nodiscard]] Error missing() const;
  std::string dir_;
  Position after_;
  Dictionary* dictionary_;
  File file_;
  std::unique_ptr<SegmentReader> segment_;
  bool with_sealed_;  ///< and not looked yet
  std::unique_ptr<SealedReader> sealed_;
  std::optional<Group> ahead_;  ///< what is sealed of its time comes first
};

}  // namespace slod::journal
