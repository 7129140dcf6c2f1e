// De-duplication: the first record per (source, message kind, id) within 24 h of its arrival, among the last
// kMaxIds ids; the oldest go first. 24 bytes in the ring and about 6 in the index per id: 4 Mi ids cost about
// 130 MB. Owned by the fold.
#pragma once

#include <cstdint>
#include <deque>

#include <boost/unordered/unordered_flat_set.hpp>

#include "slod/core/record.h"

namespace slod::fold {

class Dedup {
 public:
  static constexpr std::size_t kMaxIds = std::size_t{1} << 22;
  static constexpr Duration kMemory = hours(24);

  explicit Dedup(std::size_t max_ids = kMaxIds);
  Dedup(const Dedup&) = delete;
  Dedup& operator=(const Dedup&) = delete;

  /// True for the first; false if the id was seen less than 24 h before `received`. Requires: a non-empty id.
  bool first(StringId source, std::uint8_t kind, const Digest& id, Time received);
  [[nodiscard]] std::size_t size() const { return ring_.size(); }
  template <class A>
  void io(A& a) {
    a(ring_, base_);
    if constexpr (A::kReads) {
      index_.clear();
      index_.reserve(ring_.size());
      for (std::size_t i = 0; i < ring_.size(); ++i) index_.insert(static_cast<std::uint32_t>(base_ + i));
    }
  }

 private:
  struct Seen {
    Digest key;
    Time received;
  };
  struct Hash {
    using is_transparent = void;
    const Dedup* owner;
    std::size_t operator()(const Digest& key) const { return key.lo ^ key.hi; }
    std::size_t operator()(std::uint32_t number) const { return (*this)(owner->at(number).key); }
  };
  struct Equal {
    using is_transparent = void;
    const Dedup* owner;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(const Digest& a, std::uint32_t b) const { return a == owner->at(b).key; }
    bool operator()(std::uint32_t a, const Digest& b) const { return b == owner->at(a).key; }
  };

  // Numbers run on and wrap; the ring holds [base_, base_ + size).
  [[nodiscard]] const Seen& at(std::uint32_t number) const { return ring_[number - base_]; }
  void forget_oldest();
  void forget_expired(Time now);

  std::size_t max_ids_;
  std::deque<Seen> ring_;
  std::uint32_t base_ = 0;
  boost::unordered_flat_set<std::uint32_t, Hash, Equal> index_;
};

}  // namespace slod::fold
