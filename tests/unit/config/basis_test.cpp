// Where the state lies is no part of what its numbers depend on; everything else is.
#include "slod/config/basis.h"

#include <gtest/gtest.h>

namespace slod::config {
namespace {

TEST(ConfigBasis, TheSameConfigWithAnotherStateDirectoryIsTheSame) {
  const std::string rest = "\nslos: []\n";
  for (const char* const form :
       {"state: { dir: %, journal_retention: { fleet: 3d } }", "state:\n  dir: %   # here",
        "state:\n  dir: \"%\"", "{\"state\": {\"dir\": \"%\"}, \"x\": 1}"}) {
    std::string one(form), two(form);
    one.replace(one.find('%'), 1, "/var/lib/slod");
    two.replace(two.find('%'), 1, "./data");
    if (form[0] != '{') one += rest, two += rest;
    EXPECT_EQ(text_without_place(one), text_without_place(two)) << form;
    EXPECT_NE(text_without_place(one), one) << form;
  }
}

TEST(ConfigBasis, NothingElseIsLeftOut) {
  const std::string text = "state: { dir: /a }\nsources: { dir: /a }\n# dir: /a\n";
  EXPECT_EQ(text_without_place(text), "state: { dir:  }\nsources: { dir: /a }\n# dir: /a\n");
  for (const char* const same :
       {"", "slos: []", "state: { dir: [a] }", "state: {", "state: { dir: \"a\\u0062\" }",
        "state: { dir: a }\nstate: { dir: b }", "state:\n  dir: |\n    a\n"}) {
    EXPECT_EQ(text_without_place(same), same);
  }
}

}  // namespace
}  // namespace slod::config
