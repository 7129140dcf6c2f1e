// What every listener that takes a body holds to: how long its parts may be, which codings are understood,
// what a refusal looks like. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slod/core/submission.h"
#include "slod/net/http_server.h"
#include "slod/net/inflate.h"

namespace slod::source {

inline constexpr std::size_t kMaxInflated = 64 * 1024 * 1024;  ///< bytes of an unpacked body
inline constexpr std::size_t kMaxKey = 256;                    ///< bytes of an Idempotency-Key

/// {"error": advice}; a 503 with Retry-After.
net::Response refusal(int status, std::string_view advice);
/// 503 for what the committer refused, with what it says about it.
net::Response not_stored(const CommitAnswer& refused);
/// Said of the head, before the body is read: 415 for a coding that is not understood, 400 for a long key.
std::optional<net::Response> refuse_head(const net::Request& head);
/// The body without its coding: a view of the request's, or of `buffer`, which is replaced then.
net::Inflated unpack(const net::Request& request, std::string& buffer, std::string_view& body);

}  // namespace slod::source
