#include "engine/shell/own_host.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

TEST(OwnHost, TakesWhatNoStrangerCanHaveAsAName) {
  for (const char* host :
       {"", "127.0.0.1:8080", "10.1.2.3", "[::1]:8080", "[::1]", "localhost:8080", "LOCALHOST",
        "app.localhost", "hpaplus", "hpaplus:8080", "hpaplus.hpaplus-system.svc:8080",
        "hpaplus.hpaplus-system.svc.cluster.local"}) {
    EXPECT_TRUE(IsOwnHost(host, {})) << host;
  }
}

TEST(OwnHost, RefusesPublicNames) {
  for (const char* host : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example",
                           "localhost.evil.example", "svc.evil.example", "evilsvc.example", "1.2.3",
                           "[evil.example]", "[evil.example", "cluster.local.evil.example"}) {
    EXPECT_FALSE(IsOwnHost(host, {})) << host;
  }
}

TEST(OwnHost, TakesTheNamesThatItIsGiven) {
  EXPECT_TRUE(IsOwnHost("Scaling.Example.com:443", {"scaling.example.COM"}));
  EXPECT_FALSE(IsOwnHost("x.scaling.example.com", {"scaling.example.com"}));
}

}  // namespace
}  // namespace hpaplus
