// A LabelMatch of the config, compiled to ids: keys AND, values OR, a missing label is "".
#pragma once

#include <vector>

#include "slod/config/config.h"
#include "slod/core/dictionary.h"

namespace slod::fold {

class CompiledMatch {
 public:
  CompiledMatch(const LabelMatch& match, Dictionary& dictionary);
  /// No keys: matches everything.
  [[nodiscard]] bool empty() const { return clauses_.empty(); }
  [[nodiscard]] bool matches(const Dictionary& dictionary, LabelSetId labels) const;

 private:
  struct Clause {
    StringId key = 0;
    std::vector<StringId> any_of;
  };
  std::vector<Clause> clauses_;
};

}  // namespace slod::fold
