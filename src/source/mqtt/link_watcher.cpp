#include "source/mqtt/link_watcher.h"

#include <cstring>
#include <utility>

namespace slod::source {
namespace {

using Clock = std::chrono::steady_clock;
constexpr Duration kLook = std::chrono::milliseconds(250);
// The first attempt is given this long before it counts as a failure.
constexpr auto kGrace = std::chrono::seconds(1);
constexpr auto kComplainEvery = std::chrono::seconds(60);

}  // namespace

LinkWatcher::LinkWatcher(const std::string& source, const std::string& broker, Watched watched, Log log,
                         OnConnection on_connection, Duration warn_when_waiting)
    : source_(source),
      broker_(broker),
      watched_(watched),
      log_(std::move(log)),
      on_connection_(std::move(on_connection)),
      warn_when_waiting_(warn_when_waiting) {}

LinkWatcher::~LinkWatcher() {
  stop();
}

void LinkWatcher::start() {
  next_complaint_ = Clock::now() + kGrace;
  thread_ = std::thread([this] { run(); });
}

void LinkWatcher::stop() {
  if (!thread_.joinable()) return;  // what it watches may be gone by now
  stopping_.store(true);
  watched_.bell.signal();
  thread_.join();
}

void LinkWatcher::run() {
  while (!stopping_.load()) {
    watched_.bell.wait(kLook);
    tell_changes();
    tell_still_down();
    tell_waiting();
    tell_healed();
  }
  if (told_ == 1) tell(false);
}

void LinkWatcher::tell_changes() {
  const LinkEvents events = watched_.link.take_events();
  for (const auto& [level, text] : events.notes) say(level, text);
  // A connection that broke and came back between two looks is told as down and up: messages may be missing
  // (QoS 0).
  if (events.downs > 0 && told_ != 0) {
    say("warn", "lost the connection: " + watched_.link.last_failure() + "; reconnecting");
    tell(false, events.silent);
    next_complaint_ = Clock::now() + kComplainEvery;
  }
  if (events.ups > 0 && watched_.link.connected() && told_ != 1) {
    say("info", "connected");
    tell(true);
  }
}

void LinkWatcher::tell(bool up, Duration unnoticed) {
  told_ = up ? 1 : 0;
  watched_.health.up.store(up, std::memory_order_relaxed);
  if (on_connection_) on_connection_(source_, up, unnoticed);
}

void LinkWatcher::tell_still_down() {
  // Up, and nobody saw it go down: it is being closed.
  if (told_ == 1 || watched_.link.connected() || Clock::now() < next_complaint_) return;
  if (watched_.entrance.waiting_for() > Duration(0)) {
    // The answer to our subscriptions waits behind that message; tell_waiting() tells of it.
    if (told_ == -1) tell(false);
    return;
  }
  next_complaint_ = Clock::now() + kComplainEvery;
  const std::string why = watched_.link.explained_failure();
  say("warn", "cannot connect" + (why.empty() ? std::string() : " (" + why + ")") +
                  "; trying for ever, at least every 30 s. HTTP ingest and all other sources go on");
  if (told_ == -1) tell(false);
}

void LinkWatcher::tell_waiting() {
  const Duration waiting = watched_.entrance.waiting_for();
  if (waiting < warn_when_waiting_) {
    if (complained_of_waiting_) {
      say("info", "the inbox takes messages again");
      failures_told_ = watched_.inbox.failures();
    }
    complained_of_waiting_ = false;
    return;
  }
  if (complained_of_waiting_) return;
  complained_of_waiting_ = true;
  const int error = watched_.inbox.last_error();
  const std::string& dir = watched_.inbox.options().dir;
  const std::string why =
      watched_.entrance.kept_out() ? "the disk of " + dir + " is full, what room it has is kept for alerts"
      : error != 0                 ? "writing fails in " + dir + ": " + std::strerror(error)
                                   : "it is full (" + std::to_string(watched_.inbox.backlog()) +
                         " bytes not yet in the journal) or the disk under " + dir + " is slow";
  say("warn",
      "a message waits for room in the inbox: " + why +
          ". The broker keeps what follows; nothing is acknowledged that is not stored, and it goes on by "
          "itself once there is room");
}

/// Of errors that passed before tell_waiting() would have told of them.
void LinkWatcher::tell_healed() {
  const std::uint64_t failures = watched_.inbox.failures();
  const bool waits = complained_of_waiting_ || watched_.entrance.waiting_for() > Duration(0);
  if (failures == failures_told_ || waits || Clock::now() < next_failures_) return;
  const std::uint64_t more = failures - std::exchange(failures_told_, failures);
  next_failures_ = Clock::now() + kComplainEvery;
  say("warn", "writing a message into " + watched_.inbox.options().dir + " failed " +
                  (more == 1 ? "once" : std::to_string(more) + " times") + " (" +
                  std::strerror(watched_.inbox.last_failure()) +
                  ") and succeeded when it was tried again: nothing is lost. Look at that disk");
}

void LinkWatcher::say(const std::string& level, const std::string& text) const {
  if (log_) log_(level, "source " + source_ + ": mqtt broker " + broker_ + ": " + text);
}

}  // namespace slod::source
