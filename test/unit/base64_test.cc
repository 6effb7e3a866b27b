#include "engine/base/base64.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

TEST(Base64, EncodesAndDecodesTheVectorsOfTheStandard) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(EncodeBase64(plain), encoded);
    EXPECT_EQ(DecodeBase64(encoded), plain);
  }
}

TEST(Base64, CarriesEveryByte) {
  std::string bytes;
  for (int i = 0; i < 512; ++i)
    bytes += static_cast<char>(i * 7);
  EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
}

TEST(Base64, RefusesWhatIsMalformed) {
  for (const char* text : {"Z", "Zg=", "Zg===", "=", "Zg==Zg==", "Zm9v\n", "Zm-_", "Zm 9"})
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace hpaplus
