#include "slod/net/http_client.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "net/resolve.h"
#include "net/url.h"
#include "unit/net/echo_server.h"
#include "unit/net/tls_server.h"

namespace slod::test {
namespace {

using net::ClientRequest;
using net::http_request;
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpClientTest : public ServerTest {
 protected:
  [[nodiscard]] ClientRequest request(const std::string& target) const {
    ClientRequest out;
    out.url = "http://127.0.0.1:" + std::to_string(port()) + target;
    out.allow_private = true;
    out.deadline = seconds(5);
    return out;
  }
};

TEST_F(HttpClientTest, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
  start();
  handler_.on_request = [](net::Request got, net::Respond respond) {
    net::Response response;
    response.status = 422;
    response.headers.emplace_back("X-Seen",
                                  std::string(got.header("x-token")) + "|" + std::string(got.header("host")));
    response.body = got.method + " " + got.target + " " + got.body;
    respond(std::move(response));
  };
  ClientRequest post = request("/a?b=c");
  post.method = "POST";
  post.headers = {{"X-Token", "t"}};
  post.body = "hello";
  const auto answer = http_request(post);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 422);
  EXPECT_EQ(answer->body, "POST /a?b=c hello");
  EXPECT_EQ(answer->headers.at("x-seen"), "t|127.0.0.1:" + std::to_string(port()));
}

TEST_F(HttpClientTest, NeverFollowsARedirect) {
  start();
  handler_.on_request = [](net::Request, net::Respond respond) {
    net::Response response;
    response.status = 302;
    response.headers.emplace_back("Location", "/other");
    respond(std::move(response));
  };
  const auto answer = http_request(request("/"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(handler_.handled, 1);
}

TEST_F(HttpClientTest, RefusesAnAnswerOverTheCap) {
  start();
  handler_.on_request = [](net::Request, net::Respond respond) {
    net::Response response;
    response.body = std::string(20'000, 'x');
    respond(std::move(response));
  };
  const auto answer = http_request(request("/"));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("larger than 16384 bytes"));
  ClientRequest more = request("/");
  more.max_body = 20'000;
  EXPECT_TRUE(http_request(more));
}

TEST_F(HttpClientTest, OneDeadlineCoversAServerThatNeverAnswers) {
  start();
  std::vector<net::Respond> held;
  handler_.on_request = [&held](net::Request, net::Respond respond) { held.push_back(std::move(respond)); };
  ClientRequest slow = request("/hooks/SECRET-TOKEN");
  slow.deadline = milliseconds(150);
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = http_request(slow);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(2));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("timed out"));
  EXPECT_THAT(answer.error().message, HasSubstr("http://127.0.0.1"));
  EXPECT_THAT(answer.error().message, Not(HasSubstr("SECRET")));
  server_->stop(milliseconds(10));
}

TEST_F(HttpClientTest, NamesTheStageThatFailed) {
  ClientRequest nobody;
  {
    start();
    nobody = request("/SECRET");
    server_->stop(milliseconds(0));
  }
  const auto answer = http_request(nobody);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("connect 127.0.0.1:"));
  EXPECT_THAT(answer.error().message, HasSubstr("refused"));
  EXPECT_THAT(answer.error().message, Not(HasSubstr("SECRET")));
}

