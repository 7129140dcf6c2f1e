// The files of one config, as trees, and how they merge: mappings by name, lists one after another, and what
// there is only one of in at most one file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/faults.h"
#include "config/yaml_tree.h"

namespace slod::config {

struct Document {
  std::shared_ptr<const SourceText> file;
  NodePtr root;  ///< nullptr: could not be parsed
  [[nodiscard]] View view() const { return {nullptr, root.get()}; }
};

/// An item of a list together with the `defaults` of its file.
struct Listed {
  View item, defaults;
};

class Documents {
 public:
  std::vector<Document> all;

  /// The value of a key that stands in one file only; the first one.
  [[nodiscard]] View single(std::string_view key) const;
  /// The entries of a mapping from all files; of a repeated name the first.
  [[nodiscard]] std::vector<View> named(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> names(std::string_view key) const;
  [[nodiscard]] std::vector<Listed> listed(std::string_view key) const;
  /// Where a fault of the whole config is shown: the first file.
  [[nodiscard]] Place whole() const;
};

/// Reports names that two files define and single keys that two files set.
void check_merge(const Documents& documents, FaultList& faults);

}  // namespace slod::config
