// Why: answers what ate the budget, on a thread of its own: from the booking log where that reaches back far
// enough, else by folding the journal again. ask() any thread; bounded: kMostWaiting questions, more are
// refused. It waits for nobody, and nobody on the event path waits for it.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "refold.h"
#include "slod/core/mailbox.h"

namespace slod::daemon {

/// The journal's place, how long it keeps journeys, and what history there is beside it.
struct JournalKept {
  std::string dir;
  Duration journeys{0};
  std::function<std::shared_ptr<const HistoryView>()> history = {};
};

/// What answers now: its booking log, the dictionary of the ids in it, and what they were made with. `kept`
/// keeps all of it alive.
struct Booked {
  std::shared_ptr<const Config> config;
  const std::vector<fleet::RegistryEntry>& registry;
  const engine::BookingLog& log;
  const Dictionary& dictionary;
  std::shared_ptr<const void> kept;
};

class Why {
 public:
  using Done = std::function<void(Result<engine::Contributors>)>;
  static constexpr std::size_t kMostWaiting = 8;

  /// `booked` is asked at each question: a reload replaces what answers.
  Why(JournalKept journal, std::function<Booked()> booked);
  ~Why();

  /// False: too many are waiting, `done` is not called.
  bool ask(const std::string& slo, engine::SlotRange range, Done done);
  /// Something else about the past, on the same thread and with the same bound.
  bool run(std::function<void()> question);

 private:
  using Question = std::function<void()>;
  void loop();
  [[nodiscard]] Result<engine::Contributors> answer(const std::string& slo, engine::SlotRange range) const;

  JournalKept journal_;
  std::function<Booked()> booked_;
  Mailbox<Question> questions_{kMostWaiting};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace slod::daemon
