#include "actor_proposal.h"

#include <algorithm>
#include <cctype>

#include "slod/engine/exemplar.h"
#include "slod/slo/slo_math.h"

namespace slod::engine {
namespace {

constexpr double kMostOfLoss = 0.5, kStandsOut = 2.0, kNotable = 0.05;

/// Labels of the log lines: actors are told by these, not by the device's.
bool is_mapped(const Config& config, const SloConfig& slo, const std::string& label) {
  const JourneyConfig& journey = config.journeys[static_cast<std::size_t>(slo.journey)];
  if (!journey.api) return false;
  const SourceConfig* source = config.source(journey.api->source);
  return source != nullptr && source->format && source->format->fields.labels.contains(label);
}

bool is_actor_already(const Config& config, const std::string& label, const std::string& value) {
  return std::any_of(config.actors.begin(), config.actors.end(), [&](const ActorConfig& actor) {
    const auto found = actor.match.any_of.find(label);
    return actor.match.any_of.size() == 1 && found != actor.match.any_of.end() &&
           std::find(found->second.begin(), found->second.end(), value) != found->second.end();
  });
}

bool stands_out(const Share& share, double least) {
  return !share.value.empty() && share.of_bad.value_or(0) >= least && share.lift.value_or(0) >= kStandsOut;
}

/// A plain word of YAML as it is, everything else in quotes.
std::string quoted(const std::string& text) {
  const bool plain = !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
                     std::all_of(text.begin(), text.end(), [](char c) {
                       return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
                     });
  constexpr std::array<const char*, 8> kWords = {"true", "false", "null", "yes", "no", "on", "off", "y"};
  if (plain && std::find(kWords.begin(), kWords.end(), text) == kWords.end()) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

std::string actor_name_of(const Config& config, const std::string& value) {
  std::string name;
  for (const char c : value) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
  const auto taken = [&] {
    return name == "unknown" || std::any_of(config.actors.begin(), config.actors.end(),
                                            [&](const ActorConfig& actor) { return actor.name == name; });
  };
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) name = "app-" + name;
  while (taken()) name += "-traffic";
  return name;
}

std::string yaml_of(const Config& config, const SloConfig& slo, const ActorProposal& proposal) {
  std::string values;
  for (const std::string& value : proposal.values) values += (values.empty() ? "" : ", ") + quoted(value);
  std::string yaml =
      "actors:                                       # first match wins: keep it above the others\n  " +
      actor_name_of(config, proposal.values.front()) + ": { " + quoted(proposal.label) + ": [" + values +
      "] }\n";
  if (config.actors.empty()) {
    yaml += "slos:\n  - name: " + quoted(slo.name) +
            "\n    actor: unknown                            # who matches no actor: everybody else\n";
  }
  return yaml;
}

/// What would be left without the proposal's events. False: nothing, or nothing better.
bool measure(ActorProposal& proposal, const Contributors& answer) {
  const Tally left{answer.total.good - proposal.tally.good, answer.total.bad - proposal.tally.bad};
  proposal.sli_without = slo::sli(left.good, left.valid());
  if (!proposal.sli_without || proposal.sli_without <= answer.sli) return false;
  proposal.of_bad = static_cast<double>(proposal.tally.bad) / static_cast<double>(answer.total.bad);
  proposal.of_valid = static_cast<double>(proposal.tally.valid()) / static_cast<double>(answer.total.valid());
  return true;
}

std::optional<ActorProposal> propose_by(const Config& config, const SloConfig& slo,
                                        const Contributors& answer, const Dimension& dimension) {
  ActorProposal proposal;
  proposal.label = dimension.name;
  for (const Share& share : dimension.top) {
    if (!stands_out(share, kNotable) || is_actor_already(config, dimension.name, share.value)) continue;
    proposal.values.push_back(share.value);
    proposal.tally.add(share.tally);
  }
  if (proposal.values.empty() || !measure(proposal, answer) || *proposal.of_bad < kMostOfLoss)
    return std::nullopt;
  proposal.yaml = yaml_of(config, slo, proposal);
  return proposal;
}

/// An actor of the SLO that explains most of its loss: the SLO without it.
std::optional<ActorProposal> propose_without(const Config& config, const SloConfig& slo,
                                             const Contributors& answer, const Dimension& actors) {
  const Share& worst = actors.top.front();
  if (slo.actors.size() < 2 || !stands_out(worst, kMostOfLoss)) return std::nullopt;
  ActorProposal proposal;
  proposal.label = "actor";
  proposal.values = {worst.value};
  proposal.tally = worst.tally;
  if (!measure(proposal, answer)) return std::nullopt;
  std::string rest;
  for (const ActorIndex actor : slo.actors) {
    const std::string name = actor_name(config, actor);
    if (name != worst.value) rest += (rest.empty() ? "" : ", ") + quoted(name);
  }
  proposal.yaml = "slos:\n  - name: " + quoted(slo.name) + "\n    actor: [" + rest + "]   # without " +
                  worst.value + ", who needs an SLO of its own\n";
  return proposal;
}

}  // namespace

std::optional<ActorProposal> propose_actor(const Config& config, const SloConfig& slo,
                                           const Contributors& answer) {
  std::optional<ActorProposal> best;
  if (answer.total.bad == 0) return best;
  for (const Dimension& dimension : answer.dimensions) {
    const bool label = dimension.kind == Dimension::Kind::kLabel && is_mapped(config, slo, dimension.name);
    if (!label && dimension.kind != Dimension::Kind::kActor) continue;
    auto proposal =
        label ? propose_by(config, slo, answer, dimension) : propose_without(config, slo, answer, dimension);
    const bool better =
        proposal && (!best || *proposal->of_bad - *proposal->of_valid > *best->of_bad - *best->of_valid);
    if (better) best = std::move(proposal);
  }
  return best;
}

}  // namespace slod::engine
