#include "recompute.h"

#include <algorithm>
#include <future>
#include <limits>

namespace slod::daemon {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// History comes block by block: it is folded in once it pauses.
constexpr auto kPause = std::chrono::milliseconds(1000);
constexpr auto kLook = std::chrono::milliseconds(200);
constexpr auto kAfterFailure = std::chrono::seconds(10);
constexpr std::uint64_t kStop = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Recompute::Recompute(RecomputeContext context, Basis basis)
    : context_(std::move(context)), wish_{std::move(basis), 0} {}

Recompute::~Recompute() {
  stop();
}

void Recompute::start() {
  thread_ = std::thread([this] { loop(); });
}

void Recompute::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wanted_ = kStop;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Recompute::want(Basis basis) {
  {
    const std::lock_guard lock(mutex_);
    wish_ = {std::move(basis), wish_.number + 1};
    wanted_ = wish_.number;
    state_.running = true;
    state_.progress = 0;
    state_.revision = revision_of(*wish_.basis.config);
    state_.why = "config";
  }
  changed_.notify_all();
}

RecomputeState Recompute::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Recompute::loop() {
  for (;;) {
    Wish wish;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kLook, [&] { return stopping_ || wish_.number != computed_; });
      if (stopping_) return;
      wish = wish_;
    }
    if (SteadyClock::now() < not_before_ && wish.number == computed_) continue;
    if (wish.number != computed_) {
      compute(wish, "config");
    } else if (history_is_due()) {
      compute(wish, "history");
    }
  }
}

bool Recompute::history_is_due() {
  const std::uint64_t blocks = context_.history.view()->blocks;
  if (blocks != blocks_seen_) {
    blocks_seen_ = blocks;
    quiet_since_ = SteadyClock::now();
  }
  return blocks > context_.evaluator.history_blocks() && SteadyClock::now() - quiet_since_ >= kPause;
}

void Recompute::begin(const Wish& wish, const char* why) {
  const std::lock_guard lock(mutex_);
  state_ = {true, 0, revision_of(*wish.basis.config), why, ""};
}

void Recompute::end(const Status& result) {
  const std::lock_guard lock(mutex_);
  state_.running = wish_.number != computed_;
  state_.progress = result ? 1 : state_.progress;
  state_.error = result ? "" : result.error().message;
}

void Recompute::compute(const Wish& wish, const char* why) {
  const auto began = SteadyClock::now();
  begin(wish, why);
  if (why == std::string("config") && adopted(wish)) {
    computed_ = wish.number;
    return end(ok());
  }
  const auto go_on = [&](double share) { return goes_on(wish.number, share); };
  auto refolding = std::make_unique<Refolding>(
      RefoldingInput{wish.basis.config,
                     wish.basis.registry,
                     context_.history.view(),
                     [this](Dictionary& dictionary) { return context_.journal.read_from(0, dictionary); },
                     context_.journal_dictionary,
                     context_.last_position,
                     go_on,
                     {},
                     engine::BookingLog::kMost,
                     context_.totals != nullptr ? context_.totals->recount() : HoursTo{}});
  Status done = refolding->run();
  if (done && !refolding->finished()) return;  // a newer wish, or the end
  if (done) done = swap(std::move(refolding), wish);
  if (!done) not_before_ = SteadyClock::now() + kAfterFailure;
  if (done || why == std::string("config")) computed_ = wish.number;
  end(done);
  const double took = std::chrono::duration<double>(SteadyClock::now() - began).count();
  if (done) {
    context_.log("info", "the past was computed anew (" + std::string(why) + ", config " +
                             revision_of(*wish.basis.config) + ") in " + std::to_string(took) + " s");
  } else {
    context_.log("error", "the past could not be computed anew, the numbers stay as they were: " +
                              done.error().message);
  }
}

/// Not faster than what it counts is written.
bool Recompute::goes_on(std::uint64_t wish, double share) {
  {
    const std::lock_guard lock(mutex_);
    if (wish_.number == wish) state_.progress = share;
  }
  const auto wanted = [&] { return wanted_.load() == wish; };
  if (context_.totals != nullptr) context_.totals->wait_for_room(wanted);
  return wanted();
}

bool Recompute::adopted(const Wish& wish) {
  auto views = std::make_unique<Offer>();
  views->config = wish.basis.config;
  views->made_with = wish.basis.made_with;
  if (!offer(std::move(views))) return false;
  context_.log("info", "config " + revision_of(*wish.basis.config) +
                           " answers from what is counted: nothing had to be computed anew");
  return true;
}

Status Recompute::swap(std::unique_ptr<Refolding> refolding, const Wish& wish) {
  const Result<Time> rows_since = context_.journal.rows_since();
  if (!rows_since) return rows_since.error();
  auto past = std::make_unique<Offer>();
  past->rows_since = std::max(*rows_since, context_.history.view()->rows_since);
  past->refolding = std::move(refolding);
  past->made_with = wish.basis.made_with;
  const Status swapped = offer(std::move(past));
  if (swapped && context_.totals != nullptr) context_.totals->settle();  // whoever asks next sees them
  return swapped;
}

/// Waits for the evaluator, which takes it between two groups.
Status Recompute::offer(std::unique_ptr<Offer> offer) {
  auto promise = std::make_shared<std::promise<Status>>();
  auto swapped = promise->get_future();
  offer->done = [promise](const Status& status) { promise->set_value(status); };
  context_.evaluator.offer(std::move(offer));
  while (swapped.wait_for(kLook) != std::future_status::ready) {
    if (wanted_.load() == kStop) return Error{"slod is stopping"};
  }
  return swapped.get();
}

}  // namespace slod::daemon
