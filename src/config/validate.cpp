#include "config/validate.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "slod/core/suggest.h"

// NOLINTBEGIN(misc-no-recursion): a config is a tree, no deeper than yaml_tree.h lets it be.
namespace slod::config {

namespace {

std::vector<std::string> words_of(const Type& type) {
  return {type.words.begin(), type.words.end()};
}

std::string expected(const Type& type) {
  std::vector<std::string> forms;
  if (type.scalar != Scalar::kNone) forms.emplace_back("a value");
  if (type.each != nullptr) forms.emplace_back("a list");
  if (type.object != nullptr) {
    constexpr std::size_t kShown = 5;
    const std::vector<std::string> all = keys_of(*type.object);
    std::string keys;
    for (std::size_t i = 0; i < std::min(all.size(), kShown); ++i) keys += (i == 0 ? "" : ", ") + all[i];
    if (all.size() > kShown) keys += ", ...";
    forms.emplace_back("a mapping { " + keys + " }");
  } else if (type.values != nullptr) {
    forms.emplace_back("a mapping from names");
  }
  return or_list(forms);
}

std::string range_fault(const Type& type, const std::string& text) {
  const auto value = parse_number(text);
  if (!value || (*value >= type.low && *value <= type.high)) return "";
  std::ostringstream out;
  out << std::setprecision(12) << text << " is out of range; write a number from " << type.low << " to "
      << type.high;
  return out.str();
}

std::string scalar_problem(const View& value, const Type& type) {
  const std::string text = value.text();
  if (type.scalar == Scalar::kWord) {
    if (std::find(type.words.begin(), type.words.end(), text) != type.words.end()) return "";
    return "\"" + text + "\" is not one of " + or_list(words_of(type)) +
           (nearest(text, words_of(type)).empty() ? "" : did_you_mean(text, words_of(type)));
  }
  const std::string fault = scalar_fault(type.scalar, text);
  const bool bounded = type.scalar == Scalar::kInt || type.scalar == Scalar::kNumber;
  return fault.empty() && bounded ? range_fault(type, text) : fault;
}

const Field* field_of(const Object& object, const std::string& key) {
  const auto found = std::find_if(object.fields.begin(), object.fields.end(),
                                  [&](const Field& field) { return field.key == key; });
  return found == object.fields.end() ? nullptr : &*found;
}

void validate_label(const View& entry, const Type& type, FaultList& faults) {
  const std::string fault = scalar_fault(Scalar::kName, entry.key());
  if (!fault.empty()) faults.error(entry.key_at(), fault);
  if (entry.is_map() && entry["cohort"].present()) {
    faults.error(entry["cohort"].key_at(), "`cohort` is not supported by this version yet; remove it");
    return;
  }
  validate(entry, type, entry.key(), faults);
}

void unknown_key(const View& entry, const Object& object, FaultList& faults) {
  const std::string hint = entry.key() == "<<" ? "; merge keys are not supported, `defaults:` may serve"
                                               : did_you_mean(entry.key(), keys_of(object));
  faults.error(entry.key_at(), "unknown key \"" + entry.key() + "\" in " + std::string(object.name) + hint);
}

}  // namespace

void validate(const View& map, const Object& object, FaultList& faults) {
  for (const View& entry : map.entries()) {
    const Field* field = field_of(object, entry.key());
    if (field == nullptr && object.others != nullptr) {
      validate_label(entry, *object.others, faults);
    } else if (field == nullptr) {
      unknown_key(entry, object, faults);
    } else if (field->later) {
      faults.error(entry.key_at(), "`" + entry.key() + "` is not supported by this version yet; remove it");
    } else {
      validate(entry, *field->type, entry.key(), faults);
    }
  }
  for (const Field& field : object.fields) {
    // An empty value has been reported where it stands; here only what is not there at all.
    const bool there = map[field.key].node() != nullptr;
    if (!field.required || there) continue;
    faults.error(map.at(), std::string(object.name) + " needs `" + std::string(field.key) +
                               "`: " + std::string(field.doc));
  }
}

void validate(const View& value, const Type& type, const std::string& key, FaultList& faults) {
  const std::string subject = key.empty() ? "" : "`" + key + "`: ";
  if (!value.present()) {
    faults.error(value.key_at(), subject + "is empty; remove it or write " + expected(type));
    return;
  }
  if (value.is_scalar() && type.scalar != Scalar::kNone) {
    const std::string problem = scalar_problem(value, type);
    if (!problem.empty()) faults.error(value.at(), subject + problem);
  } else if (value.is_list() && type.each != nullptr) {
    for (const View& item : value.items()) validate(item, *type.each, key, faults);
  } else if (value.is_map() && type.object != nullptr) {
    validate(value, *type.object, faults);
  } else if (value.is_map() && type.values != nullptr) {
    for (const View& entry : value.entries()) validate_label(entry, *type.values, faults);
  } else {
    const char* found = value.is_map() ? "a mapping" : value.is_list() ? "a list" : "a value";
    faults.error(value.at(), subject + "is " + found + "; write " + expected(type));
  }
}

}  // namespace slod::config
// NOLINTEND(misc-no-recursion)
