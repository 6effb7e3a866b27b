#include "engine/model/quota_original.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

QuotaSpec Keeps(std::initializer_list<const char*> names) {
  QuotaSpec spec;
  for (const char* name : names)
    spec.resources.push_back({.name = name});
  return spec;
}

TEST(QuotaOriginal, IsRecordedOnceForEachKey) {
  const std::string first = RecordOriginal("", Keeps({"requests.cpu", "pods"}),
                                           {{"requests.cpu", 4000}, {"services", 3}});
  EXPECT_EQ(first, "pods=none requests.cpu=4000");
  EXPECT_EQ(RecordOriginal(first, Keeps({"requests.cpu", "pods"}), {{"requests.cpu", 9}}), first);
  EXPECT_EQ(RecordOriginal(first, Keeps({"services"}), {{"services", 3}}),
            "pods=none requests.cpu=4000 services=3");
}

TEST(QuotaOriginal, IsReadAsItWasWrittenAndNothingElseIs) {
  EXPECT_THAT(ReadOriginal("pods=none requests.cpu=4000"),
              ElementsAre(Pair("pods", std::nullopt), Pair("requests.cpu", 4000)));
  EXPECT_THAT(ReadOriginal("=1 a= b=-3 c=1x d  e=99999999999999999999"), IsEmpty());
}

}  // namespace
}  // namespace hpaplus
