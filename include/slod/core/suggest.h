// "did you mean": the nearest of the words that would have been right here. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slod {

/// The candidate within a third of the word's length (at least 1, at most 3 edits; a swap of neighbours is
/// one edit), or "". Ties go to the first.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
/// `; did you mean "x"?`, else ` (known: a, b)` if there are few, else "".
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
/// "a, b or c".
[[nodiscard]] std::string or_list(const std::vector<std::string>& words);

}  // namespace slod
