// A tree against the table of schema.h: unknown, missing and misplaced keys, and every scalar's form.
#pragma once

#include "config/schema.h"
#include "config/yaml_tree.h"

namespace slod::config {

/// Reports every fault of `value`; `key` names it in messages.
void validate(const View& value, const Type& type, const std::string& key, FaultList& faults);
void validate(const View& map, const Object& object, FaultList& faults);

}  // namespace slod::config
