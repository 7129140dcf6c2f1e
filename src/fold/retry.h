// Retry: attempts of one key, sorted by (start, arrival), cut into events. An attempt joins the fold before
// it if that has no success yet, its start is at most the fold's latest end + within, and at most the fold's
// first start + 10 x within. So the last attempt of a fold is its success, if it has one. Folds with a member
// that arrived `horizon` or more ago are frozen: they keep their booking and are forgotten. One per view;
// owned by the fold.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <vector>

#include "fold/attempt.h"

namespace slod::fold {

class RetryFolder {
 public:
  RetryFolder(View view, Duration within, Duration horizon, BookingSink& sink);

  /// A good or bad attempt enters, and the events that change are withdrawn and booked anew. In order: O(1).
  void insert(const AttemptFacts& facts, const Decision& decision, Time now);
  /// Whether the attempt is in a fold that may still change.
  bool holds(const AttemptFacts& facts, Time now);
  /// Requires: holds(). The attempt is judged anew.
  void replace(const AttemptFacts& facts, const Decision& decision, Time now);
  /// Requires: holds(). The attempt leaves.
  void erase(const AttemptFacts& facts, Time now);
  /// Forgets keys of which every attempt is frozen; changes no result.
  void forget(Time now);

  [[nodiscard]] std::size_t key_count() const { return keys_.size(); }
  template <class A>
  void io(A& a) {
    a(keys_, ages_);
  }

 private:
  struct Member {
    std::uint64_t seq = 0;
    Time start, end, arrival;
    LabelSetId labels = 0;
    StringId device = 0, route = 0;
    std::uint16_t status = 0;
    bool good = false, has_end = false, late = false;
    Outcome outcome = Outcome::kOk;
    DeviceCondition condition;
  };
  struct Span {  // one fold: members [first, next span's first)
    std::uint32_t first = 0;
    bool good = false;
    Time latest_end, oldest_arrival;
  };
  struct Key {
    std::vector<Member> members;
    std::vector<Span> spans;
    Time oldest_arrival = Time::max();
    Time newest_arrival = Time::min();
    template <class A>
    void io(A& a) {
      a(members, spans, oldest_arrival, newest_arrival);
    }
  };
  struct Event {
    std::uint64_t first_seq = 0;
    Booking booking;
  };
  using Keys = boost::unordered_flat_map<RetryKey, Key, RetryKeyHash>;

  static Member member_of(const AttemptFacts& facts, const Decision& decision);
  static std::size_t position(const Key& key, Time start, std::uint64_t seq);
  [[nodiscard]] bool joins(const Key& key, const Span& span, const Member& member) const;
  void freeze(Key& key, Time now) const;
  void refold(Key& key, std::size_t from_span) const;
  void append_to_folds(Key& key, std::uint32_t at) const;
  template <typename Edit>
  void change(const RetryKey& who, Key& key, std::size_t at, Edit edit);
  void events(const RetryKey& who, const Key& key, std::size_t from_span, std::vector<Event>& out) const;
  void rebook();
  void book_missing(const std::vector<Event>& events, const std::vector<Event>& others, int sign);

  View view_;
  Duration within_;
  Duration horizon_;
  BookingSink& sink_;
  Keys keys_;
  std::deque<std::pair<Time, RetryKey>> ages_;  // one entry per key, by an arrival that it had
  std::vector<Event> before_, after_;           // scratch
};

}  // namespace slod::fold
