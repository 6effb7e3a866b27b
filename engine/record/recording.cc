#include "engine/record/recording.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace hpaplus::record {
namespace {

namespace fs = std::filesystem;

Error CannotRead(const fs::path& path) {
  return {ErrorCode::kNotFound, path.string() + ": cannot be read"};
}

}  // namespace

Result<std::vector<fs::path>> SegmentsIn(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == kSegmentSuffix) files.push_back(it->path());
  }
  if (error) return CannotRead(directory);
  std::ranges::sort(files);
  return files;
}

Result<RecordingReader> RecordingReader::Open(const fs::path& path) {
  RecordingReader reader;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    auto files = SegmentsIn(path);
    if (!files) return files.error();
    if (files->empty()) {
      return Error{ErrorCode::kNotFound, path.string() + ": no " + std::string(kSegmentSuffix) +
                                             " file is in this directory"};
    }
    reader.files_ = *std::move(files);
  } else {
    reader.files_ = {path};
  }
  if (Status opened = reader.OpenNext(); !opened) return opened.error();
  return reader;
}

Error RecordingReader::InFile(const Error& error) const {
  return {error.code, files_[next_ - 1].string() + ": " + error.message};
}

Status RecordingReader::OpenNext() {
  const fs::path& file = files_[next_++];
  std::error_code problem;
  const std::uintmax_t size = fs::file_size(file, problem);
  if (problem) return CannotRead(file);
  if (size > kSegmentMost) {
    return InFile({ErrorCode::kMalformedData, "is larger than a segment may be, 4 GiB"});
  }
  std::ifstream in(file, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (in.bad() || (!in && !in.eof())) return CannotRead(file);
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  auto segment = std::make_unique<Segment>(std::move(bytes));
  Result<SegmentReader> reader = SegmentReader::Open(segment->bytes);
  if (!reader) return InFile(reader.error());
  segment->reader = *std::move(reader);
  segment_ = std::move(segment);
  return Done{};
}

Result<std::optional<Entry>> RecordingReader::Next() {
  for (;;) {
    if (!segment_) {
      if (next_ == files_.size()) return std::optional<Entry>();
      if (Status opened = OpenNext(); !opened) return opened.error();
    }
    Result<std::optional<Entry>> entry = segment_->reader->Next();
    if (!entry) {
      segment_.reset();
      return InFile(entry.error());
    }
    if (*entry) return entry;
    if (const std::string missing = segment_->reader->Truncation(); !missing.empty()) {
      notes_.push_back(files_[next_ - 1].string() + ": " + missing);
    }
    segment_.reset();
  }
}

}  // namespace hpaplus::record
