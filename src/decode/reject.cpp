#include <array>

#include "slod/decode/decoder.h"

namespace slod::decode {
namespace {

struct Words {
  const char* name;
  const char* advice;
};

constexpr std::array<Words, 13> kWords = {{
    {"none", "The record is good."},
    {"malformed", "The record is not what the source's format says; quote every value in the log format."},
    {"utf8", "The record is not UTF-8 and not readable even with the bad bytes replaced."},
    {"too_long", "The record is longer than 64 KB; log less of the request."},
    {"missing_time", "The record has no time; map `time` to the field that holds it."},
    {"bad_time",
     "The time is neither RFC 3339 nor a positive number in `time_unit`; check the field and the unit: of a "
     "number with 10 digits `s`, 13 `ms`, 16 `us`, 19 `ns`."},
    {"missing_status", "The record has no status; map `status` to the field that holds it."},
    {"bad_status", "The status is not a whole number from 0 to 599."},
    {"bad_latency",
     "The latency is negative, longer than a day, or not a number; check the field and its unit."},
    {"missing_path", "The record has no path; map `path`, or the request was garbage to the proxy as well."},
    {"missing_device", "The message names no device; put {device} in the topic or map `device`."},
    {"bad_field", "A mapped field has another type than expected, or a needed one is missing."},
    {"not_an_object", "The record is JSON but not an object; send one object per record."},
}};

}  // namespace

const char* reject_name(Reject reason) {
  return kWords[static_cast<std::size_t>(reason)].name;
}
const char* reject_advice(Reject reason) {
  return kWords[static_cast<std::size_t>(reason)].advice;
}

}  // namespace slod::decode
