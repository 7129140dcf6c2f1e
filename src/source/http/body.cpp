#include "source/http/body.h"

#include "source/http/ingest_answer.h"

namespace slod::source {

namespace {

/// The name for net::inflate, "" for none; nothing for a coding that is not understood.
std::optional<std::string_view> coding_of(const net::Request& request) {
  std::string text(request.header("content-encoding"));
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (text.empty() || text == "identity") return "";
  if (text == "gzip" || text == "x-gzip") return "gzip";
  if (text == "zstd") return "zstd";
  return std::nullopt;
}

/// "": it can be used, or there is none. Whoever sends a key relies on it: one that cannot be told is
/// refused.
std::string_view fault_of_key(const net::Request& head) {
  std::size_t keys = 0;
  for (const auto& [name, value] : head.headers) {
    if (name != "idempotency-key") continue;
    if (++keys > 1) return "there is more than one Idempotency-Key: send one a request";
    if (value.empty()) return "the Idempotency-Key is empty: give it a value, or leave the header out";
    if (value.size() > kMaxKey) return "the Idempotency-Key is longer than 256 bytes: send a digest of it";
  }
  return "";
}

}  // namespace

net::Response refusal(int status, std::string_view advice) {
  net::Response response;
  response.status = status;
  response.body = error_answer(advice);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

net::Response not_stored(const CommitAnswer& refused) {
  return refusal(503, refused.answer.empty() ? "it could not be stored: send it again" : refused.answer);
}

std::optional<net::Response> refuse_head(const net::Request& head) {
  if (!coding_of(head)) return refusal(415, "Content-Encoding must be gzip, zstd or identity");
  const std::string_view fault = fault_of_key(head);
  if (!fault.empty()) return refusal(400, fault);
  return std::nullopt;
}

net::Inflated unpack(const net::Request& request, std::string& buffer, std::string_view& body) {
  body = request.body;
  const std::string_view coding = coding_of(request).value_or("");
  if (coding.empty()) return net::Inflated::kOk;
  buffer.clear();
  const net::Inflated result = net::inflate(coding, request.body, kMaxInflated, buffer);
  body = buffer;
  return result;
}

}  // namespace slod::source
