#include "cli/explain/reasons.h"

#include <algorithm>

#include "fold/status.h"

namespace slod::cli {
namespace {

std::string value_of(const LabelValues& labels, const std::string& key) {
  const auto found =
      std::find_if(labels.begin(), labels.end(), [&](const auto& label) { return label.first == key; });
  return found == labels.end() ? "" : found->second;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += i == 0 ? "" : i + 1 == values.size() ? " or " : ", ";
    text += values[i].empty() ? "\"\"" : values[i];
  }
  return text;
}

bool holds(const OutcomeRule& rule, int status) {
  return rule.statuses.empty() ||
         std::any_of(rule.statuses.begin(), rule.statuses.end(),
                     [&](const auto& range) { return status >= range.low && status <= range.high; });
}

std::string statuses_of(const OutcomeRule& rule) {
  std::string text;
  for (const OutcomeRule::StatusRange& range : rule.statuses) {
    text += text.empty() ? "status " : ", ";
    if (range.specificity == 0) {
      text += std::to_string(range.low / 100) + "xx";
    } else {
      text += std::to_string(range.low);
      if (range.high != range.low) text += "-" + std::to_string(range.high);
    }
  }
  return text;
}

std::string list_name(Verdict verdict) {
  return verdict == Verdict::kGood ? "good" : verdict == Verdict::kBad ? "bad" : "ignore";
}

std::string rule_text(const OutcomeRule& rule) {
  std::string text = list_name(rule.verdict) + ": " + statuses_of(rule);
  if (!rule.labels.any_of.empty()) text += (rule.statuses.empty() ? "" : " and ") + in_words(rule.labels);
  return text;
}

std::string default_reason(const ApiLeg& leg, const std::vector<int>& client_abort, int status,
                           Duration latency) {
  if (std::find(client_abort.begin(), client_abort.end(), status) != client_abort.end()) {
    const std::string left = "the client left (status " + std::to_string(status) + ")";
    if (!leg.client_abort_bad_after) return left + ", and client_abort_bad_after is not set";
    const std::string limit = format_duration(*leg.client_abort_bad_after);
    if (latency == kNoLatency) return left + ", after an unknown time";
    return left + (latency > *leg.client_abort_bad_after ? " after more than " : " within ") + limit;
  }
  if (status == 429) return "429 is bad by default";
  if (status >= 500 || status < 100) return "5xx is bad by default";
  if (status >= 400) return "other 4xx is excluded by default";
  return "1xx, 2xx and 3xx are good by default";
}

}  // namespace

std::string in_words(const LabelMatch& match) {
  std::string text;
  for (const auto& [key, values] : match.any_of)
    text += (text.empty() ? "" : " and ") + key + " is " + joined(values);
  return text.empty() ? "anything" : text;
}

std::string why_not(const LabelMatch& match, const LabelValues& labels) {
  for (const auto& [key, values] : match.any_of) {
    const std::string value = value_of(labels, key);
    if (std::find(values.begin(), values.end(), value) == values.end()) {
      return key + " is \"" + value + "\", not " + joined(values);
    }
  }
  return "";
}

VerdictReason judge_status(const ApiLeg& leg, const std::vector<int>& client_abort, int status,
                           Duration latency, const LabelValues& labels) {
  Dictionary dictionary;
  std::vector<Label> ids;
  for (const auto& [key, value] : labels) ids.push_back({dictionary.intern(key), dictionary.intern(value)});
  fold::StatusRules rules(leg, client_abort, dictionary);
  VerdictReason reason;
  reason.verdict = rules.verdict(static_cast<std::uint16_t>(status), latency, dictionary.intern_labels(ids));
  std::vector<std::string> matching;
  for (const OutcomeRule& rule : leg.rules) {
    const std::string labels_differ = why_not(rule.labels, labels);
    if (holds(rule, status) && labels_differ.empty()) {
      (rule.verdict == reason.verdict ? matching : reason.not_these)
          .push_back(rule_text(rule) + (rule.verdict == reason.verdict ? "" : ": a more specific rule wins"));
    } else {
      const std::string why = holds(rule, status) ? labels_differ : "status is " + std::to_string(status);
      reason.not_these.push_back(rule_text(rule) + ": " + why);
    }
  }
  reason.because = matching.empty() ? default_reason(leg, client_abort, status, latency) : joined(matching);
  return reason;
}

const char* verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return "GOOD";
    case Verdict::kBad:
      return "BAD";
    case Verdict::kExcluded:
      return "excluded";
    case Verdict::kUnobserved:
      break;
  }
  return "unobserved";
}

}  // namespace slod::cli
