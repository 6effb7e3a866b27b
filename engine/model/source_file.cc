#include "engine/model/source_file.h"

#include <algorithm>

#include "engine/model/source_fields.h"

namespace hpaplus {
namespace {

constexpr std::size_t kPathMost = 512;

bool IsPlainPath(std::string_view path) {
  if (path.empty() || path.size() > kPathMost) return false;
  for (bool more = true; more;) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    more = slash != std::string_view::npos;
    if (more) path.remove_prefix(slash + 1);
    const bool known = std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.';
    });
    if (!known || name.empty() || name.starts_with('.')) return false;
  }
  return true;
}

}  // namespace

FileSource ReadFileSource(const JsonField& file) {
  FileSource source;
  source.path = file.Field("path").Required();
  if (!IsPlainPath(source.path)) {
    file.Field("path").Fail(
        "must be names of letters, digits, - _ and . between slashes, none of "
        "which begins with a dot");
  }
  const JsonField format = file.Field("format");
  const std::string name = format.Text("JSON");
  source.format = DocumentFormatNamed(name);
  if (!source.format && name != "Exposition")
    format.Fail("is none of the formats that can be read");
  return source;
}

}  // namespace hpaplus
