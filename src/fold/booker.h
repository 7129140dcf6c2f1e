// Booker: turns what is newly decided of an attempt in one view into bookings, withdrawing what it replaces.
// Excluded and unobserved attempts, and those without retry, stand alone; the rest goes through the retry
// folder.
#pragma once

#include <optional>

#include "fold/retry.h"

namespace slod::fold {

class Booker {
 public:
  /// `retry`: none, or (within, horizon).
  struct Retry {
    Duration within;
    Duration horizon;
  };
  /// `devices`: whom to ask how a device stood when an attempt failed; null where that is not told.
  Booker(View view, const std::optional<Retry>& retry, const DeviceDirectory* devices, BookingSink& sink);

  /// `placed`: how the attempt stands so far, updated. Returns true if the attempt came too late to be
  /// folded. An attempt in a frozen fold stays as it was booked.
  bool decide(const AttemptFacts& facts, Placed& placed, Decision decision, Time now);
  void forget(Time now);

  [[nodiscard]] const View& view() const { return view_; }
  template <class A>
  void io(A& a) {
    a.same(folder_.has_value());
    if (folder_) a(*folder_);
  }

 private:
  [[nodiscard]] bool may_fold(const AttemptFacts& facts, const Decision& decision) const;
  [[nodiscard]] bool is_old(const AttemptFacts& facts, Time now) const;
  [[nodiscard]] DeviceCondition condition_of(const AttemptFacts& facts, const Decision& decision,
                                             Time now) const;
  void book_alone(const AttemptFacts& facts, const Decision& decision, int sign);
  bool place_event(const AttemptFacts& facts, Placed& placed, const Decision& decision, Time now);

  View view_;
  const DeviceDirectory* devices_;
  BookingSink& sink_;
  Duration horizon_{0};
  std::optional<RetryFolder> folder_;
};

}  // namespace slod::fold
