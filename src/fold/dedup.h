// De-duplication: the first record per (source, message kind, id) within 24 h of its arrival, among the last
// kMaxIds ids; the oldest go first. 24 bytes in the ring and 16 to 32 in the index per id: 4 Mi ids cost
// about 165 MB. Owned by the fold.
#pragma once

#include <cstdint>
#include <deque>

#include "fold/number_index.h"
#include "slod/core/hash.h"
#include "slod/core/record.h"

namespace slod::fold {

class Dedup {
 public:
  static constexpr std::size_t kMaxIds = std::size_t{1} << 22;
  static constexpr Duration kMemory = hours(24);
  static constexpr std::size_t kLookAhead = 16;

  explicit Dedup(std::size_t max_ids = kMaxIds) : max_ids_(max_ids) {}
  Dedup(const Dedup&) = delete;
  Dedup& operator=(const Dedup&) = delete;

  /// True for the first; false if the id was seen less than 24 h before `received`. Requires: a non-empty id.
  bool first(StringId source, std::uint8_t kind, const Digest& id, Time received);
  /// A hint: first() will be asked this, some kLookAhead calls from now.
  void prefetch(StringId source, std::uint8_t kind, const Digest& id) const {
    index_.prefetch(hash_of(key_of(source, kind, id)));
    if (ring_.size() + kLookAhead >= max_ids_ && ring_.size() > kLookAhead)
      index_.prefetch(hash_of(ring_[kLookAhead].key));  // that one will have to go
  }
  [[nodiscard]] std::size_t size() const { return ring_.size(); }
  template <class A>
  void io(A& a) {
    a(ring_, base_);
    if constexpr (A::kReads) {
      index_.clear();
      index_.reserve(ring_.size());
      for (std::size_t i = 0; i < ring_.size(); ++i)
        index_.insert(hash_of(ring_[i].key), static_cast<std::uint32_t>(base_ + i));
    }
  }

 private:
  struct Seen {
    Digest key;
    Time received;
  };
  static Digest key_of(StringId source, std::uint8_t kind, const Digest& id) {
    const std::uint64_t scope = (std::uint64_t{source} << 8) | kind;
    return {id.hi ^ mix64(scope + 1, 0x9e3779b97f4a7c15), id.lo};
  }
  static std::uint32_t hash_of(const Digest& key) {
    return static_cast<std::uint32_t>(mix64(key.hi ^ key.lo, 0xa0761d6478bd642f) >> 32);
  }

  void forget_oldest();
  void forget_expired(Time now);

  std::size_t max_ids_;
  // Numbers run on and wrap; the ring holds [base_, base_ + size).
  std::deque<Seen> ring_;
  std::uint32_t base_ = 0;
  NumberIndex index_;
};

}  // namespace slod::fold
