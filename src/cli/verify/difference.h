// Where two JSON values differ, in words a person can follow: "slos[rides].groups[area=a].bad: 9, refolded
// 8".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace slod::cli {

/// One line per value that differs, at most `limit`.
[[nodiscard]] std::vector<std::string> differences(const nlohmann::json& stored,
                                                   const nlohmann::json& refolded, std::size_t limit);

}  // namespace slod::cli
