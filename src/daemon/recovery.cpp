// Evaluator: how a start finds the state again, and how it is cut while it runs.
#include <algorithm>

#include "evaluator.h"
#include "slod/daemon/pace.h"

namespace slod::daemon {
namespace {

/// While nothing but ticks comes, an old checkpoint costs a start little.
constexpr Duration kIdleEvery = hours(1);
constexpr const char* kHistory = "history";
constexpr const char* kTotals = "totals";

using SteadyClock = std::chrono::steady_clock;

/// The stamp of a group; nothing where the journal does not hold it any more.
Result<std::optional<Time>> stamp_of(journal::Journal& journal, journal::Position position) {
  auto reader = journal.read_from(position - 1);
  if (!reader) return reader.error();
  auto group = (*reader)->next();
  while (group && *group && (*group)->position == 0) group = (*reader)->next();  // what is sealed
  if (!group) return group.error();
  if (!*group || (*group)->position != position) return std::optional<Time>();
  return std::optional<Time>((*group)->stamp);
}

std::string totals_text(std::uint64_t edition, Time until) {
  return std::to_string(edition) + " " + std::to_string(nanos(until));
}

/// Nobody seals while a start reads: what is sealed and the journal beside it are of one time.
Status sealed_fits(JournalFold& fold, journal::Position last, bool from_the_beginning) {
  if (fold.damaged()) return Error{"what is sealed in the journal cannot be read"};
  if (fold.sealing().position() > last) {
    return Error{"sealed.db is of a later time than the journal beside it (it ends at group " +
                 std::to_string(last) + "): put both back from one backup (slod restore)"};
  }
  if (from_the_beginning && fold.sealing().outrun()) {
    return Error{
        "the journal says that more was sealed than its sealed.db holds: put that file back from a backup "
        "(slod restore)"};
  }
  return ok();
}

}  // namespace

std::string Evaluator::use(const store::CheckpointFile& file, journal::Journal& journal) {
  const Result<store::Checkpoint> read = store::read_checkpoint(file.path);
  if (!read) return read.error().message;
  if (read->position != file.position) return "its name is not its position";
  std::map<std::string, std::string> made_with = read->made_with;
  made_with.erase(kHistory);  // more of it may be there meanwhile
  const std::string totals = made_with[kTotals];
  made_with.erase(kTotals);
  const std::string differs = store::first_difference(made_with, checkpoints_.made_with);
  if (!differs.empty()) return "it was made with another " + differs;
  if (read->position == 0 || read->position > journal.last_position()) {
    return "it stands at position " + std::to_string(read->position) + ", the journal ends at " +
           std::to_string(journal.last_position());
  }
  const Result<std::optional<Time>> stamp = stamp_of(journal, read->position);
  if (!stamp) return stamp.error().message;
  if (!*stamp) return "the journal no longer holds its position";
  if (**stamp != read->stamp) return "it belongs to another journal";
  if (read->last_tick > acted_on_) return "the ledger is older than it";
  fold_ = new_fold();
  const bool fits = fold_->restore(read->state) && fold_->position() == read->position;
  const bool counted = totals_ == nullptr || (totals == totals_text(edition_, fold_->told_hours()) &&
                                              totals_->reaches(edition_, fold_->told_hours()));
  if (fits && counted) return "";
  fold_ = new_fold();
  return fits ? "the journal's hourly totals are not those that it was made with"
              : "its state does not fit this build";
}

void Evaluator::restore(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress) {
  const journal::Position last = journal.last_position();
  for (const store::CheckpointFile& file : store::list_checkpoints(checkpoints_.dir)) {
    progress({"reading the checkpoint", file.position, last, 0});
    const auto begin = SteadyClock::now();
    const std::string fault = use(file, journal);
    if (!fault.empty()) {
      checkpoints_.log("warn", "checkpoint " + file.path + " is not used: " + fault);
      continue;
    }
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    checkpoints_.log("info", "checkpoint at position " + std::to_string(file.position) + " read in " +
                                 std::to_string(static_cast<int>(seconds * 1000)) + " ms; " +
                                 std::to_string(last - file.position) + " groups follow");
    cut_position_ = fold_->position();
    cut_at_ = fold_->stamp();
    fold_->log().begin(fold_->stamp());
    return;
  }
  if (last > 0) checkpoints_.log("info", "no checkpoint: the journal is read from its beginning");
}

/// Is there history that was in the numbers and is not in the fold?
Result<bool> Evaluator::lacks_history(journal::Journal& journal) const {
  const std::uint64_t blocks = history_.view ? history_.view()->blocks : 0;
  if (blocks <= fold_->history_blocks()) return false;
  if (fold_->position() == 0) return true;
  auto reader = journal.read_from(fold_->position());
  if (!reader) return reader.error();
  for (;;) {
    const auto group = (*reader)->next();
    if (!group) return group.error();
    if (!*group) return false;  // it came and was not counted yet
    const auto& controls = (*group)->controls;
    if (std::any_of(controls.begin(), controls.end(),
                    [](const auto& control) { return control.kind == journal::ControlKind::kHistory; }))
      return true;
  }
}

/// The whole past, history merged in.
Status Evaluator::refold(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress) {
  checkpoints_.log("info", "history is counted anew, from the beginning of the journal");
  const journal::Position last = journal.last_position();
  const auto open = [&](Dictionary& dictionary) { return journal.read_from(0, dictionary); };
  const HoursTo hours = totals_ != nullptr ? totals_->recount() : HoursTo{};
  std::unique_ptr<Refolding> refolding;
  const auto tell = [&](double share) {
    progress({"replaying the journal and history", refolding->position(), last, share});
    if (totals_ != nullptr) totals_->wait_for_room([] { return true; });
    return true;
  };
  RefoldingEar ear;
  ear.begins = [&] { fold_ = refolding->shared(); };
  ear.tick = [&](TickOutcome& tick) { on_tick(tick, false); };
  refolding = std::make_unique<Refolding>(RefoldingInput{config_, registry_, history_.view(), open,
                                                         journal_dictionary_, [&] { return last; }, tell,
                                                         std::move(ear), engine::BookingLog::kMost, hours});
  const Status folded = refolding->run();
  const Status fits = sealed_fits(*fold_, last, true);
  return fits ? folded : fits;
}

Status Evaluator::recover(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress) {
  restore(journal, progress);
  const Result<bool> lacks = lacks_history(journal);
  if (!lacks) return lacks.error();
  const bool anew = *lacks || fold_->position() == 0;
  if (Status folded = *lacks ? refold(journal, progress) : replay(journal, progress); !folded) return folded;
  if (anew) {
    const Result<Time> rows_since = journal.rows_since();
    if (!rows_since) return rows_since.error();
    publish_recount(history_.view ? std::max(*rows_since, history_.view()->rows_since) : *rows_since);
  }
  seen_stamp_ = nanos(fold_->stamp());
  seen_position_ = fold_->position();
  // What is known can be asked for at once; the first tick may be half a minute away.
  settle_with_ledger();
  history_blocks_ = fold_->history_blocks();
  // What is sealed stays sealed, whatever history has brought since.
  if (seal_.close) static_cast<void>(seal_.close(fold_->sealing().closes(), UINT64_MAX));
  checkpoints_made_with_ = checkpoints_.made_with;
  fold_->log().publish();
  let_answer(fold_);
  auto snapshot = fold_->snapshot();
  published_.publish(std::move(snapshot));
  return ok();
}

Status Evaluator::replay(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress) {
  const journal::Position begin = fold_->position(), last = journal.last_position();
  if (begin == 0 && totals_ != nullptr) {
    const HoursTo recount = totals_->recount();
    recount.begins();
    fold_->keep_hours(recount.tell);
  }
  auto reader = journal.read_from(begin);
  if (!reader) return reader.error();
  const auto whole = static_cast<double>(std::max<journal::Position>(last - std::min(begin, last), 1));
  CommittedGroup committed;
  for (Pace pace;;) {
    auto group = (*reader)->next();
    if (!group) return group.error();
    if (!group->has_value()) break;
    committed.group = std::move(**group);
    apply(committed, false);
    const journal::Position at = committed.group.position;
    pace.did(committed.group.api.size() + committed.group.device.size());
    if (!pace.due()) continue;
    progress({"replaying the journal", at, last, static_cast<double>(at - begin) / whole});
    if (totals_ != nullptr) totals_->wait_for_room([] { return true; });
  }
  return sealed_fits(*fold_, last, begin == 0);
}

void Evaluator::cut_if_due() {
  if (checkpoints_.every <= Duration(0)) return;
  const Duration age = fold_->stamp() - cut_at_;
  if (age >= kIdleEvery || (anything_new_ && age >= checkpoints_.every)) cut();
}

void Evaluator::cut() {
  const bool to_note = history_.note && fold_->history_noted() < fold_->history_blocks();
  if (fold_->position() == cut_position_ || to_note) return;
  const auto begin = SteadyClock::now();
  auto made = std::make_unique<Cut>();
  made->position = fold_->position();
  made->stamp = fold_->stamp();
  made->last_tick = fold_->last_tick();
  made->made_with = checkpoints_made_with_;
  if (fold_->history_blocks() > 0) made->made_with[kHistory] = std::to_string(fold_->history_blocks());
  if (totals_ != nullptr) made->made_with[kTotals] = totals_text(edition_, fold_->told_hours());
  made->edition = edition_;
  made->told_hours = fold_->told_hours();
  made->state = fold_->archived(archive_size_ + archive_size_ / 16);
  made->snapshot = fold_->engine().snapshot();
  made->pause = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  archive_size_ = made->state.size();
  cut_position_ = made->position;
  cut_at_ = made->stamp;
  anything_new_ = false;
  auto actions = std::make_unique<TickActions>();
  actions->checkpoint = std::move(made);
  act(std::move(actions));
}

}  // namespace slod::daemon
