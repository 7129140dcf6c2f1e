// The walk over a line: what it takes, it reads as simdjson's parser does; the rest it leaves alone.
#include "decode/line_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "decode/json_parser.h"

namespace slod::decode {
namespace {

struct Sorted final : LineSink {
  bool on_document(std::string_view line) override {
    walked.emplace_back(line);
    return true;
  }
  bool on_other(std::string_view line) override {
    left.emplace_back(line);
    return true;
  }
  std::vector<std::string> walked, left;
};

class LineWalkTest : public testing::Test {
 protected:
  /// True where the walk takes `line`; its values are then held against the parser's.
  bool walks(const std::string& line) {
    Sorted sorted;
    EXPECT_TRUE(parser.many(line, tree, sorted));
    EXPECT_EQ(sorted.walked.size() + sorted.left.size(), 1U) << line;
    if (sorted.walked.empty()) return false;
    FieldTree other(paths);
    EXPECT_EQ(parser.parsed(sorted.walked.front(), other), Reject::kNone) << line;
    for (std::size_t slot = 0; slot < paths.size(); ++slot) {
      const Value& one = tree.values()[slot];
      const Value& two = other.values()[slot];
      EXPECT_EQ(one.kind, two.kind) << line << paths[slot];
      NumberText room_one;
      NumberText room_two;
      EXPECT_EQ(scalar_text(one, room_one), scalar_text(two, room_two)) << line << paths[slot];
    }
    return true;
  }

