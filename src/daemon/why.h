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

class Why {
 public:
  using Done = std::function<void(Result<engine::Contributors>)>;
  static constexpr std::size_t kMostWaiting = 8;

  /// Lifetime: log and dictionary (of the ids in the log) outlive it.
  Why(RefoldInput input, const engine::BookingLog& log, const Dictionary& dictionary);
  ~Why();

  /// False: too many are waiting, `done` is not called.
  bool ask(const std::string& slo, engine::SlotRange range, Done done);

 private:
  struct Question {
    std::string slo;
    engine::SlotRange range;
    Done done;
  };
  void loop();
  [[nodiscard]] Result<engine::Contributors> answer(const Question& question) const;

  RefoldInput input_;
  const engine::BookingLog& log_;
  const Dictionary& dictionary_;
  Mailbox<Question> questions_{kMostWaiting};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace slod::daemon
