// The journal without a disk: groups in a vector, the same rules. Rows are kept in a dictionary of its own,
// so that readers with other dictionaries work as they do on disk.
#include <algorithm>
#include <utility>

#include "slod/journal/journal.h"

#include "journal/narrow.h"
#include "journal/positions.h"

namespace slod::journal {
namespace {

/// Copies ids from one dictionary into another.
class Translator {
 public:
  Translator(const Dictionary& from, Dictionary& to) : from_(&from), to_(&to) {}
  void translate(Group& group) {
    for (ApiRow& row : group.api) {
      for (StringId* id : {&row.source, &row.route, &row.device}) string(*id);
      labels(row.labels);
    }
    for (DeviceRow& row : group.device) {
      for (StringId* id : {&row.source, &row.device, &row.word}) string(*id);
      for (LabelSetId* id : {&row.labels, &row.values}) labels(*id);
    }
  }

 private:
  void string(StringId& id) { id = to_->intern(from_->text(id)); }
  void labels(LabelSetId& id) {
    std::vector<Label> set;
    for (const Label& label : from_->labels(id)) {
      set.push_back({to_->intern(from_->text(label.key)), to_->intern(from_->text(label.value))});
    }
    id = to_->intern_labels(set);
  }
  const Dictionary* from_;
  Dictionary* to_;
};

struct Memory {
  Dictionary dictionary;
  std::vector<Group> groups;
  std::vector<SealedBlock> sealed;
};

class MemoryReader final : public Reader {
 public:
  MemoryReader(const Memory& memory, Position after, Dictionary& dictionary)
      : memory_(&memory), after_(after), translator_(memory.dictionary, dictionary) {
    if (after == 0) take_sealed();
  }

  Result<std::optional<Group>> next() override {
    const auto at = std::find_if(memory_->groups.begin(), memory_->groups.end(),
                                 [&](const Group& group) { return group.position > after_; });
    const Time stamp = at == memory_->groups.end() ? Time::max() : at->stamp;
    if (!sealed_.empty() && sealed_.front().stamp < stamp) {
      Group first = std::move(sealed_.front());
      sealed_.erase(sealed_.begin());
      return std::optional<Group>(std::move(first));
    }
    if (at == memory_->groups.end()) return std::optional<Group>();
    Group group = *at;
    after_ = group.position;
    translator_.translate(group);
    return std::optional<Group>(std::move(group));
  }

 private:
  void take_sealed() {
    if (memory_->sealed.empty()) return;
    SealedBlock newest = memory_->sealed.back();
    newest.minutes.clear();
    sealed_.emplace_back().stamp = Time::min();
    sealed_.back().sealed.push_back(std::move(newest));
    for (const SealedBlock& block : memory_->sealed) {
      sealed_.emplace_back().stamp = block.from;
      sealed_.back().sealed.push_back(block);
      sealed_.back().sealed.back().fleet.clear();
    }
  }
  const Memory* memory_;
  Position after_;
  std::vector<Group> sealed_;
  Translator translator_;
};

class MemoryJournal final : public Journal {
 public:
  MemoryJournal(Dictionary& dictionary, const JournalOptions& options)
      : dictionary_(&dictionary), options_(options) {}

  Result<Position> append(Group& group) override {
    group.stamp = std::max(group.stamp, last_stamp_);
    group.position = ++last_position_;
    last_stamp_ = group.stamp;
    narrow(group);
    positions_.forget_old(group.stamp);
    positions_.set(group.positions, group.stamp);
    memory_.groups.push_back(group);
    Translator(*dictionary_, memory_.dictionary).translate(memory_.groups.back());
    for (SealedBlock& block : std::exchange(memory_.groups.back().sealed, {})) seal(std::move(block));
    return last_position_;
  }
  [[nodiscard]] bool disk_full() const override { return false; }
  Result<std::unique_ptr<Reader>> read_from(Position position) override {
    return read_from(position, *dictionary_);
  }
  Result<std::unique_ptr<Reader>> read_from(Position position, Dictionary& dictionary) override {
    return std::unique_ptr<Reader>(std::make_unique<MemoryReader>(memory_, position, dictionary));
  }
  Status trim(Time now, Position counted) override;
  Result<Time> rows_since() override { return rows_gone_; }
  [[nodiscard]] Position waits_for_seal() const override { return waits_for_seal_; }
  [[nodiscard]] Position last_position() const override { return last_position_; }
  [[nodiscard]] Time last_stamp() const override { return last_stamp_; }
  [[nodiscard]] std::vector<SourcePosition> positions() const override { return positions_.positions(); }
  [[nodiscard]] std::vector<StoredKey> keys_since(Time at) const override;
  [[nodiscard]] std::uint64_t bytes() const override;

 private:
  void seal(SealedBlock block) {
    std::erase_if(memory_.sealed, [&](const SealedBlock& old) {
      return old.until > block.from || old.until < block.until - options_.keep_minutes;
    });
    memory_.sealed.push_back(std::move(block));
  }
  [[nodiscard]] bool fleet_may_go(const Group& group, Time now) const {
    if (!options_.seals) return now - group.stamp > options_.keep_fleet;
    return !memory_.sealed.empty() && group.position <= memory_.sealed.back().position;
  }
  [[nodiscard]] bool sealed(const Group& group) const {
    return !options_.seals || (!memory_.sealed.empty() && group.position <= memory_.sealed.back().position);
  }
  Dictionary* dictionary_;
  JournalOptions options_;
  Memory memory_;
  Position waits_for_seal_ = 0;
  Time rows_gone_;  ///< groups up to it have none any more
  Position emptied_ = 0;
  PositionTable positions_;
  Position last_position_ = 0;
  Time last_stamp_;
};

Status MemoryJournal::trim(Time now, Position counted) {
  waits_for_seal_ = 0;
  if (memory_.groups.empty()) return ok();
  for (Group& group : memory_.groups) {
    if (group.position == last_position_) break;
    if (fleet_may_go(group, now)) {
      std::erase_if(group.device, [](const DeviceRow& row) {
        return row.kind == MessageKind::kReport || row.kind == MessageKind::kPresence;
      });
    }
    if (now - group.stamp <= options_.keep_journeys) continue;
    if (!sealed(group) || group.position > counted) {
      waits_for_seal_ = group.position;
      continue;
    }
    rows_gone_ = group.stamp;
    emptied_ = group.position;
    group.api.clear();
    group.device.clear();
    group.keys.clear();
    group.positions.clear();
    std::erase_if(group.controls, [](const Control& control) { return !outlives_retention(control.kind); });
  }
  std::erase_if(memory_.groups, [&](const Group& group) {
    return group.position <= emptied_ && group.controls.empty() && group.counts.empty() &&
           group.position != last_position_;
  });
  return ok();
}

std::vector<StoredKey> MemoryJournal::keys_since(Time at) const {
  std::vector<StoredKey> keys;
  for (const Group& group : memory_.groups) {
    for (const StoredKey& key : group.keys) {
      if (key.at >= at) keys.push_back(key);
    }
  }
  return keys;
}

std::uint64_t MemoryJournal::bytes() const {
  std::uint64_t sum = 0;
  for (const Group& group : memory_.groups) {
    sum += sizeof group + group.api.size() * sizeof(ApiRow) + group.device.size() * sizeof(DeviceRow);
  }
  return sum;
}

}  // namespace

std::unique_ptr<Journal> make_memory_journal(Dictionary& dictionary, const JournalOptions& options) {
  return std::make_unique<MemoryJournal>(dictionary, options);
}

}  // namespace slod::journal
