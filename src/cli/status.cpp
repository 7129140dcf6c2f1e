#include "status.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "slod/cli/commands.h"
#include "slod/net/http_client.h"
#include "slod/serve/render.h"
#include "source_notes.h"
#include "terminal.h"

namespace slod::cli {

int status(const std::string& url, const std::string& format) {
  if (format != "text" && format != "json") {
    std::cerr << "slod status: --format is text or json\n";
    return kUsage;
  }
  net::ClientRequest request;
  request.url = url + "/api/v1/slos";
  request.allow_private = true;
  request.max_body = 64 * 1024 * 1024;
  const auto response = net::http_request(request);
  if (!response) {
    std::cerr << "slod status: " << response.error().message << "\nIs slod running there? See --url.\n";
    return kFailed;
  }
  const auto body = nlohmann::json::parse(response->body, nullptr, false);
  if (response->status != 200 || body.is_discarded() || !body.contains("data")) {
    const bool told = body.is_object() && body.contains("error") && body["error"].is_string();
    std::cerr << "slod status: " << url << " answers " << response->status
              << (told ? ": " + body["error"].get<std::string>() : "") << "\n";
    return kFailed;
  }
  if (format == "json") {
    std::cout << body["data"].dump(2) << "\n";
  } else {
    const std::string data = body["data"].dump();
    std::cout << serve::slos_table_from_json(data, colour_wanted()) << source_notes(data);
    request.url = url + "/api/v1/sources";
    if (const auto sources = net::http_request(request); sources && sources->status == 200)
      std::cout << disk_note(sources->body) << serve::unmatched_text_from_json(sources->body);
  }
  return kOk;
}

}  // namespace slod::cli