  std::vector<FieldPath> paths = {"/a", "/b", "/c/d", "/c", "/", "/a"};
  FieldTree tree{paths};
  JsonParser parser;
};

TEST_F(LineWalkTest, TakesPlainObjectsWithBlanksWhereverJsonAllowsThem) {
  for (const char* line :
       {"{}", "{ }", R"({"a":"x"})", R"( { "a" : "x" , "b" : 12 } )", R"({"a":1.5,"b":-7,"c":{"d":true}})",
        R"({"c":{"x":{"d":1},"d":"y"},"z":[1,[],{},[{"a":null}]]})", "{\"a\":\t\"x\"\r}\r\n",
        R"({"a":{"x":1},"b":[2]})", R"({"":0,"b":false,"c":null})", R"({"a":"{}[]:,","b":"]"})",
        R"({"a":999999999999999999,"b":0.000000000000000001})"})
    EXPECT_TRUE(walks(line)) << line;
}
TEST_F(LineWalkTest, UnescapesStringsAndLooksAtTheirUtf8) {
  EXPECT_TRUE(
      walks(R"({"a":"\/v1\/vehicles\/x\"\\\b\f\n\r\t","z":"\u00e9\u3042\u0000","b":"\u00e9\u3042\u007f!"})"));
  EXPECT_EQ(tree.values()[0].text, "/v1/vehicles/x\"\\\b\f\n\r\t");
  EXPECT_EQ(tree.values()[1].text, "\xC3\xA9\xE3\x81\x82\x7F!");
  EXPECT_TRUE(
      walks("{\"a\":\"\xE3\x81\x82 and more than sixteen bytes of text\",\"b\":\"\xE3\x81\x82\\n\"}"));
  EXPECT_FALSE(walks("{\"a\":\"\xE3\x81\",\"b\":1}"));
  EXPECT_FALSE(walks("{\"a\":\"\\n\xE3\x81\",\"b\":1}"));
  EXPECT_FALSE(walks(R"({"a":"x\n)" + std::string(100'000, ' ')));
}
TEST_F(LineWalkTest, KeysMayComeInAnyOrderAndBeLeftOut) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string line = "{";
    std::vector<std::string> keys = {
        "a", "b", "c", "", "x", std::string(100, 'k'), "y" + std::to_string(round)};
    std::shuffle(keys.begin(), keys.end(), random);
    keys.resize(random() % (keys.size() + 1));
    for (const std::string& key : keys) {
      if (line.size() > 1) line += random() % 4 == 0 ? " , " : ",";
      line.append("\"").append(key).append(random() % 8 == 0 ? "\" : " : "\":");
      line += key == "c" ? R"({"d":"e"})" : std::to_string(random() % 100);
    }
    EXPECT_TRUE(walks(line + "}")) << line;
  }
}
TEST_F(LineWalkTest, NumbersAreTheNearestThatADoubleCanHold) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 3000; ++round) {
    const std::string digits =
        std::to_string(random() % (random() % 2 == 0 ? 100'000 : 1'000'000'000'000'000'000));
    const std::string whole = digits.substr(0, 1 + random() % digits.size());
    const std::string part = digits.substr(std::min(digits.size() - 1, whole.size()));
    const std::string sign = random() % 4 == 0 && whole != "0" ? "-" : "";
    EXPECT_TRUE(walks(R"({"a":)" + sign + whole + "." + part + "}"));
  }
}
TEST_F(LineWalkTest, TheFirstOfRepeatedKeysCountsWhateverItsPlace) {
  EXPECT_TRUE(walks(R"({"a":1,"a":2,"b":3})"));
  EXPECT_EQ(tree.values()[0].integer, 1);
  EXPECT_TRUE(walks(R"({"b":3,"a":4,"x":5,"a":6})"));
  EXPECT_EQ(tree.values()[0].integer, 4);
  EXPECT_EQ(tree.values()[5].integer, 4);
}
TEST_F(LineWalkTest, LeavesWhatItCannotJudgeAndWhatIsBroken) {
  for (const char* line : {R"({"a":1e3})",
                           R"({"a":"\ud83d\ude00"})",
                           R"({"a":"\ud83d"})",
                           R"({"a":"\u00"})",
                           R"({"a":"\x"})",
                           R"({"a":"\)",
                           R"({"\u0061":1})",
                           R"({"a":1234567890123456789})",
                           R"({"a":-0})",
                           R"({"a":01})",
                           R"({"a":1.})",
                           R"({"a":.5})",
                           R"({"a":+1})",
                           R"({"a":nul})",
                           R"({"a":truex})",
                           R"({"a" "x"})",
                           R"({"a":1,})",
                           R"({"a":1 "b":2})",
                           R"({,})",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":{"b":1})",
                           R"({"a":[1,]})",
                           R"({"a":[1)",
                           R"({"a":1}})",
                           R"({"a":1}{"b":2})",
                           R"([{"a":1}])",
                           R"({"a":1]})",
                           R"({"a":"x"y})",
                           R"({"a":1"y"})",
                           R"({1:2})",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":\"\xFF\"}",
                           "x",
                           "\"",
                           "{",
                           "}"})
    EXPECT_FALSE(walks(line)) << line;
}
TEST_F(LineWalkTest, LeavesWhatIsTooDeep) {
  const auto nested = [](std::size_t depth) {
    return R"({"z":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(walks(nested(20)));
  EXPECT_FALSE(walks(nested(31)));
  EXPECT_FALSE(walks(nested(1000)));
}
TEST_F(LineWalkTest, ABrokenLineCostsNoOther) {
  Sorted sorted;
  EXPECT_TRUE(parser.many(
      "{\"a\":1}\n{\"a\":}\n\n  \n{\"a\":\"\\ud800\"}\n {\"b\":2} \n{\"a\":{\n}}\n{\"a\":3}", tree, sorted));
  EXPECT_EQ(sorted.walked, (std::vector<std::string>{R"({"a":1})", R"({"b":2})", R"({"a":3})"}));
  EXPECT_EQ(sorted.left, (std::vector<std::string>{R"({"a":})", R"({"a":"\ud800"})", "{\"a\":{", "}}"}));
}
TEST_F(LineWalkTest, ALineThatStandsAtTheEndOfItsMemoryIsNotReadBeyond) {
  const std::string whole = R"({"a":"x","b":1})";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    Sorted sorted;
    parser.many({exact.data(), exact.size()}, tree, sorted);
    EXPECT_EQ(sorted.walked.size(), size == whole.size() ? 1U : 0U);
  }
}

}  // namespace
}  // namespace slod::decode
