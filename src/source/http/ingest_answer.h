// What a sender gets: JSON, and OTLP's protobuf made of it. The bytes are stored with an idempotency key and
// repeated, so they say by themselves which status they went with. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "slod/core/record.h"
#include "slod/route/intake.h"

namespace slod::source {

/// {"accepted":n,"duplicate":0,"ignored":n,"rejected":n,"late":n,"errors":[...]}: the body of a 200.
std::string counts_answer(const SourceCounts& counts, const route::IntakeReport& report);
/// The same with "error" first: the body of a 400 whose records were counted as rejected.
std::string unreadable_answer(std::string_view advice, const SourceCounts& counts,
                              const route::IntakeReport& report);
/// The same where not one record was readable.
std::string none_readable_answer(const SourceCounts& counts, const route::IntakeReport& report);
/// {"error":"..."}
std::string error_answer(std::string_view advice);
/// counts_answer() as OTLP's exporters read it: with their partialSuccess where records were rejected.
std::string otlp_counts_answer(const SourceCounts& counts, const route::IntakeReport& report);
/// Any of these answers in OTLP's binary form.
std::string otlp_protobuf_answer(int status, std::string_view answer);
/// 400 for an answer that starts with an error, else 200.
int status_of_answer(std::string_view answer);

}  // namespace slod::source
