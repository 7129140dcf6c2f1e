// What is sealed, as bytes: self-contained (its words are in it), columns as those of rows.
// docs/journal-format.md, "Sealed". Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slod/core/sealed.h"

namespace slod::journal {

/// Deterministic. Thread: the dictionary's owner.
[[nodiscard]] std::string encode_minutes(const std::vector<SealedMinutes>& minutes, Dictionary& dictionary);
[[nodiscard]] std::string encode_fleet(const SealedFleet& fleet, Dictionary& dictionary);
/// Ids are interned into `dictionary`. False: malformed.
[[nodiscard]] bool decode_minutes(std::string_view bytes, Dictionary& dictionary,
                                  std::vector<SealedMinutes>& minutes);
[[nodiscard]] bool decode_fleet(std::string_view bytes, Dictionary& dictionary, SealedFleet& fleet);

}  // namespace slod::journal
