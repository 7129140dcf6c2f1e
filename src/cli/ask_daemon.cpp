#include "ask_daemon.h"

#include <cctype>
#include <iostream>

#include "slod/net/http_client.h"

namespace slod::cli {

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

std::optional<nlohmann::ordered_json> ask_daemon(const DaemonQuestion& question) {
  net::ClientRequest request;
  request.url = question.url + question.path;
  request.allow_private = true;
  request.max_body = 64 * 1024 * 1024;
  request.deadline = question.deadline;
  const auto response = net::http_request(request);
  if (!response) {
    std::cerr << "slod " << question.command << ": " << response.error().message
              << "\nIs slod running there? See --url.\n";
    return std::nullopt;
  }
  auto body = nlohmann::ordered_json::parse(response->body, nullptr, false);
  if (response->status == 200 && !body.is_discarded() && body.contains("data")) return body["data"];
  const bool told = body.is_object() && body.contains("error") && body["error"].is_string();
  std::cerr << "slod " << question.command << ": "
            << (told ? body["error"].get<std::string>()
                     : question.url + " answers " + std::to_string(response->status))
            << "\n";
  return std::nullopt;
}

}  // namespace slod::cli
