#include "cli/verify/difference.h"

#include <map>
#include <nlohmann/json.hpp>

namespace slod::cli {
namespace {

using nlohmann::json;

/// What an element of a list is called: its name, its labels, else its place.
std::string name_of(const json& element, std::size_t index) {
  if (element.is_object()) {
    for (const char* key : {"slo", "source", "window"}) {
      if (element.contains(key) && element[key].is_string()) return element[key].get<std::string>();
    }
    if (element.contains("labels")) {
      std::string name;
      for (const auto& [label, value] : element["labels"].items())
        name += (name.empty() ? "" : ",") + label + "=" + value.get<std::string>();
      return name;
    }
    if (element.contains("severity") && element.contains("long"))
      return element["severity"].get<std::string>() + " " + element["long"].get<std::string>();
  }
  return std::to_string(index);
}

// NOLINTBEGIN(misc-no-recursion): as deep as the numbers of a snapshot
class Comparison {
 public:
  explicit Comparison(std::size_t limit) : limit_(limit) {}

  void compare(const std::string& path, const json& stored, const json& refolded) {
    if (lines.size() >= limit_ || stored == refolded) return;
    if (stored.is_object() && refolded.is_object()) return members(path, stored, refolded);
    if (stored.is_array() && refolded.is_array()) return elements(path, stored, refolded);
    lines.push_back(path + ": " + stored.dump() + ", refolded " + refolded.dump());
  }

  std::vector<std::string> lines;

 private:
  void members(const std::string& path, const json& stored, const json& refolded) {
    for (const auto& [key, value] : stored.items()) {
      const std::string at = path.empty() ? key : path + "." + key;
      compare(at, value, refolded.contains(key) ? refolded[key] : json());
    }
    for (const auto& [key, value] : refolded.items()) {
      if (!stored.contains(key)) compare(path.empty() ? key : path + "." + key, json(), value);
    }
  }

  void elements(const std::string& path, const json& stored, const json& refolded) {
    const std::map<std::string, json> before = by_name(stored), after = by_name(refolded);
    for (const auto& [name, value] : before) {
      const auto same = after.find(name);
      compare(path + "[" + name + "]", value, same == after.end() ? json() : same->second);
    }
    for (const auto& [name, value] : after) {
      if (!before.contains(name)) compare(path + "[" + name + "]", json(), value);
    }
  }

  static std::map<std::string, json> by_name(const json& list) {
    std::map<std::string, json> named;
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::string name = name_of(list[i], i);
      if (named.contains(name)) name += " #" + std::to_string(i);
      named.emplace(std::move(name), list[i]);
    }
    return named;
  }

  std::size_t limit_;
};
// NOLINTEND(misc-no-recursion)

}  // namespace

std::vector<std::string> differences(const json& stored, const json& refolded, std::size_t limit) {
  Comparison comparison(limit);
  comparison.compare("", stored, refolded);
  return std::move(comparison.lines);
}

}  // namespace slod::cli
