#include "why.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "slod/cli/commands.h"
#include "slod/core/time.h"
#include "slod/net/http_client.h"
#include "slod/serve/render.h"
#include "terminal.h"

namespace slod::cli {
namespace {

/// SLO names are checked by the daemon; what could end the path is not sent.
std::string in_path(const std::string& name) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace

int why(const WhyArguments& arguments) {
  if (arguments.format != "text" && arguments.format != "json") {
    std::cerr << "slod why: --format is text or json\n";
    return kUsage;
  }
  const auto since = parse_duration(arguments.since);
  if (!since || *since <= Duration(0)) {
    std::cerr << "slod why: --since wants a length of time with its unit, such as 30m, 1h or 7d\n";
    return kUsage;
  }
  net::ClientRequest request;
  request.url =
      arguments.url + "/api/v1/slos/" + in_path(arguments.slo) + "/contributors?since=" + arguments.since;
  request.allow_private = true;
  request.max_body = 64 * 1024 * 1024;
  request.deadline = minutes(10);  // an old range is folded anew from the journal
  const auto response = net::http_request(request);
  if (!response) {
    std::cerr << "slod why: " << response.error().message << "\nIs slod running there? See --url.\n";
    return kFailed;
  }
  const auto body = nlohmann::ordered_json::parse(response->body, nullptr, false);
  if (response->status != 200 || body.is_discarded() || !body.contains("data")) {
    const bool told = body.is_object() && body.contains("error") && body["error"].is_string();
    std::cerr << "slod why: "
              << (told ? body["error"].get<std::string>()
                       : arguments.url + " answers " + std::to_string(response->status))
              << "\n";
    return kFailed;
  }
  if (arguments.format == "json") {
    std::cout << body["data"].dump(2) << "\n";
  } else {
    std::cout << serve::contributors_text_from_json(body["data"].dump(), colour_wanted());
  }
  return kOk;
}

}  // namespace slod::cli
