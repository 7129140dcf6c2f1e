// The "because" and "because not" of each rule, in words.
#pragma once

#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/record.h"

namespace slod::cli {

using LabelValues = std::vector<std::pair<std::string, std::string>>;

/// "" if it matches, else the first key that does not: `app is "ios", not ops-ios or ops-web`.
[[nodiscard]] std::string why_not(const LabelMatch& match, const LabelValues& labels);
/// The rule as a person reads it: `app is ios or android`.
[[nodiscard]] std::string in_words(const LabelMatch& match);

struct VerdictReason {
  Verdict verdict = Verdict::kGood;
  std::string because;                 ///< the rule that decided
  std::vector<std::string> not_these;  ///< own rules that did not, and why
};
/// The verdict of an api leg on its own. `client_abort`: the format's statuses for "the client left".
[[nodiscard]] VerdictReason judge_status(const ApiLeg& leg, const std::vector<int>& client_abort, int status,
                                         Duration latency, const LabelValues& labels);

[[nodiscard]] const char* verdict_word(Verdict verdict);  ///< "GOOD", "BAD", "excluded"

}  // namespace slod::cli
