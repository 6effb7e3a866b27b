#include "engine/shell/directory_files.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "test/support/temp_dir.h"

namespace hpaplus {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DirectoryFilesTest : public testing::Test {
 protected:
  DirectoryFilesTest() {
    fs::create_directories(root_ / "shop");
    Write(outside_ / "secret", "7");
  }

  static void Write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  Result<MetricFile> Read(const std::string& path, std::size_t bytes_most = 1000) {
    return ReadOf("", path, bytes_most);
  }
  Result<MetricFile> ReadOf(const std::string& ns, const std::string& path,
                            std::size_t bytes_most = 1000) {
    auto files = DirectoryFiles::Open(root_.string());
    EXPECT_TRUE(files);
    return (*files)->Read(ns, path, bytes_most);
  }

  test::TempDir dir_;
  const fs::path root_ = fs::path(dir_.path()) / "metrics";
  const fs::path outside_ = dir_.path();
};

TEST_F(DirectoryFilesTest, ReadsAFileAndWhenItWasModified) {
  Write(root_ / "shop/depth", "12\n");
  const timespec times[] = {{0, 0}, {1'700'000'000, 500'000'000}};
  ASSERT_EQ(utimensat(AT_FDCWD, (root_ / "shop/depth").c_str(), times, 0), 0);
  const auto file = Read("shop/depth");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->text, "12\n");
  EXPECT_EQ(file->modified, Timestamp(std::chrono::milliseconds(1'700'000'000'500)));
}

TEST_F(DirectoryFilesTest, FollowsLinksInsideAsAMountedConfigMapHasThem) {
  fs::create_directories(root_ / "shop/..2026");
  Write(root_ / "shop/..2026/depth", "12");
  fs::create_symlink("..2026", root_ / "shop/..data");
  fs::create_symlink("..data/depth", root_ / "shop/depth");
  EXPECT_EQ(Read("shop/depth")->text, "12");
}

TEST_F(DirectoryFilesTest, LetsNothingLeadOutside) {
  fs::create_symlink(outside_ / "secret", root_ / "absolute");
  fs::create_symlink("../secret", root_ / "relative");
  fs::create_symlink("..", root_ / "up");
  fs::create_symlink("/proc/self/root", root_ / "magic");
  for (const char* path : {"absolute", "relative", "up/secret", "../secret", "shop/../../secret",
                           "magic/etc/passwd", "/etc/passwd"}) {
    const auto file = Read(path);
    ASSERT_FALSE(file) << path;
    EXPECT_EQ(file.error().code, ErrorCode::kPermissionDenied) << file.error().message;
  }
}

TEST_F(DirectoryFilesTest, KeepsNamespacesApart) {
  fs::create_directories(root_ / "bank");
  Write(root_ / "bank/secret", "7");
  Write(root_ / "shop/depth", "12");
  fs::create_symlink("../bank/secret", root_ / "shop/stolen");
  fs::create_symlink("bank", root_ / "thief");
  EXPECT_EQ(ReadOf("shop", "depth")->text, "12");
  for (const auto& [ns, path] : {std::pair("shop", "stolen"), std::pair("shop", "../bank/secret"),
                                 std::pair("thief", "secret")}) {
    const auto file = ReadOf(ns, path);
    ASSERT_FALSE(file) << ns << " " << path;
    EXPECT_EQ(file.error().code, ErrorCode::kPermissionDenied) << file.error().message;
  }
  EXPECT_EQ(Read("shop/stolen")->text, "7") << "a ClusterMetricSource may have them all";
  const auto none = ReadOf("other", "depth");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "the directory of namespace other: No such file or directory");
}

TEST_F(DirectoryFilesTest, ReadsRegularFilesOnly) {
  ASSERT_EQ(mkfifo((root_ / "pipe").c_str(), 0600), 0);
  for (const char* path : {"pipe", "shop"}) {
    const auto file = Read(path);
    ASSERT_FALSE(file) << path;
    EXPECT_THAT(file.error().message, HasSubstr("no regular file")) << path;
  }
}

TEST_F(DirectoryFilesTest, SaysWhatIsMissingOrTooLong) {
  EXPECT_EQ(Read("shop/depth").error().code, ErrorCode::kNotFound);
  Write(root_ / "shop/depth", std::string(1001, '1'));
  EXPECT_EQ(Read("shop/depth").error().code, ErrorCode::kMalformedData);
  EXPECT_EQ(Read("shop/depth").error().message,
            "it is longer than the 1000 bytes of limits.maxResponseBytes");
  EXPECT_TRUE(Read("shop/depth", 1001));
  const auto none = DirectoryFiles::Open((root_ / "none").string());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message, HasSubstr("sources.filesDirectory"));
}

TEST_F(DirectoryFilesTest, NeverTakesHalfAFileForAWholeOne) {
  // Files of the same length, all of one letter: a mixture is half of one and half of another.
  constexpr std::size_t kLength = 1 << 16;
  const fs::path path = root_ / "shop/letters";
  Write(path, std::string(kLength, 'a'));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (char letter = 'a'; !done; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
      Write(root_ / "shop/new", std::string(kLength, letter));
      fs::rename(root_ / "shop/new", path);
    }
  });
  for (int i = 0; i < 500; ++i) {
    const auto file = Read("shop/letters", kLength);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->text, std::string(kLength, file->text.front()));
  }
  done = true;
  writer.join();
}

TEST_F(DirectoryFilesTest, SeesAFileThatWasReplaced) {
  Write(root_ / "shop/depth", "1");
  EXPECT_EQ(Read("shop/depth")->text, "1");
  Write(root_ / "shop/new", "2");
  fs::rename(root_ / "shop/new", root_ / "shop/depth");
  EXPECT_EQ(Read("shop/depth")->text, "2");
}

}  // namespace
}  // namespace hpaplus
