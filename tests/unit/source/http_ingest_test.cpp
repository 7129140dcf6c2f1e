// The ingest path over real sockets, with the real decoder and router and a committer that the test controls.
#include <gmock/gmock.h>
#include <zlib.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "slod/net/http_server.h"
#include "slod/source/sources.h"
#include "unit/net/raw_client.h"

namespace slod::source {
namespace {

using nlohmann::json;
using test::RawClient;
using test::status_of;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

/// Keeps what was submitted and answers as told, from a thread of its own like the real one.
class FakeCommitter : public SubmissionSink {
 public:
  std::atomic<bool> full{false};
  std::atomic<Committed> result{Committed::kDurable};
  std::string repeated_answer;

  bool submit(Submission& submission) override {
    if (full) return false;
    const std::lock_guard lock(mutex_);
    counts.add(submission.batch->counts);
    rows += submission.batch->api.size();
    if (submission.key) keys.push_back(*submission.key);
    threads_.emplace_back([done = std::move(submission.done),
                           answer = CommitAnswer{result, repeated_answer}] { done(answer); });
    return true;
  }
  bool submit_wait(Submission& submission) override { return submit(submission); }
  void join() {
    const std::lock_guard lock(mutex_);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  SourceCounts counts;
  std::size_t rows = 0;
  std::vector<IdempotencyKey> keys;

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

SourceConfig gateway(const std::string& name) {
  SourceConfig source;
  source.name = name;
  LogFormat format;
  format.name = "json";
  format.fields.time = "/ts";
  format.fields.method = "/method";
  format.fields.path = "/path";
  format.fields.status = "/status";
  source.format = format;
  return source;
}

Config config() {
  Config out;
  out.sources = {gateway("open"), gateway("locked"), gateway("pushed")};
  out.sources[1].token.env = "TOKEN";
  out.sources[2].envelope = SourceConfig::Envelope::kPubsub;
  JourneyConfig ride;
  ride.name = "Ride";
  ride.api = ApiLeg{"open", "POST", "/v1/rides", {}, {}};
  out.journeys = {ride};
  return out;
}

std::string gzip(const std::string& text) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

constexpr const char* kGood =
    R"({"ts":"2026-11-22T12:00:00Z","method":"POST","path":"/v1/rides","status":200})";
constexpr const char* kOther =
    R"({"ts":"2026-11-22T12:00:00Z","method":"GET","path":"/elsewhere","status":200})";
constexpr const char* kBad = R"({"ts":"yesterday","method":"POST","path":"/v1/rides","status":200})";

class HttpIngestTest : public ::testing::Test {
 protected:
  HttpIngestTest() {
    handler_ = make_http_ingest(around_, [this] { return ready_.load(); });
    server_ = std::move(*net::HttpServer::listen("127.0.0.1", 0, {}, 2, "ingest", *handler_));
    server_->start();
  }
  ~HttpIngestTest() override {
    server_->stop(seconds(1));
    committer_.join();
  }

  std::string post(const std::string& source, const std::string& body, const std::string& fields = "") {
    RawClient client(server_->port());
    client.send("POST /ingest/" + source + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
    return client.read_answer();
  }
  static std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

  const Config config_ = config();
  const route::Router router_{config_};
  FakeCommitter committer_;
  std::atomic<bool> ready_{true};
  const Surroundings around_{config_,
                             router_,
                             committer_,
                             7,
                             ".",
                             [] { return *parse_rfc3339("2026-11-22T12:00:10Z"); },
                             [](const std::string&, const std::string&) {},
                             [](const Secret& secret) -> Result<std::string> {
                               if (secret.env == "TOKEN") return std::string("s3cret");
                               return Error{"no"};
                             }};
  std::unique_ptr<net::Handler> handler_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(HttpIngestTest, CountsWhatItTookAndNamesWhatItCouldNotRead) {
  const std::string answer =
      post("open", std::string(kGood) + "\n" + kOther + "\n" + kBad + "\n" + kGood + "\n");
  EXPECT_EQ(status_of(answer), 200);
  const std::string body = body_of(answer);
  EXPECT_THAT(
      body,
      ::testing::StartsWith(
          R"({"accepted":2,"duplicate":0,"ignored":1,"rejected":1,"late":0,"errors":[{"index":2,"reason":")"));
  EXPECT_EQ(json::parse(body).at("errors").size(), 1U);
  EXPECT_EQ(committer_.rows, 2U);
}

TEST_F(HttpIngestTest, NothingReadableIs400AndStillCounted) {
  const std::string answer = post("open", std::string(kBad) + "\n{broken\n");
  EXPECT_EQ(status_of(answer), 400);
  const json body = json::parse(body_of(answer));
  EXPECT_TRUE(body.contains("error"));
  EXPECT_EQ(body.at("rejected"), 2);
  EXPECT_EQ(committer_.counts.rejected_total(), 2U);
}

TEST_F(HttpIngestTest, OnlyIgnoredRecordsAreStill200) {
  EXPECT_EQ(status_of(post("open", kOther)), 200);
}

TEST_F(HttpIngestTest, AnEmptyBodyIs400AndCountsNothing) {
  EXPECT_EQ(status_of(post("open", "")), 400);
  EXPECT_EQ(status_of(post("open", "\n\n  \n")), 400);
  EXPECT_EQ(committer_.counts.rejected_total(), 0U);
}

TEST_F(HttpIngestTest, ABrokenArrayIs400AndTakesNothing) {
  EXPECT_EQ(status_of(post("open", std::string("[") + kGood + "," + kGood)), 400);
  EXPECT_EQ(committer_.rows, 0U);
  EXPECT_EQ(committer_.counts.accepted, 0U);
  EXPECT_GE(committer_.counts.rejected_total(), 1U);
}

TEST_F(HttpIngestTest, AtMostTwentyErrorsAreListed) {
  std::string body = kGood;
  for (int i = 0; i < 50; ++i) body += std::string("\n") + kBad;
  const json answer = json::parse(body_of(post("open", body)));
  EXPECT_EQ(answer.at("rejected"), 50);
  EXPECT_EQ(answer.at("errors").size(), 20U);
}

TEST_F(HttpIngestTest, ReadsGzipAndRefusesWhatIsCutOff) {
  const std::string packed = gzip(std::string(kGood) + "\n" + kGood + "\n");
  EXPECT_EQ(json::parse(body_of(post("open", packed, "Content-Encoding: gzip\r\n"))).at("accepted"), 2);
  const std::string cut = post("open", packed.substr(0, packed.size() - 5), "Content-Encoding: gzip\r\n");
  EXPECT_EQ(status_of(cut), 400);
  EXPECT_EQ(committer_.counts.rejected_total(), 1U);
  EXPECT_EQ(committer_.counts.accepted, 2U);
}

TEST_F(HttpIngestTest, ABombIs413) {
  const std::string answer = post("open", gzip(std::string(70'000'000, ' ')), "Content-Encoding: gzip\r\n");
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_EQ(committer_.counts.rejected_total(), 0U);
}

TEST_F(HttpIngestTest, OtherCodingsAre415) {
  EXPECT_EQ(status_of(post("open", kGood, "Content-Encoding: br\r\n")), 415);
}

TEST_F(HttpIngestTest, UnknownSourcesAndPathsAre404AndListNothing) {
  for (const char* name : {"nobody", "open/more", "", "../open"}) {
    const std::string answer = post(name, kGood);
    EXPECT_EQ(status_of(answer), 404) << name;
    EXPECT_THAT(answer, Not(HasSubstr("locked")));
  }
}

TEST_F(HttpIngestTest, OtherMethodsAre405WithAllow) {
  RawClient client(server_->port());
  client.send("GET /ingest/open HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = client.read_answer();
  EXPECT_EQ(status_of(answer), 405);
  EXPECT_THAT(answer, HasSubstr("Allow: POST"));
}

TEST_F(HttpIngestTest, ATokenIsAskedForExactly) {
  EXPECT_EQ(status_of(post("locked", kGood)), 401);
  for (const char* wrong : {"Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret", "Bearer "}) {
    EXPECT_EQ(status_of(post("locked", kGood, "Authorization: " + std::string(wrong) + "\r\n")), 401)
        << wrong;
  }
  EXPECT_EQ(status_of(post("locked", kGood, "Authorization: Bearer s3cret\r\n")), 200);
  EXPECT_EQ(status_of(post("locked", kGood, "Authorization: bearer  s3cret\r\n")), 200);
}

TEST_F(HttpIngestTest, NotReadyOrFullIs503WithRetryAfter) {
  ready_ = false;
  EXPECT_THAT(post("open", kGood), HasSubstr("Retry-After: "));
  ready_ = true;
  committer_.full = true;
  const std::string answer = post("open", kGood);
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
}

TEST_F(HttpIngestTest, CommitAnswersBecomeStatuses) {
  for (const auto& [result, status] :
       {std::pair{Committed::kConflict, 422}, {Committed::kInFlight, 503}, {Committed::kRefused, 503}}) {
    committer_.result = result;
    EXPECT_EQ(status_of(post("open", kGood, "Idempotency-Key: k\r\n")), status);
  }
}

TEST_F(HttpIngestTest, ARefusalSaysWhatTheCommitterSaysOfIt) {
  committer_.result = Committed::kRefused;
  EXPECT_EQ(body_of(post("open", kGood)), R"({"error":"it could not be stored: send it again"})");
  committer_.repeated_answer = "no \"room\"";
  const std::string answer = post("open", kGood);
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
  EXPECT_EQ(body_of(answer), R"({"error":"no \"room\""})");
}

TEST_F(HttpIngestTest, ARepeatedKeyGetsTheFirstAnswerByteForByte) {
  const std::string first = post("open", kGood, "Idempotency-Key: k\r\n");
  ASSERT_EQ(committer_.keys.size(), 1U);
  EXPECT_EQ(committer_.keys[0].key, "k");
  EXPECT_EQ(committer_.keys[0].body, digest_of(kGood));
  EXPECT_EQ(committer_.keys[0].answer, body_of(first));
  committer_.result = Committed::kRepeated;
  committer_.repeated_answer = committer_.keys[0].answer;
  const std::string again = post("open", kGood, "Idempotency-Key: k\r\n");
  EXPECT_EQ(status_of(again), 200);
  EXPECT_THAT(again, HasSubstr("Idempotent-Replayed: true"));
  EXPECT_EQ(body_of(again), body_of(first));
}

TEST_F(HttpIngestTest, ABodyThatIsPackedOtherwiseIsTheSameBodyUnderItsKey) {
  std::string packed = gzip(kGood);
  std::string later = packed;
  later[4] = static_cast<char>(later[4] + 1);  // gzip's time
  for (const std::string& body : {packed, later})
    EXPECT_EQ(status_of(post("open", body, "Idempotency-Key: k\r\nContent-Encoding: gzip\r\n")), 200);
  EXPECT_EQ(status_of(post("open", kGood, "Idempotency-Key: k\r\n")), 200);
  const std::string cut = packed.substr(0, packed.size() - 5);
  EXPECT_EQ(status_of(post("open", cut, "Idempotency-Key: k\r\nContent-Encoding: gzip\r\n")), 400);
  ASSERT_EQ(committer_.keys.size(), 4U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(committer_.keys[static_cast<std::size_t>(i)].body, digest_of(kGood));
  EXPECT_EQ(committer_.keys[3].body, digest_of(cut)) << "what cannot be unpacked is only its bytes";
}

TEST_F(HttpIngestTest, ARepeated400IsStillA400) {
  committer_.result = Committed::kRepeated;
  const std::string first = post("open", kBad, "Idempotency-Key: b\r\n");
  committer_.repeated_answer = committer_.keys[0].answer;
  const std::string again = post("open", kBad, "Idempotency-Key: b\r\n");
  EXPECT_EQ(status_of(again), 400);
}

TEST_F(HttpIngestTest, ALongKeyIs400) {
  EXPECT_EQ(status_of(post("open", kGood, "Idempotency-Key: " + std::string(256, 'k') + "\r\n")), 200);
  EXPECT_EQ(status_of(post("open", kGood, "Idempotency-Key: " + std::string(257, 'k') + "\r\n")), 400);
}

TEST_F(HttpIngestTest, AKeyThatSaysNothingOrTwoThingsIs400) {
  const std::string two = post("open", kGood, "Idempotency-Key: a\r\nIdempotency-Key: b\r\n");
  EXPECT_EQ(status_of(two), 400);
  EXPECT_NE(two.find("send one a request"), std::string::npos) << two;
  const std::string empty = post("open", kGood, "Idempotency-Key:\r\n");
  EXPECT_EQ(status_of(empty), 400);
  EXPECT_NE(empty.find("leave the header out"), std::string::npos) << empty;
  EXPECT_TRUE(committer_.keys.empty());
}

TEST_F(HttpIngestTest, PubsubGets204ForGoodAndForBad) {
  // base64 of kOther
  const std::string data =
      "eyJ0cyI6IjIwMjYtMTEtMjJUMTI6MDA6MDBaIiwibWV0aG9kIjoiR0VUIiwicGF0aCI6Ii9lbHNld2hlcmUiLCJzdGF0dXMiOjIwMH"
      "0=";
  EXPECT_EQ(status_of(post("pushed",
                           R"({"message":{"data":")" + data + R"(","messageId":"1"},"subscription":"s"})")),
            204);
  EXPECT_EQ(committer_.counts.ignored, 1U);
  EXPECT_EQ(status_of(post("pushed", "not an envelope")), 204);
  EXPECT_EQ(status_of(post("pushed", R"({"message":{"data":"***"}})")), 204);
  EXPECT_EQ(committer_.counts.rejected_total(), 2U);
}

}  // namespace
}  // namespace slod::source
