#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/quota/tree.h"

namespace hpaplus {
namespace {

using ::testing::ElementsAre;

ShareNode Leaf(std::string name, std::optional<std::size_t> parent, Amount min, Amount demand) {
  ShareNode node;
  node.name = std::move(name);
  node.parent = parent;
  node.min = min;
  node.demand = demand;
  return node;
}

std::vector<Amount> Shares(Amount capacity, std::span<const ShareNode> nodes) {
  std::vector<Amount> out;
  for (const NodeShare& one : ShareTree(capacity, nodes))
    out.push_back(one.share);
  return out;
}

TEST(ShareTree, LendsAGuaranteeThatIsNotUsed) {
  const std::vector<ShareNode> nodes = {Leaf("a", {}, 50, 10), Leaf("b", {}, 50, 90)};
  EXPECT_THAT(Shares(100, nodes), ElementsAre(10, 90));
}

TEST(ShareTree, GivesALenderItsGuaranteeBack) {
  const std::vector<ShareNode> nodes = {Leaf("a", {}, 50, 50), Leaf("b", {}, 50, 90)};
  EXPECT_THAT(Shares(100, nodes), ElementsAre(50, 50));
}

TEST(ShareTree, KeepsWhatALenderDoesNotLend) {
  std::vector<ShareNode> nodes = {Leaf("a", {}, 50, 10), Leaf("b", {}, 50, 90)};
  nodes[0].lends_most = 15;
  EXPECT_THAT(Shares(100, nodes), ElementsAre(35, 65));
  nodes[0].lends_most = 0;
  EXPECT_THAT(Shares(100, nodes), ElementsAre(50, 50));
}

TEST(ShareTree, BorrowsNoMoreThanAllowed) {
  std::vector<ShareNode> nodes = {Leaf("a", {}, 50, 10), Leaf("b", {}, 50, 90)};
  nodes[1].borrows_most = 20;
  EXPECT_THAT(Shares(100, nodes), ElementsAre(10, 70));
}

TEST(ShareTree, KeepsWithinMax) {
  std::vector<ShareNode> nodes = {Leaf("a", {}, 0, 90), Leaf("b", {}, 0, 90)};
  nodes[0].max = 20;
  EXPECT_THAT(Shares(100, nodes), ElementsAre(20, 80));
}

TEST(ShareTree, SharesAParentsShareAmongItsChildren) {
  const std::vector<ShareNode> nodes = {Leaf("left", {}, 60, 0), Leaf("right", {}, 40, 0),
                                        Leaf("a", 0, 0, 100), Leaf("b", 0, 0, 100),
                                        Leaf("c", 1, 0, 100)};
  EXPECT_THAT(Shares(100, nodes), ElementsAre(60, 40, 30, 30, 40));
}

TEST(ShareTree, AsksNoMoreForAParentThanItsChildrenDo) {
  const std::vector<ShareNode> nodes = {Leaf("left", {}, 60, 0), Leaf("right", {}, 40, 0),
                                        Leaf("a", 0, 0, 7), Leaf("b", 0, 0, 5),
                                        Leaf("c", 1, 0, 100)};
  EXPECT_THAT(Shares(100, nodes), ElementsAre(12, 88, 7, 5, 88));
}

TEST(ShareTree, SaysWhoGetsLessThanItsFloor) {
  std::vector<ShareNode> nodes = {Leaf("a", {}, 80, 80), Leaf("b", {}, 80, 80)};
  nodes[0].priority = 1;
  const std::vector<NodeShare> shares = ShareTree(100, nodes);
  EXPECT_EQ(shares[0].share, 80);
  EXPECT_FALSE(shares[0].deficit);
  EXPECT_EQ(shares[1].share, 20);
  EXPECT_TRUE(shares[1].deficit);
}

TEST(ShareTree, LeavesWhatIsHeldWhereItIs) {
  std::vector<ShareNode> nodes = {Leaf("left", {}, 0, 0), Leaf("right", {}, 0, 0),
                                  Leaf("a", 0, 0, 100), Leaf("b", 1, 0, 0)};
  nodes[3].held = 70;
  EXPECT_THAT(Shares(100, nodes), ElementsAre(30, 70, 30, 70));
}

}  // namespace
}  // namespace hpaplus