TEST_F(HttpClientTest, PrivateAddressesAndHttpNeedPermission) {
  start();
  ClientRequest plain = request("/SECRET");
  plain.allow_private = false;
  const auto http = http_request(plain);
  ASSERT_FALSE(http);
  EXPECT_THAT(http.error().message, HasSubstr("http is not allowed"));
  for (const char* host : {"127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]",
                           "[fd00::1]", "localhost"}) {
    ClientRequest secure;
    secure.url = std::string("https://") + host + "/SECRET";
    const auto answer = http_request(secure);
    ASSERT_FALSE(answer) << host;
    EXPECT_THAT(answer.error().message, HasSubstr("private address")) << host;
    EXPECT_THAT(answer.error().message, Not(HasSubstr("SECRET")));
  }
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(HttpClientTest, RefusesHeadersThatWouldSmuggle) {
  start();
  ClientRequest evil = request("/");
  evil.headers = {{"X", "a\r\nY: b"}};
  EXPECT_FALSE(http_request(evil));
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(HttpClientTest, AKeptConnectionCarriesManyRequestsAndSurvivesItsServersClose) {
  net::Limits limits;
  limits.requests_per_connection = 3;
  start(limits);
  auto connection = net::HttpConnection::connect("http://127.0.0.1:" + std::to_string(port()), true);
  ASSERT_TRUE(connection) << connection.error().message;
  for (int i = 0; i < 10; ++i) {
    ClientRequest post;
    post.method = "POST";
    post.url = "/ingest/x";
    post.body = std::to_string(i);
    const auto answer = (*connection)->send(post);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "POST /ingest/x " + std::to_string(i));
  }
}

class TlsClientTest : public ::testing::Test {
 protected:
  TlsClientTest() {
    std::string name = (std::filesystem::temp_directory_path() / "slod-ca-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    ::close(fd);
    ca_ = name;
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own writes in the test server
  }
  ~TlsClientTest() override {
    ::unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(ca_);
  }
  void trust(const Certificate& certificate) const {
    certificate.write(ca_);
    ::setenv("SSL_CERT_FILE", ca_.c_str(), 1);
  }
  static Result<net::ClientResponse> get(const std::string& host, std::uint16_t port) {
    ClientRequest request;
    request.url = "https://" + host + ":" + std::to_string(port) + "/SECRET";
    request.allow_private = true;
    request.deadline = seconds(5);
    return http_request(request);
  }
  std::string ca_;
};

TEST_F(TlsClientTest, SpeaksToATrustedServerByNameAndByAddress) {
  const Certificate certificate("DNS:localhost,IP:127.0.0.1", 3600);
  trust(certificate);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer server(certificate, version);
    const auto by_name = get("localhost", server.port());
    ASSERT_TRUE(by_name) << by_name.error().message;
    EXPECT_EQ(by_name->body, "secure");
    EXPECT_EQ(server.server_name, "localhost");
    const auto by_address = get("127.0.0.1", server.port());
    ASSERT_TRUE(by_address) << by_address.error().message;
  }
}

TEST_F(TlsClientTest, RefusesACertificateForAnotherName) {
  const Certificate certificate("DNS:other.example", 3600);
  trust(certificate);
  TlsServer server(certificate, TLS1_3_VERSION);
  const auto answer = get("localhost", server.port());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("not for localhost"));
  EXPECT_THAT(answer.error().message, Not(HasSubstr("SECRET")));
  EXPECT_EQ(server.requests, 0);
}

TEST_F(TlsClientTest, RefusesAnExpiredCertificate) {
  const Certificate certificate("DNS:localhost", -3600);
  trust(certificate);
  TlsServer server(certificate, TLS1_3_VERSION);
  const auto answer = get("localhost", server.port());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("expired"));
  EXPECT_EQ(server.requests, 0);
}

TEST_F(TlsClientTest, RefusesACertificateThatNobodyVouchesFor) {
  const Certificate trusted("DNS:localhost", 3600), stranger("DNS:localhost", 3600);
  trust(trusted);
  TlsServer server(stranger, TLS1_3_VERSION);
  const auto answer = get("localhost", server.port());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("certificate"));
  EXPECT_EQ(server.requests, 0);
}

TEST_F(TlsClientTest, RefusesTls11) {
  const Certificate certificate("DNS:localhost", 3600);
  trust(certificate);
  TlsServer server(certificate, TLS1_1_VERSION);
  EXPECT_FALSE(get("localhost", server.port()));
  EXPECT_EQ(server.requests, 0);
}

TEST(AddressTest, KnowsWhatIsPublic) {
  const auto is_public = [](const std::string& host) {
    const auto found = net::resolve(host, 1, std::chrono::steady_clock::now() + seconds(1));
    return found && found->front().is_public();
  };
  for (const char* host :
       {"8.8.8.8", "1.1.1.1", "172.32.0.1", "192.167.0.1", "2606:4700::1111", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(is_public(host)) << host;
  }
  for (const char* host :
       {"0.0.0.0", "10.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    EXPECT_FALSE(is_public(host)) << host;
  }
}

TEST(UrlTest, ReadsItsPartsAndRefusesTheRest) {
  const auto url = net::parse_url("https://example.org/hook?x=1#frag");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/hook?x=1");
  EXPECT_EQ(url->host_field(), "example.org");
  EXPECT_EQ(net::parse_url("http://[::1]:8080")->origin(), "http://[::1]:8080");
  EXPECT_EQ(net::parse_url("http://h?q=1")->target, "/?q=1");
  for (const char* bad : {"ftp://x/", "https://", "https://u:p@h/", "https://h:0/", "https://h:99999/",
                          "https://h:x/", "https://[::1/", "https://h/a b", "https://h/a\r\nb", "h/x"}) {
    EXPECT_FALSE(net::parse_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace slod::test
