#include "cli/verify/verify.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cli/setup.h"
#include "cli/verify/difference.h"
#include "cli/verify/hour_check.h"
#include "slod/cli/commands.h"
#include "slod/config/basis.h"
#include "slod/config/load.h"
#include "slod/daemon/refolding.h"
#include "slod/serve/render.h"
#include "slod/store/checkpoint.h"
#include "slod/store/ledger_reader.h"

namespace slod::cli {
namespace {

constexpr std::size_t kMostDifferences = 100;

/// (episode, step, at): what the ledger and the refold must agree on.
using Step = std::tuple<std::string, std::string, Time>;

struct Outcome {
  std::uint64_t groups = 0, records = 0, compared_transitions = 0;
  std::optional<std::uint64_t> checkpoint;  ///< its position
  std::uint64_t compared_hours = 0;
  std::vector<std::string> notes, differences;
};

/// What the journal says of its configs.
struct Configs {
  std::string text;  ///< the newest
  /// From here on it is the only one, and all history was counted: the ledger's older transitions may have
  /// been made of something else.
  Time since;
  Time text_since;  ///< when the newest came; the epoch: there was no other
};

Result<std::unique_ptr<journal::Reader>> open_journal(const VerifyOptions& options, Dictionary& dictionary) {
  return journal::read_sqlite_journal(options.state + "/journal", 0, dictionary);
}

Result<Configs> configs_in(const VerifyOptions& options) {
  Dictionary dictionary;
  auto reader = open_journal(options, dictionary);
  if (!reader) return reader.error();
  Configs configs;
  for (bool first = true;;) {
    const auto group = (*reader)->next();
    if (!group) return group.error();
    if (!*group) return configs;
    for (const journal::Control& control : (*group)->controls) {
      if (control.kind == journal::ControlKind::kHistory)
        configs.since = std::max(configs.since, control.at + Duration(1));
      const bool config = control.kind == journal::ControlKind::kConfig && control.subject.empty();
      if (!config || control.text == configs.text) continue;
      configs.text = control.text;
      if (!first) configs.text_since = (*group)->stamp;
      configs.since = std::max(configs.since, configs.text_since);
      first = false;
    }
  }
}

std::shared_ptr<const Config> config_for(const VerifyOptions& options, const Configs& configs) {
  if (!options.config_file.empty()) return load_config(options.config_file);
  if (configs.text.empty()) {
    std::cerr << "slod verify: the journal holds no config yet; say --config.file\n";
    return nullptr;
  }
  const config::Loaded loaded = config::load_text(configs.text, "the journal's config");
  for (const config::Fault& fault : loaded.faults) {
    if (!fault.warning) std::cerr << config::format_fault(fault, false);
  }
  if (!loaded.config)
    std::cerr << "slod verify: the journal's config cannot be read alone; say --config.file\n";
  return loaded.config;
}

/// The newest checkpoint that can be read.
std::optional<store::Checkpoint> newest_checkpoint(const VerifyOptions& options, Outcome& outcome) {
  for (const store::CheckpointFile& file : store::list_checkpoints(options.state + "/checkpoint")) {
    Result<store::Checkpoint> read = store::read_checkpoint(file.path);
    if (read) return std::move(*read);
    outcome.notes.push_back("checkpoint " + file.path + " cannot be read: " + read.error().message);
  }
  outcome.notes.push_back("there is no checkpoint in " + options.state +
                          "/checkpoint: the numbers are compared with nothing");
  return std::nullopt;
}

void compare_numbers(const store::Checkpoint& checkpoint, daemon::JournalFold& fold, Outcome& outcome) {
  using nlohmann::json;
  outcome.checkpoint = checkpoint.position;
  const json stored = json::parse(checkpoint.figures, nullptr, false);
  const json refolded = json::parse(serve::slos_json(*fold.engine().snapshot()));
  for (std::string& line : differences(stored, refolded, kMostDifferences))
    outcome.differences.push_back("checkpoint: " + std::move(line));
}

/// From when on a refold makes the same transitions.
struct Since {
  Time all;    ///< the config's
  Time fleet;  ///< of what is sealed the end is known, not what was thought of it at the time
};

/// Which transitions a refold must make again: where each SLO's begin, without the episodes of fleet SLOs
/// that had begun by then, since those may have begun at another tick.
class Comparable {
 public:
  Comparable(const Config& config, Since since) : since_(since) {
    for (const SloConfig& slo : config.slos) {
      if (slo.journey < 0) of_fleet_.insert(slo.name);
    }
  }
  void see(const std::string& slo, const std::string& episode, Time at) {
    if (of_fleet_.contains(slo) && at < since_.fleet) begun_before_.insert(episode);
  }
  /// Requires: all were seen.
  [[nodiscard]] bool holds(const std::string& slo, const std::string& episode, Time at) const {
    const Time begin = of_fleet_.contains(slo) ? std::max(since_.all, since_.fleet) : since_.all;
    return at >= begin && !begun_before_.contains(episode);
  }

