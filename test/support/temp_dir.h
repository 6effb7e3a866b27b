#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <stdlib.h>

namespace hpaplus::test {

/// A directory that is gone afterwards.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "hpaplus-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  /// The file's whole name. Replaces the file at once, as a kubelet does.
  std::string Write(const std::string& name, const std::string& text, bool executable = false) {
    const std::string file = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    {
      std::ofstream out(file + ".new");
      out << text;
    }
    using std::filesystem::perms;
    if (executable) {
      std::filesystem::permissions(file + ".new", perms::owner_exec,
                                   std::filesystem::perm_options::add);
    }
    std::filesystem::rename(file + ".new", file);
    return file;
  }
  [[nodiscard]] std::string Read(const std::string& name) const {
    std::ifstream in(path_ + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string path_;
};

}  // namespace hpaplus::test
