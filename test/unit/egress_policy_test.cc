#include "engine/model/egress_policy.h"

#include <gmock/gmock.h>

namespace hpaplus {
namespace {

using testing::HasSubstr;

EgressPolicy Policy(const std::vector<const char*>& allow, const std::vector<const char*>& deny) {
  EgressPolicy::Config config;
  for (const char* text : allow)
    config.allow.push_back(*ParseNetwork(text));
  for (const char* text : deny)
    config.deny.push_back(*ParseNetwork(text));
  return *EgressPolicy::Create(config);
}

TEST(EgressPolicy, LeavesTheClusterAndTheInternetOpen) {
  const EgressPolicy policy;
  for (const char* address :
       {"10.0.0.1", "172.16.3.4", "192.168.1.1", "8.8.8.8", "100.64.0.1", "fd00::1", "2a00:1450::5",
        "::ffff:10.0.0.1", "64:ff9b::8.8.8.8", "2002:808:808::1", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "223.255.255.255", "fdff:ffff::1", "100.100.100.199"}) {
    EXPECT_TRUE(policy.Check(address)) << policy.Check(address).error().message;
  }
}

TEST(EgressPolicy, DeniesThisHostTheLinkMetadataServicesAndWhatIsNobodys) {
  const EgressPolicy policy;
  for (const char* address : {"127.0.0.1",
                              "127.255.255.255",
                              "0.0.0.0",
                              "0.1.2.3",
                              "169.254.169.254",
                              "169.254.0.0",
                              "169.254.255.255",
                              "100.100.100.200",
                              "168.63.129.16",
                              "192.0.0.192",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.0",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::169.254.169.254",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "::ffff:0.0.0.0",
                              "::ffff:7f00:1",
                              "64:ff9b::127.0.0.1",
                              "64:ff9b::169.254.169.254",
                              "64:ff9b:1::1",
                              "2002:7f00:1::",
                              "2002:a9fe:a9fe::1",
                              "2001:0:1::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "febf::1",
                              "fec0::1",
                              "ff02::1"}) {
    const Status checked = policy.Check(address);
    ASSERT_FALSE(checked) << address;
    EXPECT_EQ(checked.error().code, ErrorCode::kPermissionDenied);
  }
}

TEST(EgressPolicy, AllowsNothingThatIsNoAddress) {
  const EgressPolicy policy = Policy({"0.0.0.0/0", "::/0"}, {});
  for (const char* text :
       {"", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "10.0.0.1:80", "[::1]",
        "fe80::1%eth0", "10.0.0.1 ", "10.0.0.256", "1:2:3:4:5:6:7:8:9", "::ffff:10.0.0.1.1"}) {
    EXPECT_FALSE(policy.Check(text)) << text;
  }
  EXPECT_FALSE(policy.Check(std::string_view("10.0.0.1\0", 9)));
}

TEST(EgressPolicy, LetsTheNarrowestNetworkDecide) {
  const EgressPolicy policy =
      Policy({"10.1.0.0/16", "127.0.0.1", "fd00::/8"}, {"10.0.0.0/8", "10.1.2.0/24", "0.0.0.0/0"});
  EXPECT_TRUE(policy.Check("10.1.3.4"));
  EXPECT_FALSE(policy.Check("10.1.2.4"));
  EXPECT_FALSE(policy.Check("10.2.3.4"));
  EXPECT_FALSE(policy.Check("8.8.8.8"));
  EXPECT_TRUE(policy.Check("127.0.0.1"));
  EXPECT_FALSE(policy.Check("127.0.0.2"));
  EXPECT_TRUE(policy.Check("fd00::1"));
  EXPECT_FALSE(policy.Check("fd00:ec2::254")) << "the metadata service is narrower";
  EXPECT_TRUE(policy.Check("2a00::1")) << "a network of IPv4 says nothing about IPv6";
}

TEST(EgressPolicy, AllowsThisHostOnRequestUnlessItIsDeniedByConfiguration) {
  const EgressPolicy open = EgressPolicy().WithLoopback();
  EXPECT_TRUE(open.Check("127.0.0.1"));
  EXPECT_TRUE(open.Check("::1"));
  EXPECT_FALSE(open.Check("169.254.169.254"));
  EgressPolicy::Config config;
  config.deny.push_back(*ParseNetwork("127.0.0.0/8"));
  EXPECT_FALSE(EgressPolicy::Create(config)->WithLoopback().Check("127.0.0.1"));
}

TEST(EgressPolicy, LetsTheConfiguredOfEqualNetworksDecide) {
  EXPECT_TRUE(Policy({"127.0.0.0/8"}, {}).Check("127.0.0.1"));
  EXPECT_TRUE(Policy({"::ffff:127.0.0.0/104"}, {}).Check("127.0.0.1"));
  EXPECT_FALSE(Policy({"0.0.0.0/0"}, {}).Check("127.0.0.1")) << "loopback is narrower";
  EXPECT_FALSE(Policy({"::/0"}, {}).Check("::1"));
  EXPECT_TRUE(Policy({"::1"}, {}).Check("::1"));
}

TEST(EgressPolicy, JudgesATunnelledAddressAsBoth) {
  EXPECT_FALSE(Policy({"64:ff9b::/96"}, {}).Check("64:ff9b::7f00:1"));
  EXPECT_FALSE(Policy({}, {"64:ff9b::/96"}).Check("64:ff9b::808:808"));
  EXPECT_TRUE(Policy({"127.0.0.0/8"}, {}).Check("64:ff9b::7f00:1"));
  EXPECT_FALSE(Policy({}, {"10.0.0.0/8"}).Check("2002:a01:203::9"));
}

TEST(EgressPolicy, SaysWhichNetworkDenies) {
  EXPECT_EQ(EgressPolicy().Check("::ffff:169.254.169.254").error().message,
            "the egress policy does not allow 169.254.169.254 (in 169.254.0.0/16: link-local and "
            "cloud metadata)");
  EXPECT_THAT(Policy({}, {"fd00::/8"}).Check("fd00::1").error().message,
              HasSubstr("fd00::1 (in fd00::/8: configured)"));
}

TEST(EgressPolicy, RefusesAContradictionAndTooMuch) {
  const IpNetwork network = *ParseNetwork("10.0.0.0/8");
  const auto both = EgressPolicy::Create({{network}, {network}});
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().message, "egress: 10.0.0.0/8 is both allowed and denied");
  const std::vector<IpNetwork> many(EgressPolicy::kNetworksMost + 1, network);
  EXPECT_FALSE(EgressPolicy::Create({many, {}}));
}

TEST(ParseNetwork, ReadsNetworksAndSingleAddresses) {
  for (const char* text :
       {"10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "::/0", "fd00::/8", "2001:db8::1/128"}) {
    const auto network = ParseNetwork(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(network->ToString(), text);
  }
  EXPECT_EQ(ParseNetwork("1.2.3.4")->ToString(), "1.2.3.4/32");
  EXPECT_EQ(ParseNetwork("::ffff:10.0.0.0/104")->ToString(), "10.0.0.0/8");
}

TEST(ParseNetwork, SaysWhatIsWrong) {
  const auto problem = [](std::string_view text) {
    const auto network = ParseNetwork(text);
    EXPECT_FALSE(network) << text;
    return network ? "" : network.error().message;
  };
  EXPECT_EQ(problem("ten/8"), "\"ten/8\" is no IP address and no network such as 10.0.0.0/8");
  EXPECT_EQ(problem("10.0.0.0/33"), "\"10.0.0.0/33\" has no such number of bits");
  EXPECT_EQ(problem("::/129"), "\"::/129\" has no such number of bits");
  EXPECT_EQ(problem("10.0.0.0/-1"), "\"10.0.0.0/-1\" has no such number of bits");
  EXPECT_EQ(problem("10.0.0.0/08"), "\"10.0.0.0/08\" has no such number of bits");
  EXPECT_EQ(problem("10.0.0.0/"), "\"10.0.0.0/\" has no such number of bits");
  EXPECT_EQ(problem("10.0.0.1/8"),
            "\"10.0.0.1/8\" has bits behind the prefix; the network is 10.0.0.0/8");
  EXPECT_EQ(problem("::ffff:0.0.0.0/90"), "\"::ffff:0.0.0.0/90\" contains only a part of IPv4");
}

}  // namespace
}  // namespace hpaplus
