// Fold: from journal rows to bookings. It de-duplicates, asks the journey's rules for an outcome, names the
// actor, joins the legs of an attempt and folds retries into one event; every later insight withdraws the old
// booking and makes the new one. A pure function of (config, rows in journal order, ticks): no clock, no
// randomness, no hash order. Thread: one fold, one owner. The rules of meaning are docs/meaning.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/archive.h"
#include "slod/core/record.h"
#include "slod/fold/condition.h"

namespace slod::fold {

enum class Outcome : std::uint8_t {
  kOk,
  kHttpError,
  kDeviceTimeout,
  kDeviceRefused,
  kLateOk,
  kUnobserved,
  kExcluded
};
/// "ok", "http_error", ...: the words of the API.
[[nodiscard]] const char* outcome_name(Outcome outcome);

/// Which part of a journey a booking speaks of. A journey is folded once per leg that some SLO asks for.
struct View {
  int journey = 0;
  GoodWhen leg = GoodWhen::kAll;
  friend auto operator<=>(const View&, const View&) = default;
};

/// One journey event (retries folded), or one attempt. Booked in the slot of its start with the labels of its
/// first attempt. The same value that was booked is what is later withdrawn.
struct Booking {
  View view;
  Time start;
  Slot slot = 0;
  Duration latency = kNoLatency;     ///< first start to the end of the success, or of the last attempt
  Verdict verdict = Verdict::kGood;  ///< by availability; kUnobserved is in no count but completeness
  Outcome outcome = Outcome::kOk;    ///< of the last attempt that decided it
  bool timed_out = false;            ///< bad in every latency SLO, absent from quantiles
  bool late = false;                 ///< its (first) attempt arrived after a tick had passed its slot
  ActorIndex actor = kUnknownActor;
  LabelSetId labels = 0;  ///< the journey's labels, device.* resolved
  StringId device = 0;
  StringId route = 0;
  std::uint16_t status = 0;  ///< of the last attempt; 0: none
  std::uint32_t attempts = 1;
  DeviceCondition condition;  ///< of the device at the failed (last) attempt's start; good: none
  friend bool operator==(const Booking&, const Booking&) = default;
};

/// Where bookings go. sign is +1 to book, -1 to withdraw exactly what was booked.
class BookingSink {
 public:
  virtual ~BookingSink() = default;
  virtual void book_event(const Booking& event, int sign) = 0;
  virtual void book_attempt(const Booking& attempt, int sign) = 0;
  /// An attempt that is an event by itself: the one, then the other.
  virtual void book_both(const Booking& booking, int sign) {
    book_event(booking, sign);
    book_attempt(booking, sign);
  }
  /// A hint: some rows from now a booking of the view comes with these labels.
  virtual void expect(const View& view, LabelSetId labels) const {
    static_cast<void>(view), static_cast<void>(labels);
  }
};

/// What is known of a device at a time; implemented by the fleet. Labels come as "model", "firmware", "area".
class DeviceDirectory {
 public:
  virtual ~DeviceDirectory() = default;
  /// The value of a device label as known at `at`, 0 ("") if unknown.
  [[nodiscard]] virtual StringId label(StringId device, std::string_view name, Time at) const = 0;
  /// How the device stood at `at`, as known at `known`, the latest stamp of the stream. Asked once, when a
  /// failure is decided, and only for journeys whose legs and retries all meet by device.
  [[nodiscard]] virtual DeviceCondition condition(StringId device, Time at, Time known) const {
    static_cast<void>(device), static_cast<void>(at), static_cast<void>(known);
    return {};
  }
};

struct FoldCounters {
  std::map<std::string, std::uint64_t> duplicates;  ///< by source
  std::map<std::string, std::uint64_t>
      accepted_late;  ///< by source: counted after a tick had passed their slot
  std::map<std::pair<std::string, std::string>, std::uint64_t>
      unmatched_legs;                                  ///< (source, "command" | "reply")
  std::map<std::string, std::uint64_t> late_unfolded;  ///< by journey
  std::uint64_t clamped_future = 0;
  template <class A>
  void io(A& a) {
    a(duplicates, accepted_late, unmatched_legs, late_unfolded, clamped_future);
  }
};

class Fold {
 public:
  /// Lifetime: everything referred to outlives the fold. `views`: what to book (the engine derives it from
  /// the SLOs).
  Fold(const Config& config, Dictionary& dictionary, const DeviceDirectory& devices, std::vector<View> views,
       BookingSink& sink);
  ~Fold();
  Fold(const Fold&) = delete;
  Fold& operator=(const Fold&) = delete;

  /// One request in journal order. Returns false if it was a duplicate (counted).
  bool apply(const ApiRow& row);
  /// A hint: the row will be applied some kLookAhead rows from now. Changes nothing.
  static constexpr std::size_t kLookAhead = 16;
  void prefetch(const ApiRow& row) const;
  /// One command or reply in journal order (reports and presence are the fleet's). Returns false for a
  /// duplicate.
  bool apply(const DeviceRow& row);
  /// A tick of the stream: deadlines before `at` run out, waiting legs older than their patience become
  /// unmatched.
  void tick(Time at);
  /// The source (0: every source) saw nothing in [from, to): device legs that would time out over it are
  /// `unobserved` instead, those already booked included; a later reply may still decide them. A replay never
  /// calls it.
  void source_unobserved(StringId source, Time from, Time to);

  [[nodiscard]] const FoldCounters& counters() const;
  void io(archive::Writer& a);
  void io(archive::Reader& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::fold
