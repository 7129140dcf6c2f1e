// The bytes of a checkpoint file: a head and two compressed parts under one checksum.
#pragma once

#include <string>
#include <string_view>

#include "slod/store/checkpoint.h"

namespace slod::store {

[[nodiscard]] Result<std::string> encode_checkpoint(const Checkpoint& checkpoint);
/// Errors: what is wrong, without the file's name.
[[nodiscard]] Result<Checkpoint> decode_checkpoint(std::string_view bytes);

}  // namespace slod::store
