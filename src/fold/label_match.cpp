#include "fold/label_match.h"

#include <algorithm>

namespace slod::fold {

CompiledMatch::CompiledMatch(const LabelMatch& match, Dictionary& dictionary) {
  for (const auto& [key, values] : match.any_of) {
    Clause clause{dictionary.intern(key), {}};
    for (const std::string& value : values) clause.any_of.push_back(dictionary.intern(value));
    clauses_.push_back(std::move(clause));
  }
}

bool CompiledMatch::matches(const Dictionary& dictionary, LabelSetId labels) const {
  return std::all_of(clauses_.begin(), clauses_.end(), [&](const Clause& clause) {
    const StringId value = dictionary.value(labels, clause.key);
    return std::find(clause.any_of.begin(), clause.any_of.end(), value) != clause.any_of.end();
  });
}

}  // namespace slod::fold
