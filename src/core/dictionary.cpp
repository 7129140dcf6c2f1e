#include "slod/core/dictionary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>

#include "slod/core/bytes.h"
#include "slod/core/hash.h"
#include "slod/core/result.h"

namespace slod {
namespace {

constexpr std::uint32_t kFirstChunk = 64;  // entries; each further chunk is twice as long
constexpr std::uint32_t kChunks = 20;      // 67 M entries
constexpr std::size_t kFirstBlock = 1024;  // bytes; each further block is twice as long, up to
constexpr std::size_t kArenaBlock = 64 * 1024;

/// Entries that never move: readers index through a table of chunk pointers that never moves either, so an id
/// that came through a queue (release, acquire) can be looked up without a lock while the owner goes on
/// appending. It begins small: a batch of one record has a dictionary of its own.
template <typename T>
class StableVector {
 public:
  const T& operator[](std::uint32_t i) const {
    const Place at = place(i);
    return *std::launder(reinterpret_cast<const T*>(&chunks_[at.chunk][at.offset]));
  }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  void push_back(const T& value) {
    if (tail_ == tail_end_) next_chunk();
    std::construct_at(reinterpret_cast<T*>(tail_++), value);
    ++size_;
  }
  void clear() {
    size_ = 0;
    tail_ = tail_end_ = nullptr;
  }

 private:
  static_assert(std::is_trivially_destructible_v<T>);
  /// Room for one entry. Not touched before its entry is, so that the rest of a long chunk costs no memory.
  struct alignas(T) Cell {
    std::array<std::byte, sizeof(T)> bytes;
  };
  struct Place {
    std::uint32_t chunk, offset;
  };
  static Place place(std::uint32_t i) {
    const std::uint32_t biased = i + kFirstChunk;
    const auto chunk = static_cast<std::uint32_t>(std::bit_width(biased) - std::bit_width(kFirstChunk));
    return {chunk, biased - (kFirstChunk << chunk)};
  }

  void next_chunk() {
    const std::uint32_t at = place(size_).chunk;
    SLOD_ASSERT(at < kChunks);
    const std::size_t length = std::size_t{kFirstChunk} << at;
    if (!chunks_[at]) chunks_[at] = std::make_unique_for_overwrite<Cell[]>(length);
    tail_ = chunks_[at].get();
    tail_end_ = tail_ + length;
  }

  std::array<std::unique_ptr<Cell[]>, kChunks> chunks_;
  std::uint32_t size_ = 0;
  Cell* tail_ = nullptr;  ///< the next entry's place, in the last chunk
  Cell* tail_end_ = nullptr;
};

/// Bytes that never move. clear() keeps the first blocks.
class Arena {
 public:
  char* take(std::size_t size, std::size_t align) {
    used_ = (used_ + align - 1) & ~(align - 1);
    if (current_ >= blocks_.size() || used_ + size > blocks_[current_].size) next_block(size);
    char* place = blocks_[current_].bytes.get() + used_;
    used_ += size;
    return place;
  }
  void clear() {
    current_ = 0;
    used_ = 0;
  }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  void next_block(std::size_t size) {
    used_ = 0;
    if (!blocks_.empty()) ++current_;
    while (current_ < blocks_.size() && blocks_[current_].size < size) ++current_;
    if (current_ < blocks_.size()) return;
    const std::size_t usual = std::min(kFirstBlock << std::min<std::size_t>(blocks_.size(), 16), kArenaBlock);
    const std::size_t length = std::max(usual, size);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(length), length});
    current_ = blocks_.size() - 1;
  }
  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
};

/// Open addressing from hash to id, linear probing; 0 is an empty place (id 0 is never stored).
class IdTable {
 public:
  IdTable() : cells_(64) {}
  template <typename Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
    return cells_[cell_of(hash, same)].id;
  }
  /// The id that is there, or the one that `make` makes.
  template <typename Same, typename Make, typename Rehash>
  std::uint32_t find_or_make(std::uint64_t hash, const Same& same, const Make& make, const Rehash& rehash) {
    Cell& cell = cells_[cell_of(hash, same)];
    if (cell.id != 0) return cell.id;
    const std::uint32_t id = make();
    if (++count_ * 2 > cells_.size()) {
      grow(rehash);
      place(hash, id);
    } else {
      cell = {static_cast<std::uint32_t>(hash >> 32), id};
    }
    return id;
  }
  void clear() {
    if (count_ == 0) return;
    std::fill(cells_.begin(), cells_.end(), Cell{});
    count_ = 0;
  }

 private:
  struct Cell {
    std::uint32_t hash = 0;
    std::uint32_t id = 0;
  };
  /// Where the id is, or the empty place where it belongs.
  template <typename Same>
  [[nodiscard]] std::size_t cell_of(std::uint64_t hash, const Same& same) const {
    for (std::size_t i = hash & (cells_.size() - 1);; i = (i + 1) & (cells_.size() - 1)) {
      const Cell& cell = cells_[i];
      if (cell.id == 0 || (cell.hash == static_cast<std::uint32_t>(hash >> 32) && same(cell.id))) return i;
    }
  }
  void place(std::uint64_t hash, std::uint32_t id) {
    std::size_t i = hash & (cells_.size() - 1);
    while (cells_[i].id != 0) i = (i + 1) & (cells_.size() - 1);
    cells_[i] = {static_cast<std::uint32_t>(hash >> 32), id};
  }
  template <typename Rehash>
  void grow(const Rehash& rehash) {
    std::vector<Cell> old(cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.id != 0) place(rehash(cell.id), cell.id);
    }
  }
  std::vector<Cell> cells_;
  std::size_t count_ = 0;
};

