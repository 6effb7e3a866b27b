#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace hpaplus::testing {

/// The lines of a gzipped file below test/data.
[[nodiscard]] inline std::vector<std::string> RecordedLines(const std::string& source_dir,
                                                            const std::string& file) {
  const std::string command = "gzip -dc '" + source_dir + "/test/data/" + file + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::string text;
  std::array<char, 65536> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;)
    text.append(buffer.data(), got);
  std::vector<std::string> lines;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(text.substr(at, end - at));
  if (lines.empty()) throw std::runtime_error("nothing came from " + command);
  return lines;
}

}  // namespace hpaplus::testing
