// PackedMinutes: device-minutes that wait to be sealed, as bytes: 8 a count of the minute's, where the ledger
// takes 60. Corrections of older minutes are packed like minutes of their own, with counts that may be
// negative; what is read is the sum. Thread: the fold's.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "slod/core/sealed.h"

namespace slod::daemon {

class PackedMinutes {
 public:
  /// Ids are those of `dictionary`, which outlives it.
  explicit PackedMinutes(Dictionary& dictionary) : dictionary_(dictionary) {}
  /// By slot, as the ledger gives them.
  void add(const std::vector<SealedMinutes>& minutes);
  [[nodiscard]] bool empty() const { return parts_.empty(); }
  /// Those before `until`, with `more` added; by slot, alike ones in one, none that is nothing.
  [[nodiscard]] std::vector<SealedMinutes> before(Slot until, std::vector<SealedMinutes> more) const;
  void forget_before(Slot until);
  template <class A>
  void io(A& a) {
    a(parts_);
  }

 private:
  struct Part {
    Slot first = 0, last = 0;
    std::string bytes;
    template <class A>
    void io(A& a) {
      a(first, last, bytes);
    }
  };
  [[nodiscard]] std::vector<SealedMinutes> unpacked(const Part& part) const;

  Dictionary& dictionary_;
  std::deque<Part> parts_;
};

}  // namespace slod::daemon