struct LabelSpan {
  const Label* first = nullptr;
  std::uint32_t size = 0;
};

std::uint64_t hash_labels(std::span<const Label> labels) {
  return hash_bytes({reinterpret_cast<const char*>(labels.data()), labels.size_bytes()});
}

}  // namespace

struct Dictionary::Impl {
  Arena arena;
  StableVector<std::string_view> strings;
  StableVector<LabelSpan> sets;
  IdTable string_ids;
  IdTable set_ids;
  std::vector<Label> sorted;  // scratch of intern_labels

  Impl() { add_empty(); }
  void add_empty() {
    strings.push_back({});
    sets.push_back({});
  }
  [[nodiscard]] std::span<const Label> set(LabelSetId id) const { return {sets[id].first, sets[id].size}; }
};

Dictionary::Dictionary() : impl_(std::make_unique<Impl>()) {}
Dictionary::~Dictionary() = default;
Dictionary::Dictionary(Dictionary&&) noexcept = default;
Dictionary& Dictionary::operator=(Dictionary&&) noexcept = default;

StringId Dictionary::intern(std::string_view text) {
  if (text.empty()) return 0;
  Impl& impl = *impl_;
  const auto same = [&](std::uint32_t id) { return same_text(impl.strings[id], text); };
  const auto make = [&] {
    char* copy = impl.arena.take(text.size(), 1);
    std::memcpy(copy, text.data(), text.size());
    impl.strings.push_back({copy, text.size()});
    return impl.strings.size() - 1;
  };
  const auto rehash = [&](std::uint32_t id) { return hash_bytes(impl.strings[id]); };
  return impl.string_ids.find_or_make(hash_bytes(text), same, make, rehash);
}

StringId Dictionary::find(std::string_view text) const {
  if (text.empty()) return 0;
  return impl_->string_ids.find(hash_bytes(text),
                                [&](std::uint32_t id) { return same_text(impl_->strings[id], text); });
}

LabelSetId Dictionary::intern_labels(std::span<const Label> labels) {
  std::vector<Label>& sorted = impl_->sorted;
  sorted.clear();
  for (const Label& label : labels) {
    if (label.value != 0) sorted.push_back(label);
  }
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end(), [](const Label& a, const Label& b) { return a.key < b.key; });
  const auto same = [&](std::uint32_t id) {
    const auto known = impl_->set(id);
    return std::equal(known.begin(), known.end(), sorted.begin(), sorted.end());
  };
  const auto make = [&] {
    char* place = impl_->arena.take(sorted.size() * sizeof(Label), alignof(Label));
    std::memcpy(place, sorted.data(), sorted.size() * sizeof(Label));
    impl_->sets.push_back({reinterpret_cast<const Label*>(place), static_cast<std::uint32_t>(sorted.size())});
    return impl_->sets.size() - 1;
  };
  const auto rehash = [&](std::uint32_t id) { return hash_labels(impl_->set(id)); };
  return impl_->set_ids.find_or_make(hash_labels(sorted), same, make, rehash);
}

std::string_view Dictionary::text(StringId id) const {
  return impl_->strings[id];
}
std::span<const Label> Dictionary::labels(LabelSetId id) const {
  return impl_->set(id);
}

StringId Dictionary::value(LabelSetId set, StringId key) const {
  for (const Label& label : impl_->set(set)) {
    if (label.key == key) return label.value;
  }
  return 0;
}

std::uint32_t Dictionary::string_count() const {
  return impl_->strings.size();
}
std::uint32_t Dictionary::label_set_count() const {
  return impl_->sets.size();
}

void Dictionary::clear() {
  impl_->arena.clear();
  impl_->strings.clear();
  impl_->sets.clear();
  impl_->string_ids.clear();
  impl_->set_ids.clear();
  impl_->add_empty();
}

}  // namespace slod
