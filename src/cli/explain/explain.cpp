#include "cli/explain/explain.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "cli/explain/reasons.h"
#include "slod/decode/decoder.h"
#include "slod/route/router.h"

namespace slod::cli {
namespace {

/// "name     text": the name is written once, further lines of it stand below.
class Report {
 public:
  void line(const std::string& name, const std::string& text) {
    const bool again = name == last_;
    last_ = name;
    out_ += (again ? "" : name) + std::string(10 - std::min<std::size_t>(again ? 0 : name.size(), 9), ' ') +
            text + "\n";
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  std::string out_, last_;
};

std::string seconds_text(Duration latency) {
  std::string text = std::to_string(to_seconds(latency));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

class Explainer final : public decode::RecordVisitor {
 public:
  Explainer(const Config& config, const SourceConfig& source)
      : config_(config), source_(source), router_(config), decoder_(source) {}

  Explanation run(std::string_view line) {
    decoder_.lines(line, *this);
    if (records_ == 0) report_.line("nothing", "the line is empty");
    return {report_.text(), understood_};
  }

  bool on_log(const decode::LogRecord& record) override {
    ++records_;
    understood_ = true;
    log_fields(record);
    const LabelValues labels = labels_of(record);
    const route::Match match = router_.match(source_.name, record.method, record.path, scratch_);
    route_lines(record, match);
    const ActorIndex actor = actor_lines(labels);
    if (match.journey < 0) {
      report_.line("events", "none: a record that no journey matches is counted as ignored");
      return true;
    }
    const JourneyConfig& journey = config_.journeys[static_cast<std::size_t>(match.journey)];
    journey_lines(journey, record, labels);
    const VerdictReason reason =
        judge_status(*journey.api, source_.format->client_abort, record.status, record.latency, labels);
    outcome_lines(journey, record, reason);
    for (const SloConfig& slo : config_.slos) {
      if (slo.journey == match.journey) slo_line(slo, journey, record, reason, actor);
    }
    return true;
  }

  bool on_message(const decode::MessageRecord& record, std::optional<Time> tst) override {
    ++records_;
    understood_ = true;
    const MessageRule& rule = source_.messages[record.rule];
    report_.line("message", kind_word(rule.is) + ", by the rule with topic " + rule.topic);
    message_fields(record, rule, tst);
    message_effect(record, rule);
    for (std::size_t i = 0; i < source_.messages.size(); ++i) {
      if (i != record.rule) report_.line("not", source_.messages[i].topic + ": the topic does not match it");
    }
    return true;
  }

  bool on_ignored(std::string_view what, std::optional<Time>) override {
    ++records_;
    understood_ = true;
    report_.line("ignored", "no message rule matches the topic " + quoted(what));
    for (const MessageRule& rule : source_.messages) report_.line("not", rule.topic);
    return true;
  }

  bool on_reject(decode::Reject reason, std::string_view excerpt) override {
    ++records_;
    report_.line("rejected", std::string(decode::reject_name(reason)) + ": " + decode::reject_advice(reason));
    if (!excerpt.empty()) report_.line("at", std::string(excerpt.substr(0, 200)));
    return true;
  }

 private:
  static std::string kind_word(MessageRule::Is is) {
    switch (is) {
      case MessageRule::Is::kReport:
        return "report (the machine says how it is)";
      case MessageRule::Is::kPresence:
        return "presence (birth, death, last will)";
      case MessageRule::Is::kCommand:
        return "command";
      case MessageRule::Is::kReply:
        break;
    }
    return "reply";
  }

  [[nodiscard]] std::string no_latency() const {
    const FieldPath& path = source_.format->fields.latency;
    return path.empty() ? "none (not mapped)" : "none (nothing at " + path + ")";
  }

  void log_fields(const decode::LogRecord& record) {
    report_.line("format", source_.format->name);
    report_.line("time", format_rfc3339(record.start) +
                             (source_.format->stamp_is_end ? "  (the log's " + format_rfc3339(record.stamp) +
                                                                 " is the end; the start is booked)"
                                                           : "  (the log stamps the start)"));
    report_.line("fields", "method " + quoted(record.method) + "  path " + quoted(record.path));
    report_.line("fields", "status " + std::to_string(record.status) + "  latency " +
                               (record.latency == kNoLatency ? no_latency() : seconds_text(record.latency)));
    report_.line("fields", "id " + quoted(record.id) + "  device " + quoted(record.device) + "  user " +
                               (record.user.empty() ? "\"\"" : "(kept as a keyed hash)"));
    for (std::size_t i = 0; i < record.labels.size(); ++i) {
      report_.line("labels", decoder_.label_names()[i] + " " + quoted(record.labels[i]));
    }
  }

  [[nodiscard]] LabelValues labels_of(const decode::LogRecord& record) const {
    LabelValues labels;
    for (std::size_t i = 0; i < record.labels.size(); ++i) {
      labels.emplace_back(decoder_.label_names()[i], std::string(record.labels[i]));
    }
    return labels;
  }

  void route_lines(const decode::LogRecord& record, const route::Match& match) {
    if (match.journey >= 0) {
      const bool from_log = !record.device.empty();
      const std::string_view device = from_log ? record.device : match.device;
      report_.line("route", std::string(match.route) +
                                (device.empty() ? "" : "  device " + std::string(device)) +
                                (device.empty() ? ""
                                 : from_log     ? " (from the log)"
                                                : " (from the path)"));
    } else {
      report_.line("route", "none");
    }
    for (const JourneyConfig& journey : config_.journeys) {
      if (match.journey >= 0 && &journey == &config_.journeys[static_cast<std::size_t>(match.journey)])
        continue;
      report_.line("not", journey.name + ": " + why_no_route(journey, record));
    }
  }

  [[nodiscard]] std::string why_no_route(const JourneyConfig& journey,
                                         const decode::LogRecord& record) const {
    if (!journey.api) return "it has no api leg";
    if (journey.api->source != source_.name) return "its source is " + journey.api->source;
    std::string method(record.method);
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    if (!journey.api->method.empty() && method != journey.api->method) {
      return "its method is " + journey.api->method + ", this is " + method;
    }
    // Alone, the route says whether it would have matched.
    Config alone;
    alone.sources = config_.sources;
    alone.journeys = {journey};
    std::string scratch;
    const bool matches =
        route::Router(alone).match(source_.name, record.method, record.path, scratch).journey >= 0;
    if (matches) return "its route " + journey.api->route + " matches too, but another is more specific";
    return "the path does not match " + journey.api->route;
  }

  ActorIndex actor_lines(const LabelValues& labels) {
    for (std::size_t i = 0; i < config_.actors.size(); ++i) {
      const ActorConfig& actor = config_.actors[i];
      const std::string why = why_not(actor.match, labels);
      if (why.empty()) {
        report_.line("actor", actor.name + ": " + in_words(actor.match));
        return static_cast<ActorIndex>(i);
      }
      report_.line("not", "actor " + actor.name + ": " + why);
    }
    report_.line("actor", config_.actors.empty() ? "none are defined" : "unknown: no rule matches");
    return kUnknownActor;
  }

  void journey_lines(const JourneyConfig& journey, const decode::LogRecord& record,
                     const LabelValues& labels) {
    report_.line("journey", journey.name);
    if (!journey.retry) return;
    std::string key;
    for (const std::string& by : journey.retry->by) {
      std::string value =
          by == "device" ? std::string(record.device.empty() ? "from the path" : record.device) : "";
      if (by == "user") value = record.user.empty() ? "" : "the user";
      for (const auto& [name, text] : labels) {
        if (name == by) value = text;
      }
      key += (key.empty() ? "" : ", ") + by + (value.empty() ? " (missing: it stands alone)" : "");
    }
    report_.line("journey", "retries by " + key + " within " + format_duration(journey.retry->within) +
                                " of the last attempt's end are the same event");
  }

  void outcome_lines(const JourneyConfig& journey, const decode::LogRecord&, const VerdictReason& reason) {
    report_.line("outcome", std::string("api leg ") + verdict_word(reason.verdict) + ": " + reason.because);
    for (const std::string& other : reason.not_these) report_.line("not", other);
    if (!journey.device || journey.good_when == GoodWhen::kApi) return;
    const std::string deadline = format_duration(journey.device->deadline);
    if (reason.verdict == Verdict::kGood) {
      report_.line("outcome", "undecided until the device answers command " +
                                  quoted(journey.device->command) + " on " + journey.device->source +
                                  ", at most " + deadline);
    } else if (reason.verdict == Verdict::kBad && journey.good_when == GoodWhen::kAll) {
      report_.line("outcome", "the device's answer is not awaited");
    }
  }

  void slo_line(const SloConfig& slo, const JourneyConfig& journey, const decode::LogRecord& record,
                const VerdictReason& reason, ActorIndex actor) {
    if (!slo.actors.empty() && std::find(slo.actors.begin(), slo.actors.end(), actor) == slo.actors.end()) {
      report_.line("events", slo.name + "  not in it: it counts other actors");
      return;
    }
    const GoodWhen leg = slo.leg == GoodWhen::kAll ? journey.good_when : slo.leg;
    const bool waits = journey.device && leg != GoodWhen::kApi && reason.verdict == Verdict::kGood;
    std::string word = verdict_word(reason.verdict);
    std::string why = reason.because;
    if (slo.sli == SliKind::kLatency && reason.verdict != Verdict::kExcluded) {
      const bool measured = record.latency != kNoLatency;
      const bool good = measured && record.latency <= slo.threshold;
      word = !measured ? "excluded" : good ? "GOOD" : "BAD";
      why = !measured ? "the log has no latency"
                      : seconds_text(record.latency) + (good ? " <= " : " > ") + seconds_text(slo.threshold);
    }
    report_.line("events",
                 slo.name + "  " + (waits ? "undecided: the device leg decides" : word + "  " + why));
  }

  void message_fields(const decode::MessageRecord& record, const MessageRule& rule, std::optional<Time> tst) {
    report_.line("fields", "device " + quoted(record.device) + "  id " + quoted(record.id) + "  word " +
                               quoted(record.word) + (record.retained ? "  retained" : ""));
    report_.line("time", (record.time ? "its own stamp " + format_rfc3339(*record.time)
                                      : std::string("no own stamp")) +
                             (tst ? ", received " + format_rfc3339(*tst) : ""));
    if (rule.is != MessageRule::Is::kReport) return;
    report_.line("fields",
                 "battery " + (std::isnan(record.battery) ? "none" : std::to_string(record.battery)));
    const auto& names = decoder_.label_names(record.rule);
    for (std::size_t i = 0; i < record.labels.size(); ++i)
      report_.line("labels", names[i] + " " + quoted(record.labels[i]));
    for (std::size_t i = 0; i < record.values.size(); ++i) {
      report_.line("checks", rule.values[i] + " " + quoted(record.values[i]));
    }
  }

  void message_effect(const decode::MessageRecord& record, const MessageRule& rule) {
    const auto in = [&](const std::vector<std::string>& words) {
      return std::find(words.begin(), words.end(), record.word) != words.end();
    };
    switch (rule.is) {
      case MessageRule::Is::kReport:
        report_.line("effect", record.retained
                                   ? "updates what is known of the device; no evidence that it lives"
                                   : "evidence that the device lives, and what it says of itself");
        break;
      case MessageRule::Is::kPresence:
        report_.line("effect", in(rule.online)    ? "evidence that the device lives"
                               : in(rule.offline) ? "an outage from now on, unless it is heard of within 10 s"
                                                  : "nothing: the word is neither in online nor in offline");
        break;
      case MessageRule::Is::kCommand:
        for (const JourneyConfig& journey : config_.journeys) command_effect(journey, record);
        break;
      case MessageRule::Is::kReply:
        report_.line("effect", in(rule.good) ? "the device did it: answers the command with this id"
                                             : "the device refused: the word is not in good");
        if (record.id.empty())
          report_.line("effect", "without an id it answers the device's oldest unanswered command");
        for (const JourneyConfig& journey : config_.journeys) reply_effect(journey);
        break;
    }
  }

  void reply_effect(const JourneyConfig& journey) {
    if (!journey.device) {
      report_.line("not", journey.name + ": it has no device leg");
    } else if (journey.device->source != source_.name) {
      report_.line("not", journey.name + ": its device leg is not on this source");
    } else {
      report_.line("journey", journey.name + ", if it answers command " + quoted(journey.device->command) +
                                  " within " + format_duration(journey.device->deadline));
    }
  }

  void command_effect(const JourneyConfig& journey, const decode::MessageRecord& record) {
    if (!journey.device || journey.device->source != source_.name) {
      report_.line("not", journey.name + ": its device leg is not on this source");
    } else if (journey.device->command != record.word) {
      report_.line("not", journey.name + ": its command is " + quoted(journey.device->command));
    } else {
      report_.line("journey", journey.name);
      report_.line("effect",
                   "the deadline of " + format_duration(journey.device->deadline) + " runs from here");
    }
  }

  const Config& config_;
  const SourceConfig& source_;
  route::Router router_;
  decode::Decoder decoder_;
  Report report_;
  std::string scratch_;
  std::size_t records_ = 0;
  bool understood_ = false;
};

}  // namespace

Explanation explain(const Config& config, const SourceConfig& source, std::string_view line) {
  return Explainer(config, source).run(line);
}

}  // namespace slod::cli
