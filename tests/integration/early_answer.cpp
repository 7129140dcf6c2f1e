// A slod that breaks the promise, for the kill loop to catch: its journal says "stored" at once and writes a
// group only when the next one comes. Linked with --wrap, so that the real sources carry no trace of it.
#include <optional>

#include "slod/journal/journal.h"

namespace slod::journal {
namespace {

class EarlyJournal final : public Journal {
 public:
  explicit EarlyJournal(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}
  ~EarlyJournal() override { static_cast<void>(write()); }
  EarlyJournal(const EarlyJournal&) = delete;
  EarlyJournal& operator=(const EarlyJournal&) = delete;

  Result<Position> append(Group& group) override {
    if (Status written = write(); !written) return written.error();
    group.position = journal_->last_position() + 1;
    held_ = group;
    return group.position;
  }
  [[nodiscard]] bool disk_full() const override { return journal_->disk_full(); }
  Result<std::unique_ptr<Reader>> read_from(Position position) override {
    return journal_->read_from(position);
  }
  Result<std::unique_ptr<Reader>> read_from(Position position, Dictionary& dictionary) override {
    return journal_->read_from(position, dictionary);
  }
  Status trim(Time now, Position counted) override { return journal_->trim(now, counted); }
  Result<Time> rows_since() override { return journal_->rows_since(); }
  [[nodiscard]] Position last_position() const override {
    return journal_->last_position() + (held_ ? 1 : 0);
  }
  [[nodiscard]] Time last_stamp() const override { return journal_->last_stamp(); }
  [[nodiscard]] std::vector<SourcePosition> positions() const override { return journal_->positions(); }
  [[nodiscard]] std::vector<StoredKey> keys_since(Time at) const override { return journal_->keys_since(at); }
  [[nodiscard]] std::uint64_t bytes() const override { return journal_->bytes(); }

 private:
  Status write() {
    if (!held_) return ok();
    const Result<Position> stored = journal_->append(*held_);
    if (!stored) return stored.error();
    held_.reset();
    return ok();
  }

  std::unique_ptr<Journal> journal_;
  std::optional<Group> held_;
};

}  // namespace

// The linker's names: every call of open_sqlite_journal() comes to the first, the second is the real one.
Result<std::unique_ptr<Journal>> open_early(const JournalOptions& options, Dictionary& dictionary) asm(
    "__wrap__ZN4slod7journal19open_sqlite_journalERKNS0_14JournalOptionsERNS_10DictionaryE");
Result<std::unique_ptr<Journal>> open_real(const JournalOptions& options, Dictionary& dictionary) asm(
    "__real__ZN4slod7journal19open_sqlite_journalERKNS0_14JournalOptionsERNS_10DictionaryE");

Result<std::unique_ptr<Journal>> open_early(const JournalOptions& options, Dictionary& dictionary) {
  Result<std::unique_ptr<Journal>> real = open_real(options, dictionary);
  if (!real) return real;
  return std::unique_ptr<Journal>(std::make_unique<EarlyJournal>(std::move(*real)));
}

}  // namespace slod::journal
