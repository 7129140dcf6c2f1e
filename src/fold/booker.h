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
  /// Whether an attempt is an event, whatever comes later of the same.
  [[nodiscard]] bool is_plain() const { return !folder_; }
  /// Books a plain attempt that is decided once and for all; fills in what is the view's. Requires:
  /// is_plain().
  void book_plain(Booking& booking, Time now) {
    booking.view = view_;
    if (booking.verdict == Verdict::kBad)
      booking.condition = condition_of(booking.device, booking.start, now);
    sink_.book_both(booking, +1);
  }
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
  /// As a failure at `at` found the device.
  [[nodiscard]] DeviceCondition condition_of(StringId device, Time at, Time now) const;
  bool place_event(const AttemptFacts& facts, Placed& placed, const Decision& decision, Time now);

  View view_;
  const DeviceDirectory* devices_;
  BookingSink& sink_;
  Duration horizon_{0};
  std::optional<RetryFolder> folder_;
};

}  // namespace slod::fold