 private:
  Since since_;
  std::set<std::string> of_fleet_, begun_before_;
};

void compare_ledger(const store::LedgerContents& ledger, const std::vector<engine::Transition>& refolded,
                    Comparable comparable, Outcome& outcome) {
  for (const store::StoredTransition& t : ledger.transitions) comparable.see(t.slo, t.episode, t.at);
  for (const engine::Transition& t : refolded) comparable.see(t.slo, t.episode, t.at);
  std::set<Step> stored, made;
  for (const store::StoredTransition& t : ledger.transitions) {
    if (comparable.holds(t.slo, t.episode, t.at)) stored.emplace(t.episode, t.step, t.at);
  }
  for (const engine::Transition& t : refolded) {
    if (t.at <= ledger.last_tick && comparable.holds(t.slo, t.episode, t.at))
      made.emplace(t.episode, t.to, t.at);
  }
  outcome.compared_transitions = made.size();
  const auto missing = [&](const std::set<Step>& from, const std::set<Step>& in, const char* where) {
    for (const auto& [episode, step, at] : from) {
      if (in.contains({episode, step, at}) || outcome.differences.size() >= kMostDifferences) continue;
      outcome.differences.push_back("ledger: " + episode + " " + step + " at " + format_rfc3339(at) + where);
    }
  };
  missing(made, stored, " is not in it");
  missing(stored, made, " is in it, and the refold does not make it");
}

/// Are the checkpoint's numbers those of the history that there is? More of it came later: it cannot be said
/// what they were. Less: its oldest blocks were forgotten, or somebody took it away, which the numbers tell.
bool same_history(const store::Checkpoint& checkpoint, const daemon::HistoryView& history, Outcome& outcome) {
  const auto with = checkpoint.made_with.find("history");
  const std::string counted = with == checkpoint.made_with.end() ? "0" : with->second;
  const std::string there = std::to_string(history.blocks);
  if (counted == there) return true;
  const bool more_came = std::strtoull(counted.c_str(), nullptr, 10) < history.blocks;
  outcome.notes.push_back("the newest checkpoint counted " + counted + " blocks of history, there are " +
                          there + " now: " +
                          (more_came ? "its numbers are not compared. The next checkpoint can be"
                                     : "what it counted of the missing ones shows as differences"));
  return !more_came;
}

/// Are the checkpoint's numbers those of this config? Not, until the next one, where the config was changed
/// since: then what was counted cannot be compared with what this one would count. A config that slod never
/// had is compared: what it would change is what is asked.
bool same_config(const store::Checkpoint& checkpoint, const Config& config, const Configs& configs,
                 Outcome& outcome) {
  const auto digest = [](const std::string& text) {
    const Digest of = digest_of(config::text_without_place(text));
    return std::to_string(of.hi) + "-" + std::to_string(of.lo);
  };
  const auto with = checkpoint.made_with.find("config");
  const std::string asked = digest(config.text);
  if (with == checkpoint.made_with.end() || with->second == asked || asked != digest(configs.text))
    return true;
  outcome.notes.push_back("the newest checkpoint was made with the config before that of " +
                          format_rfc3339(configs.text_since) +
                          ": its numbers are not compared. The next checkpoint can be");
  return false;
}

void compare_all(const std::optional<store::Checkpoint>& checkpoint,
                 const Result<store::LedgerContents>& ledger,
                 const std::vector<engine::Transition>& transitions, Comparable comparable,
                 Outcome& outcome) {
  if (checkpoint && !outcome.checkpoint) {
    outcome.differences.push_back("checkpoint: it stands at position " +
                                  std::to_string(checkpoint->position) + ", which the journal does not hold");
  }
  if (ledger) {
    compare_ledger(*ledger, transitions, std::move(comparable), outcome);
  } else {
    outcome.notes.push_back("the ledger cannot be compared: " + ledger.error().message);
  }
}

void take(HourFindings found, Outcome& outcome) {
  outcome.compared_hours = found.compared;
  std::move(found.notes.begin(), found.notes.end(), std::back_inserter(outcome.notes));
  for (std::string& line : found.differences) {
    if (outcome.differences.size() < kMostDifferences) outcome.differences.push_back(std::move(line));
  }
}

Status refold(const VerifyOptions& options, const std::shared_ptr<const Config>& config,
              const Configs& configs, Outcome& outcome) {
  const auto registry = load_registry(*config);
  if (!registry) return registry.error();
  std::optional<store::Checkpoint> checkpoint = newest_checkpoint(options, outcome);
  // Read first: what a running daemon adds while we fold is later than it.
  const Result<store::LedgerContents> ledger = store::read_ledger(options.state + "/ledger.db");
  const auto history = daemon::read_history(options.state + "/history");
  if (!history) return history.error();
  HourCheck hours(options.state, *config);
  hours.read();
  if (checkpoint && (!same_config(*checkpoint, *config, configs, outcome) ||
                     !same_history(*checkpoint, **history, outcome)))
    checkpoint.reset();
  const Dictionary none;
  std::vector<engine::Transition> transitions;
  std::unique_ptr<daemon::Refolding> refolding;
  daemon::RefoldingEar ear;
  ear.begins = [&] {
    transitions.clear();
    outcome.groups = outcome.records = 0;
  };
  ear.tick = [&](const daemon::TickOutcome& tick) {
    transitions.insert(transitions.end(), tick.transitions.begin(), tick.transitions.end());
  };
  ear.group = [&](const journal::Group& group) {
    ++outcome.groups;
    outcome.records += group.api.size() + group.device.size();
    if (checkpoint && group.position == checkpoint->position)
      compare_numbers(*checkpoint, refolding->fold(), outcome);
  };
  refolding = std::make_unique<daemon::Refolding>(
      daemon::RefoldingInput{config,
                             *registry,
                             *history,
                             [&](Dictionary& words) { return open_journal(options, words); },
                             none,
                             {},
                             [](double) { return true; },
                             std::move(ear),
                             engine::BookingLog::kMost,
                             hours.hears()});
  if (const Status folded = refolding->run(); !folded) return folded;
  const Time sealed = refolding->fold().sealing().until();
  compare_all(checkpoint, ledger, transitions, Comparable(*config, {configs.since, sealed}), outcome);
  take(hours.compare(refolding->fold(), **history, configs.text_since), outcome);
  return ok();
}

void print_text(const Outcome& outcome) {
  for (const std::string& note : outcome.notes) std::cerr << "slod verify: " << note << "\n";
  for (const std::string& line : outcome.differences) std::cout << line << "\n";
  std::cout << (outcome.differences.empty() ? "equal" : "different") << ": refolded " << outcome.groups
            << " groups with " << outcome.records << " records";
  if (outcome.checkpoint) std::cout << ", compared at position " << *outcome.checkpoint;
  if (!outcome.checkpoint) std::cout << ", numbers compared with nothing";
  std::cout << "; " << outcome.compared_transitions << " transitions in the ledger's time; "
            << outcome.compared_hours << " hourly totals\n";
}

void print_json(const Outcome& outcome) {
  nlohmann::ordered_json json = {{"equal", outcome.differences.empty()},
                                 {"groups", outcome.groups},
                                 {"records", outcome.records},
                                 {"checkpoint", nullptr},
                                 {"transitions", outcome.compared_transitions},
                                 {"hours", outcome.compared_hours},
                                 {"differences", outcome.differences},
                                 {"notes", outcome.notes}};
  if (outcome.checkpoint) json["checkpoint"] = *outcome.checkpoint;
  std::cout << json.dump(2) << "\n";
}

}  // namespace

int verify(const VerifyOptions& options) {
  if (options.format != "text" && options.format != "json") {
    std::cerr << "slod verify: --format is text or json\n";
    return kUsage;
  }
  std::error_code error;
  if (!std::filesystem::is_directory(options.state + "/journal", error)) {
    std::cerr << "slod verify: " << options.state
              << " is no state directory: it holds no journal. See state.dir in the config.\n";
    return kUsage;
  }
  const Result<Configs> configs = configs_in(options);
  if (!configs) {
    std::cerr << "slod verify: " << configs.error().message << "\n";
    return kFailed;
  }
  const std::shared_ptr<const Config> config = config_for(options, *configs);
  if (!config) return kUsage;
  Outcome outcome;
  if (const Status folded = refold(options, config, *configs, outcome); !folded) {
    std::cerr << "slod verify: " << folded.error().message << "\n";
    return kFailed;
  }
  options.format == "json" ? print_json(outcome) : print_text(outcome);
  return outcome.differences.empty() ? kOk : kFailed;
}

}  // namespace slod::cli
